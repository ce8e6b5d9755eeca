"""From books to stored metrics: each count exactly once, whoever dies when, and whatever is refused."""

import asyncio
import itertools
from typing import Any

import pytest

from harness.collecting import MINUTE, NOON, Bench, With
from harness.wire import PATIENCE_SECONDS
from stator.base.errors import StorageFull
from stator.monitoring.metrics import collector, names
from stator.monitoring.metrics.points import metric
from stator.tables.book import CLOSED, FREE
from stator.tables.meter import USER_ERRORS, Meter


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
