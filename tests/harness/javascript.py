"""JavaScript programs: the packages that they need, installed once, and how they are run."""

import fcntl
import functools
import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

from harness.programs import PATH, Finished, Terminal, missing, require_program

SCRIPTS: Final = Path(__file__).parents[1] / "clients" / "javascript"
INSTALL_SECONDS_MAX = 240
# As it was at first: whoever runs the tests has set up npm for it, and tests change their environment.
ENVIRONMENT: Final = dict(os.environ)
CACHE: Final = Path(ENVIRONMENT.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "stator-tests"
# What is loaded before a program that requires `aws-sdk`, by the version of the SDK that it is to meet.
PRELOADS: Final = {"v2": SCRIPTS / "endpoint_v2.js", "v3": SCRIPTS / "v3_as_v2.js"}
# How node's runner sums up; the mark before a count differs between its versions.
_COUNT: Final = re.compile(r"^\S+ (tests|pass) (\d+)$", re.MULTILINE)


@functools.cache
def packages() -> Path:
    """The directory `node_modules` of the pinned packages; the first who asks installs it.

    It is outside the tree, so that clones and workers share it, and named after the pins, so that it never
    changes.
    """
    npm = require_program("npm")
    pins = (SCRIPTS / "package.json").read_bytes()
    directory = CACHE / f"javascript-{hashlib.sha256(pins).hexdigest()[:12]}"
    CACHE.mkdir(parents=True, exist_ok=True)
    with directory.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.exists():
            _install(npm, pins, directory)
    return directory / "node_modules"


def _install(npm: str, pins: bytes, directory: Path) -> None:
    # Complete or absent: an install that was interrupted never gets the directory's name.
    unfinished = directory.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir()
    (unfinished / "package.json").write_bytes(pins)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund"],
        cwd=unfinished,
        env={**ENVIRONMENT, "PATH": PATH},
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS_MAX,
        check=False,
    )
    if done.returncode != 0:
        missing(f"npm could not install the JavaScript packages:\n{done.stderr}")
    unfinished.rename(directory)


def run_script(
    terminal: Terminal,
    script: Path | None = None,
    *,
    text: str = "",
    sdk: str | None = None,
    **variables: str,
) -> Finished:
    """Run a script, or the program `text`, which must succeed. With `sdk`, `aws-sdk` is of that version."""
    preload = [] if sdk is None else ["--require", str(PRELOADS[sdk])]
    return terminal.run(
        "node",
        *preload,
        script or "-",
        text=text,
        variables={
            "NODE_PATH": str(packages()),
            "NODE_NO_WARNINGS": "1",
            "AWS_SDK_JS_SUPPRESS_MAINTENANCE_MODE_MESSAGE": "1",
            **variables,
        },
    )


def run_tests(terminal: Terminal, script: Path, *, sdk: str | None = None) -> None:
    """Run a script of tests for node's own runner: all must pass, and there must be some."""
    counts = dict(_COUNT.findall(run_script(terminal, script, sdk=sdk).output))
    assert int(counts["pass"]) == int(counts["tests"]) > 0, counts
