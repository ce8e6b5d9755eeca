"""What the document says of the services: their variables, tables and permissions."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from services.inventory.__main__ import DEFINITIONS
from services.inventory.settings import load
from services.inventory.tables import tables

from ...seeds.blocks import blocks, require_documents
from ..faults import FaultyEndpoint
from ..process import GIVEN, policy
from .fleet import Fleet
from .parts import connected

DOCUMENT = "000_3734b8a8527389fd"
BY_NAME = {definition.name: definition for definition in DEFINITIONS}
# The blocks of variables, and the services that each is for: ingreso takes the set of movimiento.
SETS = [(1, ("movimiento-inventario", "ingreso-inventario")), (2, ("orden-compra", "proveedor"))]
EACH_SERVICE = [(number, name) for number, names in SETS for name in names]
DATABASE = re.compile("AWS_|DYNAMODB_")


@pytest.fixture
def block() -> Callable[[int], str]:
    """The text of a block of the document."""
    require_documents()
    return lambda number: next(
        block.text for block in blocks().values() if (block.document, block.number) == (DOCUMENT, number)
    )


def block_variables(text: str) -> dict[str, str]:
    """The variables that a block of YAML sets."""
    return {each["name"]: each["value"] for each in yaml.safe_load(text)["env"]}


@pytest.mark.parametrize(("number", "name"), EACH_SERVICE)
def test_an_empty_endpoint_is_aws(
    block: Callable[[int], str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, number: int, name: str
) -> None:
    for variable in filter(DATABASE.match, list(os.environ)):
        monkeypatch.delenv(variable)
    monkeypatch.chdir(tmp_path)
    for variable, value in block_variables(block(number)).items():
        monkeypatch.setenv(variable, value)
    settings = load(BY_NAME[name].settings).database
    with connected(settings) as database:
        assert (database.endpoint, database.region) == (
            "https://dynamodb.us-east-1.amazonaws.com",
            "us-east-1",
        )
        keys = database.session.get_credentials()
    assert (keys.access_key, keys.secret_key) == ("YOUR_AWS_ACCESS_KEY_ID", "YOUR_AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def fleet(tables: str, tmp_path: Path) -> Iterator[Fleet]:
    """Services of the test's own."""
    fleet = Fleet(tmp_path, tables)
    yield fleet
    fleet.close()


@pytest.mark.skipif(bool(GIVEN), reason="a given endpoint takes its own credentials only")
@pytest.mark.parametrize(("number", "name"), EACH_SERVICE)
def test_each_service_takes_its_own_set(
    block: Callable[[int], str], fleet: Fleet, faulty: FaultyEndpoint, number: int, name: str
) -> None:
    mine = block_variables(block(number)).keys() | {"AWS_ENDPOINT_URL"}
    values = {
        "DYNAMODB_ENDPOINT_URL": faulty.url,
        "DYNAMODB_REGION": "eu-west-3",
        "DYNAMODB_ACCESS_KEY": "AKIAMINE",
        "DYNAMODB_SECRET_KEY": "mine",
        "DYNAMODB_SESSION_TOKEN": None,
        "AWS_ENDPOINT_URL": faulty.url if number == 2 else None,
        "AWS_REGION": "eu-west-3",
        "AWS_ACCESS_KEY_ID": "AKIAMINE",
        "AWS_SECRET_ACCESS_KEY": "mine",
        "AWS_SESSION_TOKEN": None,
    }
    others = {"DYNAMODB_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_REGION": "us-west-1"}
    merged = {
        variable: value if variable in mine or value is None else others.get(variable, "AKIAOTHERS")
        for variable, value in values.items()
    }
    service = fleet.start(name, PROJECTORS="apart", **merged)
    assert service.http.get("/health").status_code == 200
    signed = {
        each.headers["Authorization"].split("Credential=")[1].split("/dynamodb/")[0] for each in faulty.asked
    }
    assert {re.sub("/[0-9]+/", " ", scope) for scope in signed} == {"AKIAMINE eu-west-3"}


def test_the_tables_are_those_of_the_document(block: Callable[[int], str]) -> None:
    for number, kind in ((3, 0), (4, 1)):
        said = json.loads(block(number))
        made = tables("movimiento-inventario")[kind].request()
        stream = made.pop("StreamSpecification", None)
        assert made == said
        assert (stream is not None) == (kind == 0)


def test_the_policy_begins_with_that_of_the_document(block: Callable[[int], str]) -> None:
    (statement,) = json.loads(block(5))["Statement"]
    ours: dict[str, Any] = policy("inventory")[0]
    assert {key: value for key, value in ours.items() if key != "Sid"} == statement
