"""The compiled package has all that was asked to be compiled, and passes the tests of the layers that are."""

import json
import os
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES

from harness.compiled import ROOT, Build, listed

# The tests that say most for their time; docs/howto/edit-a-hot-module.md tells how to run all others.
SUITE = [
    "tests/values",
    "tests/expressions",
    "tests/tables",
    "tests/engines/test_transactions.py",
    "tests/operations/items",
    "tests/operations/partiql",
    "tests/operations/transactions",
    "tests/protocol",
]
SECONDS_MAX = 400
FILES = """
import importlib, json, sys
print(json.dumps({name: importlib.import_module(name).__file__ for name in sys.argv[1:]}))
"""


def test_what_is_listed_is_compiled(compiled: Build) -> None:
    names = [path.removesuffix(".py").replace("/", ".") for path in listed()]
    command = [sys.executable, "-c", FILES, *names]
    done = subprocess.run(command, env=compiled.environment, capture_output=True, text=True, check=True)
    files = json.loads(done.stdout)
    assert [name for name, file in files.items() if not file.endswith(tuple(EXTENSION_SUFFIXES))] == []


def test_it_says_so(compiled: Build) -> None:
    done = subprocess.run([compiled.program, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.endswith(", hot modules compiled\n")


def test_it_is_what_benchmarks_measure(compiled: Build) -> None:
    ask = "from benchmarks.peers.registry import python; from benchmarks.machine import versions; "
    kept = {name: value for name, value in os.environ.items() if name != "BENCH_PYTHON"}
    for named, form in (({}, "hot modules compiled"), ({"BENCH_PYTHON": sys.executable}, "pure Python")):
        command = [sys.executable, "-c", ask + "print(versions(python())['Stator:'])"]
        done = subprocess.run(command, cwd=ROOT, env=kept | named, capture_output=True, text=True, check=True)
        assert done.stdout == f"{form}\n"


def test_what_is_lacking_is_named() -> None:
    command = [sys.executable, "-c", "from tools.compiled import lacking; print(lacking())"]
    environment = {**os.environ, "CC": "/nowhere/cc -pthread"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "there is no C compiler (/nowhere/cc)\n"


def test_its_layers(compiled: Build) -> None:
    """In one process for all: to start pytest takes longer than some of them."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-n0",
        "-m",
        "not soak",
        *SUITE,
    ]
    done = subprocess.run(
        command,
        env=compiled.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-5000:]
