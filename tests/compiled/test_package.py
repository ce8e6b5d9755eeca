"""The compiled package has all that was asked to be compiled, and passes the tests of the layers that are."""

import json
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES

import pytest

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


@pytest.mark.parametrize("folder", SUITE)
def test_its_layers(compiled: Build, folder: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n0", folder]
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
