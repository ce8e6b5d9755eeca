"""Makes build/run: an environment with Stator as a user installs it, its hot modules compiled if possible.

    python -m tools.compiled             makes it unless it is there and of these sources
    python -m tools.compiled --check     makes nothing; the exit status is 1 unless it is there, and compiled

The sources are copied to build/tree and installed from there, since a build leaves compiled modules beside
the sources, and those would then be used instead of them. Only the standard library and pip are needed.
"""

import argparse
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
BUILD: Final = ROOT / "build"
ENVIRONMENT: Final = BUILD / "run"
PYTHON: Final = ENVIRONMENT / "bin/python"

_TREE: Final = BUILD / "tree"
_LOG: Final = BUILD / "run.log"
_STAMP: Final = ENVIRONMENT / ".made"
_FILES: Final = ("pyproject.toml", "README.md", "LICENSE")
_SWITCH: Final = "HATCH_BUILD_HOOK_ENABLE_MYPYC"
_COMPILED: Final = "compiled"
_WITHOUT: Final = "Stator does the same without, more slowly."
_PURE: Final = "pure"


class Failed(Exception):
    """Not even the pure package could be installed; the text tells why."""


def lacking() -> str:
    """What this machine lacks to compile extension modules, in words; empty if nothing that can be told."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"there is no C compiler ({compiler})"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "Python's headers are not there (Debian's package python3-dev)"
    return ""


def made() -> str | None:
    """`compiled` or `pure` if build/run is there and of these sources, else None."""
    if not (_STAMP.exists() and PYTHON.exists()):
        return None
    digest, _, form = _STAMP.read_text().strip().partition(" ")
    return form if digest == _digest() else None


def make() -> str:
    """Make build/run unless it is there and of these sources: `compiled` or `pure`. Raises Failed."""
    BUILD.mkdir(exist_ok=True)
    with _alone():
        form = made()
        if form is not None:
            return form
        if missing := lacking():
            print(f"The hot modules are not compiled: {missing}. {_WITHOUT}")
        return _install(compiled=not missing)


def _install(*, compiled: bool) -> str:
    digest = _digest()
    _LOG.unlink(missing_ok=True)
    for directory in (_TREE, ENVIRONMENT):
        shutil.rmtree(directory, ignore_errors=True)
    shutil.copytree(ROOT / "src", _TREE / "src", ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    for name in _FILES:
        shutil.copy(ROOT / name, _TREE)
    _run([sys.executable, "-m", "venv", str(ENVIRONMENT)])
    command = [str(PYTHON), "-m", "pip", "install", "--quiet", str(_TREE)]
    form = _COMPILED if compiled else _PURE
    if compiled:
        print("Compiling Stator's hot modules, which takes a minute or two.", flush=True)
    try:
        _run(command, compiled=compiled)
    except Failed as error:
        if not compiled:
            raise
        print(f"The hot modules could not be compiled: {error}. {_WITHOUT}")
        form = _PURE
        _run(command)
    _STAMP.write_text(f"{digest} {form}\n")
    return form


def _run(command: list[str], *, compiled: bool = False) -> None:
    environment = os.environ | {_SWITCH: "1" if compiled else "0"}
    with _LOG.open("ab") as log:
        done = subprocess.run(command, stdout=log, stderr=log, env=environment, cwd=BUILD, check=False)
    if done.returncode:
        raise Failed(f"`{' '.join(command)}` failed; see {_LOG.relative_to(ROOT)}")


def _digest() -> str:
    """Of all that decides what is made: the sources, pyproject.toml, the interpreter, and what is lacking."""
    total = hashlib.sha256(f"{sys.version} {lacking()}".encode())
    paths = [path for path in (ROOT / "src/stator").rglob("*.*") if path.suffix not in (".pyc", ".so")]
    for path in [*sorted(paths), ROOT / "pyproject.toml"]:
        total.update(f"{path.relative_to(ROOT)}\0".encode())
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


@contextmanager
def _alone() -> Iterator[None]:
    """Nobody else makes the environment meanwhile."""
    with (BUILD / "run.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main() -> int:
    """Make it, or check it; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.compiled", description=__doc__)
    parser.add_argument("--check", action="store_true", help="make nothing")
    if parser.parse_args().check:
        form = made()
        print(form or "not made")
        return 0 if form == _COMPILED else 1
    try:
        make()
    except Failed as error:
        print(f"Stator could not be installed: {error}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
