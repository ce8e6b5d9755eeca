"""Every block of the seed documents is accounted for, and what can run runs.

The documents are what real systems were told to do. The same behaviours are tested with texts of our own in
tests/clients, which needs no documents.
"""

import ast

import pytest

from stator.server.config import Settings

from . import runs_cli, runs_items, runs_javascript, runs_python, runs_schema
from .bench import LOCAL_ADDRESS, RUNS, Bench
from .blocks import CHECKOUT, Block, Entry, blocks, entries, parse, require_documents

# The modules whose import fills the register.
RUN_MODULES = (runs_cli, runs_items, runs_javascript, runs_python, runs_schema)


def test_every_block_has_an_entry() -> None:
    require_documents()
    listed = {entry.key for entry in entries()}
    assert [block.name for key, block in blocks().items() if key not in listed] == []


def test_every_entry_has_a_block() -> None:
    require_documents()
    assert [entry.name for entry in entries() if entry.key not in blocks()] == []


def test_no_block_is_listed_twice() -> None:
    places = [(entry.document, entry.number) for entry in entries()]
    assert len(places) == len(set(places))


def test_every_run_is_used() -> None:
    assert {entry.means for entry in entries() if entry.outcome == "run"} == RUNS.keys()
    assert {run.__module__ for run in RUNS.values()} == {module.__name__ for module in RUN_MODULES}


@pytest.mark.parametrize("named", sorted({entry.means for entry in entries() if entry.outcome == "test"}))
def test_every_test_elsewhere_is_there(named: str) -> None:
    module, _, function = named.partition("::")
    tree = ast.parse((CHECKOUT / "tests" / module).read_text())
    assert function.startswith("test_")
    assert function in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(
    "entry",
    [entry for entry in entries() if entry.outcome == "run"],
    ids=lambda entry: f"{entry.name}-{entry.means}",
)
def test_run(entry: Entry, bench: Bench) -> None:
    require_documents()
    block = blocks().get(entry.key)
    assert block is not None, "the block is no longer there, or has changed"
    assert entry.replaces == (LOCAL_ADDRESS if LOCAL_ADDRESS in block.text else "")
    RUNS[entry.means](block, bench)


def test_stator_listens_where_the_documents_expect_dynamodb_local() -> None:
    settings = Settings()
    assert f":{settings.port}" in LOCAL_ADDRESS
    assert settings.host == "127.0.0.1"


def test_blocks_are_read_without_their_indentation() -> None:
    text = "a\n```sh\nb\n\n  c\n```\n   ```\n   d\n     e\n   ```\n"
    assert list(parse("x", text)) == [
        Block("x", 1, "sh", "b\n\n  c\n"),
        Block("x", 2, "", "d\n  e\n"),
    ]


def test_an_open_fence_is_noticed() -> None:
    with pytest.raises(AssertionError, match="open"):
        list(parse("x", "```sh\n"))
