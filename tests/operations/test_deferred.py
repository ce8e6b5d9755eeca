"""The operations whose modules are imported with the first request, and what a start-up does without."""

import subprocess
import sys
from importlib import import_module

from stator.operations import DEFERRED, REGISTRY

START_UP = """
import sys, stator.server.serve, stator.server.admin, stator.operations, stator.server.jobs.copies
print(*sorted(name for name in sys.modules if name.startswith(("stator.copies.", "stator.formats."))))
"""


def test_each_is_where_the_table_says():
    for name, operations in DEFERRED.items():
        module = import_module(f"stator.operations.dynamodb.{name}")
        for operation in operations:
            assert REGISTRY[f"DynamoDB_20120810.{operation}"].handler.__module__ == module.__name__


def test_a_start_up_does_without_what_copies_tables():
    loaded = subprocess.run([sys.executable, "-c", START_UP], capture_output=True, text=True, check=True)
    assert loaded.stdout.split() == ["stator.copies.jobs"]
