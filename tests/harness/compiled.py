"""Stator with its hot modules compiled, as `tools.compiled` makes it, and what cannot be tested with it."""

import os
import sys
import tomllib
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.programs import missing
from stator.base.build import COMPILED

ROOT = Path(__file__).parents[2]

pure_python = pytest.mark.skipif(COMPILED, reason="a compiled module keeps no docstrings, and its constants")
"""Marks a test that looks at what only the sources have, or replaces it."""


def listed() -> list[str]:
    """The files that pyproject.toml has compiled, such as `stator/values/number.py`."""
    hooks = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    return [path.removeprefix("src/") for path in hooks["hooks"]["mypyc"]["include"]]


@dataclass(frozen=True)
class Build:
    """An installed, compiled Stator. `package` is a folder with it and nothing else, to be put on a path."""

    program: Path
    package: Path

    @property
    def environment(self) -> dict[str, str]:
        """In which the interpreter of the tests imports it, instead of the sources."""
        path = os.pathsep.join([str(self.package), str(ROOT / "tests")])
        return {**os.environ, "PYTHONPATH": path}


def build(directory: Path) -> Build:
    """Make it unless it is made; its package in `directory`. Skips, or fails with CI=true, if it cannot."""
    if str(ROOT) not in sys.path:
        sys.path.append(str(ROOT))
    from tools import compiled

    if lacking := compiled.lacking():
        missing(f"the hot modules cannot be compiled: {lacking}")
    assert compiled.make() == "compiled", (ROOT / "build/run.log").read_text()
    [installed] = compiled.ENVIRONMENT.glob("lib/python*/site-packages")
    for path in [installed / "stator", *installed.glob("*__mypyc*")]:
        (directory / path.name).symlink_to(path)
    return Build(compiled.PYTHON.with_name("stator"), directory)
