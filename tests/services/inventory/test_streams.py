"""Following a stream: from where one was, over the ends of shards, and when it has lost what is missing.

The server's clock is the test's. A stream keeps records for 24 hours and a shard is written to for four, so a
day of rest is a jump of the clock.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from services.inventory.audit import problems
from services.inventory.commands import Request
from services.inventory.follower import Follower
from services.inventory.movimiento_inventario.domain import Move
from services.inventory.movimiento_inventario.service import MOVIMIENTO_INVENTARIO
from services.inventory.read_table import Checkpoints
from services.inventory.service import Service
from services.inventory.stream import HORIZON

from harness.process import ServerProcess, eventually

from ..faults import FaultyEndpoint, refused
from ..process import GIVEN
from .parts import ServerClock, make_tables, parts

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="a given endpoint's clock cannot be moved")

HOUR = 3600.0
SHARD_HOURS = 4.1
START = 1_790_000_000.0
STARTED = "2026-09-21T14:13:20.000Z"


@dataclass
class Bench:
    """The stock on a server, and what passes between the two."""

    server: ServerProcess
    service: Service[Any]
    between: FaultyEndpoint
    products: dict[str, int]

    def move(self, *products: str) -> None:
        """Move one more of each product into stock."""
        for product in products:
            move = Move(product=product, kind="IN", quantity=1, reason="test")
            self.service.commands.run(Request(product, move))
            self.products[product] = self.products.get(product, 0) + 1

    def follower(self) -> Follower:
        """The follower of the views, as a process that starts has it."""
        return next(self.service.followers())

    @property
    def checkpoint(self) -> Any:
        """What the follower has saved."""
        database = self.service.database
        return Checkpoints(database.dynamodb, "movimiento-inventario-read", "movimiento-inventario").load()

    def assert_applied(self) -> None:
        """Each view has each event once."""
        kept = {each.id: each.state.quantity for each in self.service.view.views.all()}
        assert kept == self.products
        assert [each for each in problems(self.service) if not each.startswith("reaction")] == []

    def shards(self) -> list[dict[str, Any]]:
        """The stream's shards."""
        streams = self.server.client("dynamodbstreams")
        (stream,) = streams.list_streams(TableName="movimiento-inventario-events")["Streams"]
        return streams.describe_stream(StreamArn=stream["StreamArn"])["StreamDescription"]["Shards"]

    def pass_time(self, hours: float) -> None:
        """Move the clock, first over the lives of two shards if that many pass, then to the end."""
        for _ in range(2):
            if hours < SHARD_HOURS:
                break
            last = self.shards()[-1]["ShardId"]
            self.server.clock.advance(SHARD_HOURS * HOUR)
            hours -= SHARD_HOURS
            for _ in eventually():
                if self.shards()[-1]["ShardId"] != last:
                    break
        self.server.clock.advance(hours * HOUR)


@pytest.fixture
def bench(start_server: Callable[..., ServerProcess]) -> Iterator[Bench]:
    server = start_server(memory=True, clock=START)
    make_tables(server)
    between = FaultyEndpoint(server.url)
    with parts(MOVIMIENTO_INVENTARIO, between.url, ServerClock(server)) as service:
        yield Bench(server, service, between, {})
    between.close()


def test_over_the_ends_of_shards(bench: Bench) -> None:
    follower = bench.follower()
    follower.drain()
    for _ in range(4):
        bench.move("lamp", "chair")
        bench.pass_time(SHARD_HOURS)
        bench.move("lamp")
        follower.drain()
        bench.assert_applied()
    assert len(bench.shards()) == 5
    assert bench.checkpoint.caught_up_at == STARTED
    assert len(bench.checkpoint.ended) == 4


def test_a_new_process_goes_on_where_the_last_one_was(bench: Bench) -> None:
    bench.follower().drain()
    bench.move("lamp", "lamp", "chair")
    bench.follower().drain()
    bench.between.asked.clear()
    bench.follower().drain()
    assert not {"PutItem", "Query", "Scan"} & set(bench.between.operations())
    bench.pass_time(9)
    bench.move("lamp", "desk")
    bench.between.asked.clear()
    bench.follower().drain()
    bench.assert_applied()
    assert bench.checkpoint.caught_up_at == STARTED


def test_what_the_stream_has_lost_comes_from_the_table(bench: Bench) -> None:
    bench.follower().drain()
    bench.move("lamp", "chair")
    bench.follower().drain()
    bench.move("lamp", "desk")
    bench.pass_time(25)
    bench.move("chair")
    bench.follower().drain()
    bench.assert_applied()
    assert bench.checkpoint.caught_up_at > "2026-09-22T15"


def test_a_process_that_slept_for_a_day(bench: Bench) -> None:
    follower = bench.follower()
    follower.drain()
    bench.move("lamp")
    follower.drain()
    for hours in (25, 0, 60):
        bench.move("lamp", "chair")
        bench.pass_time(hours)
        bench.move("desk")
        follower.drain()
        bench.assert_applied()


def test_a_shard_between_is_gone(bench: Bench) -> None:
    """The shard that follows the last one read to its end has come and gone."""
    follower = bench.follower()
    follower.drain()
    bench.move("lamp")
    bench.pass_time(SHARD_HOURS)
    follower.drain()
    assert bench.checkpoint.ended
    bench.move("lamp", "chair")
    bench.pass_time(50)
    bench.follower().drain()
    bench.assert_applied()


def test_the_horizon_is_trusted_for_half_a_day(bench: Bench) -> None:
    """Who never read a record cannot name one to go on after."""
    bench.follower().drain()
    assert list(bench.checkpoint.reading.values()) == [HORIZON]
    bench.server.clock.advance(11 * HOUR)
    bench.between.asked.clear()
    bench.follower().drain()
    assert "Scan" not in bench.between.operations()
    bench.move("lamp")
    bench.server.clock.advance(25 * HOUR)
    bench.follower().drain()
    assert "Scan" in bench.between.operations()
    bench.assert_applied()


def test_a_stream_that_was_turned_off_and_on(bench: Bench) -> None:
    bench.follower().drain()
    bench.move("lamp")
    dynamodb = bench.server.client()
    table = {"TableName": "movimiento-inventario-events"}
    dynamodb.update_table(**table, StreamSpecification={"StreamEnabled": False})
    bench.move("lamp", "chair")
    with pytest.raises(Exception, match="has no stream; create-tables turns it on"):
        bench.follower().step()
    dynamodb.update_table(**table, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"})
    bench.move("desk")
    bench.follower().drain()
    bench.assert_applied()


@pytest.mark.parametrize("code", ["ExpiredIteratorException", "TrimmedDataAccessException"])
def test_iterators_that_are_refused(bench: Bench, code: str) -> None:
    follower = bench.follower()
    follower.drain()
    bench.move("lamp")
    bench.between.inject("GetRecords", refused(code))
    follower.step()
    follower.drain()
    bench.assert_applied()


def test_events_that_come_twice_and_out_of_order(bench: Bench) -> None:
    bench.move("lamp", "lamp", "lamp")
    events = list(bench.service.log.events("lamp"))
    view = bench.service.view
    view.apply("lamp", events[2:])
    bench.assert_applied()
    view.apply("lamp", events)
    view.apply("lamp", events[:1])
    bench.assert_applied()


def test_two_followers_of_one_stream(bench: Bench) -> None:
    first, second = bench.follower(), bench.follower()
    for follower in (first, second):
        follower.drain()
    bench.move("lamp", "chair", "lamp")
    first.step()
    bench.move("lamp")
    second.step()
    first.step()
    bench.assert_applied()
