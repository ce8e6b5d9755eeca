"""Services' parts in the test's own process, which speak to the same tables as the processes."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from services.common.dynamodb import Database, connect
from services.common.settings import DatabaseSettings
from services.common.time_ids import Clock, RandomIds, SystemClock
from services.inventory.audit import problems
from services.inventory.commands import Request
from services.inventory.ingreso_inventario.domain import Expect, Receive
from services.inventory.service import Definition, Service
from services.inventory.tables import create_all

from harness.process import ServerProcess

from ..process import ACCESS_KEY, SECRET_KEY, environment


class ServerClock:
    """The time of a server whose clock stands still until it is moved."""

    def __init__(self, server: ServerProcess) -> None:
        self._server = server

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._server.clock.now(), UTC)


@contextmanager
def connected(settings: DatabaseSettings) -> Iterator[Database]:
    """A database, until it is done with."""
    database = connect(settings)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def parts(definition: Definition[Any], endpoint: str, clock: Clock | None = None) -> Iterator[Service[Any]]:
    """A service's parts."""
    signed = environment(endpoint)
    settings = DatabaseSettings(
        endpoint=endpoint,
        region=signed["AWS_REGION"],
        access_key=signed.get("AWS_ACCESS_KEY_ID", ACCESS_KEY),
        secret_key=signed.get("AWS_SECRET_ACCESS_KEY", SECRET_KEY),
        session_token=signed.get("AWS_SESSION_TOKEN"),
    )
    with connected(settings) as database:
        yield Service(definition, database, clock or SystemClock(), RandomIds())


def make_tables(server: ServerProcess) -> None:
    """Make the tables of all services."""
    for _ in create_all(server.client()):
        pass


def expect(receipts: Service[Any], order: str, *products: str, quantity: int = 1000) -> None:
    """Expect goods of an order."""
    lines = [{"product": product, "quantity": quantity} for product in products]
    command = Expect.model_validate({"orderId": order, "supplierId": "s", "lines": lines})
    receipts.commands.run(Request(order, command))


def receive(receipts: Service[Any], order: str, *products: str, quantity: int = 1) -> None:
    """Receive goods of an order."""
    lines = [{"product": product, "quantity": quantity} for product in products]
    receipts.commands.run(Request(order, Receive.model_validate({"lines": lines})))


def assert_consistent(service: Service[Any]) -> None:
    """Whatever a service keeps agrees with the events."""
    assert list(problems(service)) == []
