"""The policies of the services begin with those of their documents."""

import json
from pathlib import Path

import pytest

from ...seeds.blocks import blocks, require_documents
from ..process import ROOT, actions_of, policy

POLICIES = sorted((ROOT / "services").glob("*/policy.json"))
# The documents that have a policy as a block of JSON.
DOCUMENTS = {"orders": ("002_87cf1d665674f1d0", 8)}


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.parent.name)
def test_statements_have_names_and_no_wildcard(path: Path) -> None:
    statements = json.loads(path.read_text())["Statement"]
    names = [statement["Sid"] for statement in statements]
    assert all(name.isalnum() for name in names)
    assert len(set(names)) == len(names)
    assert [action for action in actions_of(statements) if "*" in action] == []
    assert {statement["Effect"] for statement in statements} == {"Allow"}


@pytest.mark.parametrize("name", list(DOCUMENTS))
def test_the_first_statement_is_the_document_s(name: str) -> None:
    require_documents()
    document, number = DOCUMENTS[name]
    (block,) = (block for block in blocks().values() if (block.document, block.number) == (document, number))
    (statement,) = json.loads(block.text)["Statement"]
    ours = policy(name)[0]
    assert {key: value for key, value in ours.items() if key != "Sid"} == statement
