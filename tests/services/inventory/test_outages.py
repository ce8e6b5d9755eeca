"""Services that go on living while the database is killed, started again, throttles and fails."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.process import ServerProcess

from ..faults import FaultyEndpoint, refused, reply_lost, request_lost
from ..process import GIVEN, ServiceProcess
from .fleet import Fleet, becomes
from .parts import make_tables

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="a given endpoint cannot be killed")


@pytest.fixture
def stator(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server on the disk, with the tables."""
    server = start_server()
    make_tables(server)
    return server


@pytest.fixture
def between(stator: ServerProcess) -> Iterator[FaultyEndpoint]:
    """An endpoint in front of it."""
    endpoint = FaultyEndpoint(stator.url)
    yield endpoint
    endpoint.close()


@pytest.fixture
def stock(between: FaultyEndpoint, tmp_path: Path) -> Iterator[ServiceProcess]:
    """The stock, which is not patient."""
    fleet = Fleet(tmp_path, between.url)
    yield fleet.start("movimiento-inventario", DYNAMODB_MAX_ATTEMPTS="2")
    fleet.close()


def move(stock: ServiceProcess, product: str) -> int:
    """Move one of a product into stock; the status."""
    asked = {"product": product, "kind": "IN", "quantity": 1, "reason": "found"}
    return stock.http.post("/movimiento-inventario", json=asked).status_code


def test_the_projectors_outlive_the_database(stator: ServerProcess, stock: ServiceProcess) -> None:
    assert move(stock, "lamp") == 201
    becomes(stock, "/movimiento-inventario/lamp", quantity=1)
    for quantity in (2, 3):
        stator.kill()
        assert move(stock, "lamp") == 503
        assert stock.http.get("/health").status_code == 503
        stator.start()
        assert move(stock, "lamp") == 201
        becomes(stock, "/movimiento-inventario/lamp", quantity=quantity, movements=quantity)


def test_the_projectors_take_errors(stock: ServiceProcess, between: FaultyEndpoint) -> None:
    faults = [
        reply_lost,
        refused("ThrottlingException"),
        refused("ProvisionedThroughputExceededException"),
        request_lost,
        refused("InternalServerError", 500),
        refused("LimitExceededException"),
        refused("AccessDeniedException"),
    ]
    for count in range(1, 4):
        for operation in ("GetRecords", "GetShardIterator", "DescribeStream", "PutItem"):
            between.inject(operation, *faults)
        assert move(stock, "lamp") == 201
        becomes(stock, "/movimiento-inventario/lamp", quantity=count, movements=count)
    assert "projection failed" in {record["message"] for record in stock.records("errors")}
