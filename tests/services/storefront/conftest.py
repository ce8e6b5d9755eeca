"""A storefront with tables of its own, which each test finds empty."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest

from ..process import ServiceProcess, ServiceStarter, command, environment

LAMP = {"title": "Lamp", "path": "https://images.example.com/lamp.jpg"}


class Tables(NamedTuple):
    """The names of the tables."""

    products: str
    sessions: str

    @property
    def variables(self) -> dict[str, str]:
        """The variables that name them."""
        return {"DYNAMODB_TABLE": self.products, "SESSIONS_TABLE": self.sessions}


KEYS = {"products": "id", "sessions": "session_id"}


@pytest.fixture(scope="session")
def storefront_tables(
    endpoint: str, database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Tables]:
    """Tables that the service's own command has made."""
    tables = Tables(*(f"{name}-{uuid.uuid4()}" for name in KEYS))
    made = command(
        "storefront",
        "create-table",
        directory=tmp_path_factory.mktemp("storefront"),
        variables=environment(endpoint, **tables.variables),
    )
    assert made.returncode == 0, made.stderr
    yield tables
    for name in tables:
        database.delete_table(TableName=name)


def items(database: Any, table: str) -> list[Any]:
    """All items of a table."""
    pages = database.get_paginator("scan").paginate(TableName=table, ConsistentRead=True)
    return [item for page in pages for item in page["Items"]]


@pytest.fixture
def tables(storefront_tables: Tables, database: Any) -> Tables:
    """The tables, empty."""
    for kind, name in storefront_tables._asdict().items():
        for item in items(database, name):
            database.delete_item(TableName=name, Key={KEYS[kind]: item[KEYS[kind]]})
    return storefront_tables


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("descriptions") / "made" / "when-needed"


@pytest.fixture
def folder(shared_folder: Path) -> Path:
    """The folder of descriptions, empty."""
    for path in shared_folder.glob("*"):
        path.unlink()
    return shared_folder


@pytest.fixture(scope="session")
def shared_storefront(
    start_shared_service: ServiceStarter, storefront_tables: Tables, shared_folder: Path
) -> ServiceProcess:
    return start_shared_service(
        "storefront", **storefront_tables.variables, DESCRIPTIONS_FOLDER=str(shared_folder), VIEW_SHARDS="4"
    )


@pytest.fixture
def storefront(shared_storefront: ServiceProcess, tables: Tables, folder: Path) -> ServiceProcess:
    """The service, with nothing in it."""
    return shared_storefront


@pytest.fixture
def http(storefront: ServiceProcess) -> httpx.Client:
    """A client of the service."""
    return storefront.http


def created(reply: httpx.Response) -> dict[str, Any]:
    """What was made."""
    assert reply.status_code == 201, reply.text
    made: dict[str, Any] = reply.json()
    return made


@pytest.fixture
def make(http: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Makes a product: `make(title="Lamp", price=9.5)`."""
    return lambda **fields: created(http.post("/products", json=LAMP | fields))
