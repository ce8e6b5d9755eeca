"""From books to stored metrics: minutes, zeros, gauges and totals."""

import asyncio

import pytest

from harness.collecting import MINUTE, NOON, Bench, With
from harness.wire import PATIENCE_SECONDS
from stator.monitoring.metrics import names
from stator.monitoring.metrics.collector import RECENT_MINUTES, Collector
from stator.monitoring.metrics.store import MetricsStore
from stator.monitoring.monitoring import Monitoring
from stator.server.jobs.metrics import collect_metrics
from stator.tables.meter import CONDITION_FAILURES, THROTTLES, USER_ERRORS, name_of


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
