"""A service of orders with a table of its own, which each test finds empty."""

import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess, ServiceStarter, command, environment

LAMP = {
    "customerName": "Ana Torres",
    "customerEmail": "ana@example.com",
    "productName": "Lamp",
    "quantity": 3,
    "unitPrice": 19.9,
}


@pytest.fixture(scope="session")
def orders_table(endpoint: str, database: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of a table that the service's own command has made."""
    name = f"orders-{uuid.uuid4()}"
    made = command(
        "orders",
        "create-table",
        directory=tmp_path_factory.mktemp("orders"),
        variables=environment(endpoint, DYNAMODB_TABLE_NAME=name),
    )
    assert made.returncode == 0, made.stderr
    yield name
    database.delete_table(TableName=name)


@pytest.fixture
def table(orders_table: str, database: Any) -> str:
    """The table, empty."""
    for item in database.scan(TableName=orders_table, ConsistentRead=True)["Items"]:
        database.delete_item(TableName=orders_table, Key={name: item[name] for name in ("pk", "sk")})
    return orders_table


@pytest.fixture(scope="session")
def shared_orders(start_shared_service: ServiceStarter, orders_table: str) -> ServiceProcess:
    """The service, which all tests use."""
    return start_shared_service("orders", DYNAMODB_TABLE_NAME=orders_table)


@pytest.fixture
def orders(shared_orders: ServiceProcess, table: str) -> ServiceProcess:
    """The service, with an empty table."""
    return shared_orders


@pytest.fixture
def http(orders: ServiceProcess) -> httpx.Client:
    """A client of the service."""
    return orders.http


@pytest.fixture
def lamp(http: httpx.Client) -> dict[str, Any]:
    """An order."""
    made: dict[str, Any] = http.post("/orders", json=LAMP).json()
    return made
