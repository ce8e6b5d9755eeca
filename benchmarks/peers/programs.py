"""Peers' programs, installed into the harness's cache directory at first use, at the version named here.

Each has a directory of its own: Node's packages by npm, Python's by pip into a virtual environment.
"""

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from benchmarks.peers.process import CannotStart

_DONE: Final = "installed"
_LOG_LENGTH: Final = 500


@dataclass(frozen=True, slots=True)
class Package:
    """A package of npm or of PyPI; `extra` is one of a Python package."""

    kind: Literal["npm", "pip"]
    name: str
    version: str
    extra: str = ""

    def directory(self, cache: Path) -> Path:
        """Where it is installed."""
        return cache / f"{self.name}-{self.version}"

    def script(self, cache: Path, name: str) -> Path:
        """A file of it: below `node_modules` (npm), or a program of the virtual environment (pip)."""
        return self.directory(cache) / ("node_modules" if self.kind == "npm" else "bin") / name

    def install(self, cache: Path) -> None:
        """Install it unless it is there. Raises CannotStart."""
        directory = self.directory(cache)
        if (directory / _DONE).exists():
            return
        directory.mkdir(parents=True, exist_ok=True)
        for command in self._commands(directory):
            _run(command, directory, f"{self.name} {self.version} cannot be installed by {self.kind}")
        (directory / _DONE).touch()

    def _commands(self, directory: Path) -> Sequence[list[str]]:
        if self.kind == "npm":
            options = ["--no-audit", "--no-fund", "--prefix", str(directory)]
            return [["npm", "install", *options, f"{self.name}@{self.version}"]]
        wanted = f"{self.name}{self.extra}=={self.version}"
        pip = [str(directory / "bin/python"), "-m", "pip", "install", "--quiet", wanted]
        return [[sys.executable, "-m", "venv", str(directory)], pip]


def _run(command: list[str], directory: Path, complaint: str) -> None:
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=directory, check=False)
    except OSError as error:
        raise CannotStart(f"{complaint}: {error}") from None
    if done.returncode:
        raise CannotStart(f"{complaint}: {done.stderr.strip()[-_LOG_LENGTH:]}")
