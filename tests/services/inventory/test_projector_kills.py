"""A projector and the database are killed between any two writes: no event is lost, none is applied twice.

The projector is that of the stock. From a receipt of two products it makes a movement of each, a mark that
the receipt is handled, and a view of each product. An endpoint between it and the database kills the one, the
other or both at the first write, then (in a new round) at the second, until a round passes without a kill.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from services.inventory.ingreso_inventario.service import INGRESO_INVENTARIO
from services.inventory.movimiento_inventario.service import MOVIMIENTO_INVENTARIO
from services.inventory.service import Service

from harness.process import ServerProcess
from harness.wire import PATIENCE_SECONDS

from ..process import GIVEN
from .fleet import projector
from .kills import KillingEndpoint
from .parts import assert_consistent, expect, make_tables, parts, receive

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="a given endpoint cannot be killed")

PRODUCTS = ("chair", "table")
# A round has two movements, a mark, two views, and a checkpoint of each of the two projections.
WRITES_MIN = 7


@pytest.fixture
def stator(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server on the disk, with the tables."""
    server = start_server()
    make_tables(server)
    return server


@pytest.fixture
def between(stator: ServerProcess) -> Iterator[KillingEndpoint]:
    """The endpoint in front of it."""
    endpoint = KillingEndpoint(stator.url)
    yield endpoint
    endpoint.close()


@pytest.fixture
def receipts(stator: ServerProcess) -> Iterator[Service[Any]]:
    """The receipts of goods."""
    with parts(INGRESO_INVENTARIO, stator.url) as service:
        yield service


@pytest.fixture
def stock(stator: ServerProcess) -> Iterator[Service[Any]]:
    """The stock."""
    with parts(MOVIMIENTO_INVENTARIO, stator.url) as service:
        yield service


class Victim:
    """The projector's process, again and again."""

    def __init__(self, endpoint: str, directory: Path) -> None:
        self._endpoint, self._directory = endpoint, directory
        self._process: subprocess.Popen[str] | None = None

    def run(self) -> None:
        """Run until there is nothing new; as often as it is killed before."""
        while True:
            self._process = projector("movimiento-inventario", self._endpoint, self._directory)
            with self._process as process:
                status = process.wait(PATIENCE_SECONDS)
            if status == 0:
                return
            assert status == -9, (self._directory / "movimiento-inventario.log").read_text()[-3000:]

    def kill(self) -> None:
        """Kill it, at once and for certain."""
        assert self._process is not None
        self._process.kill()
        self._process.wait(PATIENCE_SECONDS)


@pytest.mark.parametrize("struck", ["projector", "database", "both"])
def test_killed_between_any_two_writes(
    stator: ServerProcess,
    between: KillingEndpoint,
    receipts: Service[Any],
    stock: Service[Any],
    tmp_path: Path,
    struck: str,
) -> None:
    victim = Victim(between.url, tmp_path)

    def deed() -> None:
        if struck != "database":
            victim.kill()
        if struck != "projector":
            stator.kill()
            stator.start()

    expect(receipts, "order", *PRODUCTS)
    rounds = 0
    while rounds == 0 or between.done:
        rounds += 1
        receive(receipts, "order", *PRODUCTS, quantity=rounds)
        # What the database has done when it is killed is done, but nobody was told: as well as not done.
        between.arm(rounds, deed, after=rounds % 2 == 0)
        victim.run()
        assert_consistent(stock)
        for product in PRODUCTS:
            kept = stock.view.views.get(product)
            assert (kept.version, kept.state.quantity) == (rounds, sum(range(1, rounds + 1)))
    assert rounds > WRITES_MIN
    stator.check()
