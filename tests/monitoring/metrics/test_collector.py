"""From books to stored metrics: each count exactly once, whoever dies when, and each minute whole."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness.handlers import ACCOUNT
from harness.metrics import Hand, Seen, seen_in
from harness.wire import PATIENCE_SECONDS
from stator import model
from stator.base.errors import StorageFull
from stator.base.ids import RandomIds
from stator.monitoring.metrics import collector, names
from stator.monitoring.metrics.collector import RECENT_MINUTES, Collector
from stator.monitoring.metrics.points import metric
from stator.monitoring.metrics.store import MetricsStore
from stator.monitoring.monitoring import Monitoring
from stator.operations import REGISTRY, Call
from stator.server.jobs.metrics import collect_metrics
from stator.storage.open import open_engine
from stator.tables.book import CLOSED, FREE, Books
from stator.tables.database import Database
from stator.tables.meter import CONDITION_FAILURES, THROTTLES, USER_ERRORS, Meter, name_of

NOON = 1_800_000_000.0
MINUTE = 60


class Bench:
    """A database with a table `orders`, the books of two workers, and who collects them."""

    def __init__(self, database: Database, clock: Hand) -> None:
        self.clock = clock
        self.database = database
        self.store = MetricsStore(database.engine)
        self.books = Books(2)
        self.meters = [Meter(book, clock) for book in self.books.books]
        self.collector = Collector(database, self.store, self.books)

    def tick(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        for meter in self.meters:
            meter.tick()

    def another_collector(self) -> Collector:
        """Who begins to collect after the present one is gone."""
        return Collector(self.database, self.store, self.books)

    def seen(self) -> Seen:
        return seen_in(self.store)

    async def create(self, name: str, **parameters: Any) -> None:
        request = {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        } | parameters
        await self.ask("CreateTable", request)

    async def ask(self, operation: str, request: dict[str, Any]) -> None:
        import json

        decoded = model.decode(operation).decode(json.dumps(request).encode())
        await REGISTRY[f"DynamoDB_20120810.{operation}"].handler(
            Call(self.database, "us-east-1", "localhost"), decoded
        )


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[Bench]:
    clock = Hand(NOON)
    engine = open_engine(data)
    try:
        database = await Database.open(engine, clock=clock, ids=RandomIds(Random(1)), account=ACCOUNT)
        bench = Bench(database, clock)
        await bench.create("orders")
        yield bench
    finally:
        await engine.aclose()


With = Callable[[Callable[[Bench], Coroutine[Any, Any, None]]], None]


@pytest.fixture
def with_bench(tmp_path: Path) -> With:
    """Runs a test's body with a bench of its own."""

    def run(body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with opened(tmp_path) as bench:
                await body(bench)

        asyncio.run(main())

    return run


def test_a_minute_is_complete_once_all_workers_have_left_it(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        closed: list[int] = []
        bench.collector.on_closed.append(closed.append)
        for meter, times in zip(bench.meters, (3, 4), strict=True):
            meter.count(USER_ERRORS, times=times)
        bench.clock.advance(MINUTE)
        bench.meters[0].tick()
        await bench.collector.collect()
        assert (closed, bench.seen().sum("UserErrors")) == ([], None), "the other one may still count there"
        bench.meters[1].tick()
        assert bench.collector.is_due
        await bench.collector.collect()
        assert closed == [NOON + MINUTE] == [bench.collector.closed_until]
        assert bench.seen().minutes("UserErrors") == {NOON: 7}
        assert not bench.collector.is_due

    with_bench(body)


def test_what_is_stored_when_its_collector_dies_is_not_stored_again(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        bench.meters[0].reads("orders", 4)
        bench.meters[1].reads("orders", 1)
        bench.tick(MINUTE)
        taken = [block for book in bench.books.books for block in book.blocks if block.state == CLOSED]
        await bench.collector.collect()
        assert [block.state for block in taken] == [FREE, FREE]
        for block in taken:  # It was killed after the commit, and before it freed them.
            block.close()
        bench.meters[0].reads("orders", 2)
        bench.tick(MINUTE)
        following = bench.another_collector()
        assert following.closed_until == NOON + MINUTE
        assert following.totals()[1, "orders"][2] == 1, "what was taken before is not counted again"
        await following.collect()
        assert bench.seen().minutes("ConsumedReadCapacityUnits", TableName="orders") == {
            NOON: 2.5,
            NOON + MINUTE: 1,
        }
        states = {block.state for book in bench.books.books for block in book.blocks}
        assert CLOSED not in states

    with_bench(body)


@pytest.mark.parametrize("transactions", range(1, 4))
def test_what_is_broken_off_is_stored_once(
    with_bench: With, monkeypatch: pytest.MonkeyPatch, transactions: int
) -> None:
    """The end of a job does not wait for a transaction that is on its way, and may come between two."""
    monkeypatch.setattr(collector, "_SAMPLES_AT_ONCE", 40)

    async def body(bench: Bench) -> None:
        tables = ["orders", *(f"table-{number}" for number in range(4))]
        for number, table in enumerate(tables):
            bench.meters[number % 2].reads(table, 2)
        bench.tick(MINUTE)
        engine, begun = bench.database.engine, asyncio.Event()
        write, count = engine.write, itertools.count(1)

        def counted(body: Any) -> Any:
            if next(count) == transactions:
                begun.set()
            return write(body)

        monkeypatch.setattr(engine, "write", counted, raising=False)
        job = asyncio.create_task(bench.collector.collect())
        async with asyncio.timeout(PATIENCE_SECONDS):
            await begun.wait()
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)
        await (bench.collector if transactions % 2 else bench.another_collector()).finish()
        seen = bench.seen()
        for table in tables:
            for name in ("ConsumedReadCapacityUnits", "ReadThrottleEvents", "TransactionConflict"):
                points = seen.points[metric(names.NAMESPACE, name, {"TableName": table})]
                assert [point.samples for minute, point in points if minute == NOON] == [1]
        assert {block.state for book in bench.books.books for block in book.blocks} == {FREE}

    with_bench(body)


def test_what_the_storage_refused_is_stored_later(with_bench: With, monkeypatch: pytest.MonkeyPatch) -> None:
    async def body(bench: Bench) -> None:
        engine = bench.database.engine
        write = engine.write

        def refuse(_: Any) -> Any:
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            future.set_exception(StorageFull("the disk is full"))
            return future

        bench.meters[0].count(USER_ERRORS, times=2)
        bench.tick(MINUTE)
        monkeypatch.setattr(engine, "write", refuse, raising=False)
        for _ in range(3):
            with pytest.raises(StorageFull):
                await bench.collector.collect()
        monkeypatch.setattr(engine, "write", write, raising=False)
        assert bench.collector.closed_until == NOON
        bench.meters[1].count(USER_ERRORS)
        bench.tick(MINUTE)
        await bench.collector.collect()
        assert bench.seen().minutes("UserErrors") == {NOON: 2, NOON + MINUTE: 1}
        assert bench.collector.totals()[USER_ERRORS, ""][0] == 3

    with_bench(body)


def test_a_worker_that_is_killed_loses_nothing(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        bench.meters[1].writes("orders", 6)
        bench.books[1].vacate()
        bench.clock.advance(MINUTE)
        bench.meters[0].tick()
        await bench.collector.collect()
        assert bench.seen().sum("ConsumedWriteCapacityUnits", TableName="orders") == 3, (
            "nobody takes its place"
        )
        bench.meters[0].writes("orders", 2)
        bench.meters[1] = Meter(bench.books[1], bench.clock)
        bench.meters[1].writes("orders", 4)
        bench.books[1].vacate()
        bench.meters[1] = Meter(bench.books[1], bench.clock)
        bench.meters[1].writes("orders", 8)
        bench.tick(MINUTE)
        await bench.collector.collect()
        assert bench.seen().minutes("ConsumedWriteCapacityUnits", TableName="orders") == {
            NOON: 3,
            NOON + MINUTE: 7,
        }

    with_bench(body)


def test_a_clock_that_is_set_back_loses_nothing_and_minutes_go_on(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        told: list[int] = []
        bench.collector.on_closed.append(told.append)
        past = NOON - 600 * MINUTE
        for meter in bench.meters:
            meter.reads("orders", 2)
        bench.tick(MINUTE - 600 * MINUTE)
        await bench.collector.collect()
        for minute in range(20):  # More than a book has blocks.
            bench.meters[minute % 2].reads("orders", 2)
            bench.tick(MINUTE)
            await bench.collector.collect()
        assert told == [past + number * MINUTE for number in range(1, 22)]
        minutes = bench.seen().minutes("ConsumedReadCapacityUnits", TableName="orders")
        assert minutes == {NOON: 2} | {past + number * MINUTE: 1 for number in range(1, 21)}
        assert not bench.collector.is_due

    with_bench(body)


def test_the_end_stores_the_unfinished_minute(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        bench.meters[0].reads("orders", 2)
        bench.meters[1].reads("orders", 4)
        for meter in bench.meters:
            meter.close()
        await bench.collector.finish()
        await bench.collector.finish()
        assert bench.seen().minutes("ConsumedReadCapacityUnits", TableName="orders") == {NOON: 3}

    with_bench(body)


def test_what_did_not_happen_to_a_table_in_use_is_published_as_zero_once(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        for meter in bench.meters:
            meter.reads("orders", 2)
            meter.reads(name_of("orders", "by-day"), 2)
        bench.meters[0].count(THROTTLES, name_of("orders", "by-day", "read", "ProvisionedThroughput"), 4)
        bench.meters[1].count(CONDITION_FAILURES, "orders", 2)
        bench.tick(MINUTE)
        await bench.collector.collect()
        seen = bench.seen()
        index = {"TableName": "orders", "GlobalSecondaryIndexName": "by-day"}
        for name in ("ReadThrottleEvents", "ReadThrottledEvents", "ReadProvisionedThroughputThrottleEvents"):
            assert (seen.sum(name, **index), seen.samples(name, **index)) == (4, 4)
            assert (seen.sum(name, TableName="orders"), seen.samples(name, TableName="orders")) == (0, 1)
        for row in names.ROWS:
            if row.has_zeros and set(index) in map(set, row.dimensions) and "Throttle" in row.name:
                assert seen.total(row.name, **index) is not None, row.name
        assert seen.sum("ConditionalCheckFailedRequests", TableName="orders") == 2
        assert seen.sum("ConsumedWriteCapacityUnits", TableName="orders") == 0
        assert seen.sum("UserErrors") == 0
        bench.meters[0].count(USER_ERRORS)
        bench.tick(MINUTE)
        await bench.collector.collect()
        later = bench.seen()
        assert set(later.minutes("ReadThrottleEvents", TableName="orders")) == {NOON}, "not in use"

    with_bench(body)


def test_a_table_that_was_used_lately_is_published_as_consuming_nothing(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        bench.meters[0].reads("orders", 2)
        bench.meters[1].reads("gone", 2)
        bench.meters[1].reads(name_of("orders", "gone"), 2)
        bench.tick(3 * MINUTE)
        await bench.collector.collect()
        wanted = {NOON: 1, NOON + MINUTE: 0, NOON + 2 * MINUTE: 0}
        assert bench.seen().minutes("ConsumedReadCapacityUnits", TableName="orders") == wanted
        for gone in ({"TableName": "gone"}, {"TableName": "orders", "GlobalSecondaryIndexName": "gone"}):
            assert bench.seen().minutes("ConsumedReadCapacityUnits", **gone) == {NOON: 1}
        for _ in range(RECENT_MINUTES + 5):
            bench.tick(MINUTE)
            await bench.collector.collect()
        minutes = bench.seen().minutes("ConsumedWriteCapacityUnits", TableName="orders")
        assert sorted(minutes) == [NOON + number * MINUTE for number in range(RECENT_MINUTES + 1)]

    with_bench(body)


def test_throughput_is_published_every_five_minutes(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        await bench.create(
            "provisioned",
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 8, "WriteCapacityUnits": 4},
        )
        await bench.create("bounded", OnDemandThroughput={"MaxReadRequestUnits": 50})
        for _ in range(11):
            await bench.collector.collect()
            bench.tick(MINUTE)
        await bench.another_collector().collect()
        seen = bench.seen()
        first = NOON // 300 * 300
        provisioned = seen.minutes("ProvisionedReadCapacityUnits", TableName="provisioned")
        assert provisioned == {first: 8, first + 300: 8, first + 600: 8}
        assert seen.samples("ProvisionedWriteCapacityUnits", TableName="provisioned") == 3
        assert seen.total("ProvisionedReadCapacityUnits", TableName="bounded") is None
        assert seen.minutes("OnDemandMaxReadRequestUnits", TableName="bounded")[first] == 50
        assert seen.total("OnDemandMaxWriteRequestUnits", TableName="bounded") is None
        assert seen.minutes("AccountProvisionedReadCapacityUtilization")[first] == 100 * 8 / 80_000
        assert seen.minutes("MaxProvisionedTableWriteCapacityUtilization")[first] == 100 * 4 / 40_000
        usage = {dict(each.dimensions)["Resource"]: each for each in bench.store.metrics("AWS/Usage")}
        assert set(usage) == set(names.USAGE)
        tables = bench.store.read(usage["TableCount"], int(first), int(first) + 60, 60)
        assert [point.max for _, point in tables] == [3]

    with_bench(body)


def test_totals_only_grow(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        expected = 0
        for number in range(5):
            for meter in bench.meters:
                meter.reads("orders", 2)
                expected += 1
            assert bench.collector.totals()[1, "orders"][2] == expected
            bench.tick(MINUTE if number % 2 else 0)
            await bench.collector.collect()
            assert bench.collector.totals()[1, "orders"][2] == expected

    with_bench(body)


def test_without_books_minutes_end_by_the_clock(with_bench: With) -> None:
    async def body(bench: Bench) -> None:
        collector = Collector(bench.database, bench.store, None)
        closed: list[int] = []
        collector.on_closed.append(closed.append)
        bench.clock.advance(MINUTE)
        await collector.collect()
        assert closed == [NOON + MINUTE]
        assert (bench.seen().points, collector.totals()) == ({}, {})

    with_bench(body)


def test_minutes_close_while_old_points_are_put_together(
    with_bench: With, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def body(bench: Bench) -> None:
        begun: list[float] = []

        async def trim(_: MetricsStore, now: float) -> None:
            begun.append(now)
            await asyncio.Event().wait()

        monkeypatch.setattr(MetricsStore, "trim", trim)
        bench.database.monitoring = monitoring = Monitoring(bench.database, None)
        closed = asyncio.Event()
        monitoring.on_closed.append(lambda _: closed.set())
        job = asyncio.create_task(collect_metrics(bench.database))
        async with asyncio.timeout(PATIENCE_SECONDS):
            await asyncio.sleep(0)  # It reads the clock.
            bench.clock.advance(300)
            while not begun:
                await asyncio.sleep(0.001)
            closed.clear()
            bench.clock.advance(MINUTE)
            await closed.wait()
        assert begun == [NOON + 300]
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)

    with_bench(body)


def test_every_name_is_published_in_one_way() -> None:
    published = [name for row in names.ROWS for name in (row.name, *row.aliases)]
    assert len(set(published)) == len(published)
    assert not set(published) & set(names.NEVER)
    assert all(
        names.BY_NAME[name]
        for pair in names.DIRECTIONS
        for cause in names.CAUSES
        for name in names.throttle_names(pair, cause)
    )
