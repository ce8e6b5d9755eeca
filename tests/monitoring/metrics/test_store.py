"""The store of metrics: points are added up, kept, put together as they grow old, and forgotten at last.

On both engines: SQLite in a directory, and memory.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random

import pytest

from stator.monitoring.metrics import retention
from stator.monitoring.metrics.points import Metric, Point, Sample, added, metric, of_values
from stator.monitoring.metrics.rows import UNIT_CODES, UNITS
from stator.monitoring.metrics.statistics import statistic
from stator.monitoring.metrics.store import MetricsStore
from stator.storage.engine import Engine
from stator.storage.open import open_engine
from stator.tables.keyspace import METRICS

DAY = 86_400
NOW = 1_800_000_000
HOUR = NOW - NOW % 3_600
LATENCY = metric("AWS/DynamoDB", "SuccessfulRequestLatency", {"TableName": "t", "Operation": "GetItem"})
READS = metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": "t"})


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[tuple[Engine, MetricsStore]]:
    engine = open_engine(data)
    try:
        yield engine, MetricsStore(engine)
    finally:
        await engine.aclose()


@pytest.fixture(params=["memory", "sqlite"])
def with_store(
    request: pytest.FixtureRequest, tmp_path: Path
) -> Callable[[Callable[[MetricsStore], Awaitable[None]]], None]:
    """Runs a test's body with a store of its own."""

    def run(body: Callable[[MetricsStore], Awaitable[None]]) -> None:
        async def main() -> None:
            async with opened(tmp_path if request.param == "sqlite" else None) as (_, store):
                await body(store)

        asyncio.run(main())

    return run


def sample(of: Metric, time: int, *values: float, unit: str = "Count") -> Sample:
    counted: dict[float, float] = {}
    for value in values:
        counted[value] = counted.get(value, 0.0) + 1.0
    return Sample(of, unit, time, of_values(counted))


def test_points_of_a_minute_are_added_up(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        await store.add([sample(READS, HOUR, 1, 2), sample(READS, HOUR + 60, 7), sample(LATENCY, HOUR, 0.25)])
        await store.add([sample(READS, HOUR + 59, 2, 5)])
        assert store.read(READS, HOUR, HOUR + 120, 60) == [
            (HOUR, of_values({1: 1, 2: 2, 5: 1})),
            (HOUR + 60, of_values({7: 1})),
        ]
        assert store.read(LATENCY, HOUR, HOUR + 60, 60) == [(HOUR, of_values({0.25: 1}))]
        assert store.read(metric("AWS/DynamoDB", "ConsumedReadCapacityUnits"), HOUR, HOUR + 60, 60) == []

    with_store(body)


def test_a_period_begins_inclusive_and_ends_exclusive(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        await store.add(sample(READS, HOUR + 60 * minute, minute) for minute in range(10))
        found = store.read(READS, HOUR + 60, HOUR + 480, 180)
        assert [(time - HOUR, point.sum) for time, point in found] == [
            (60, 1 + 2 + 3),
            (240, 4 + 5 + 6),
            (420, 7),
        ]

    with_store(body)


def test_units_are_separate_data(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        await store.add([sample(LATENCY, HOUR, 3, unit="Seconds"), sample(LATENCY, HOUR, 40, unit="Bytes")])
        assert store.read(LATENCY, HOUR, HOUR + 60, 60, "Seconds") == [(HOUR, of_values({3: 1}))]
        assert store.read(LATENCY, HOUR, HOUR + 60, 60, "Count") == []
        assert store.read(LATENCY, HOUR, HOUR + 60, 60) == [(HOUR, of_values({3: 1, 40: 1}))]
        assert store.read_units(LATENCY, HOUR, HOUR + 60, 60) == {
            "Seconds": [(HOUR, of_values({3: 1}))],
            "Bytes": [(HOUR, of_values({40: 1}))],
        }

    with_store(body)


def test_what_is_known_of_metrics(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        other, third = metric("shop", "Orders"), metric("shop", "OrdersLost", {"z": "1", "a": "2"})
        await store.add([sample(READS, HOUR, 1), sample(other, HOUR, 1), sample(third, HOUR + 120, 1)])
        await store.add([sample(other, HOUR - 60, 1), sample(third, HOUR + 3600, 1)])
        assert set(store.metrics()) == {READS, other, third}
        assert list(store.metrics("shop")) == [other, third]
        assert list(store.metrics("shop", "Orders")) == [other]
        assert list(store.metrics("sho")) == []
        known = list(store.known("shop"))
        assert [(row.entry.first - HOUR, row.entry.last - HOUR) for row in known] == [(-60, 0), (120, 3600)]
        assert list(store.known("shop", after=known[0].key)) == known[1:]
        assert len({row.entry.id for row in store.known()}) == 3

    with_store(body)


def test_statistic_sets_keep_their_sums_and_lose_the_distribution(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        set_ = Point(3, 12, 1, 9)
        await store.add([Sample(READS, "Count", HOUR, set_), sample(LATENCY, HOUR, 5)])
        assert store.read(READS, HOUR, HOUR + 60, 60) == [(HOUR, set_)]
        await store.add([sample(READS, HOUR, 20)])
        assert store.read(READS, HOUR, HOUR + 60, 60) == [(HOUR, Point(4, 32, 1, 20))]

    with_store(body)


def test_many_values_are_bounded_and_percentiles_stay_good(with_store) -> None:
    """Ten thousand latencies, put in a hundred times as a minute goes by."""
    random = Random(7)
    values = [random.lognormvariate(1, 1) for _ in range(10_000)]

    async def body(store: MetricsStore) -> None:
        for start in range(0, len(values), 100):
            await store.add([sample(LATENCY, HOUR, *values[start : start + 100])])
        [(_, point)] = store.read(LATENCY, HOUR, HOUR + 60, 60)
        assert point.values is not None
        assert len(point.values) < 600
        assert (point.samples, point.min, point.max) == (len(values), min(values), max(values))
        assert point.sum == pytest.approx(sum(values))
        assert sum(point.values.values()) == len(values)
        ordered = sorted(values)
        for percent in (1, 10, 50, 90, 99, 99.9):
            exact = ordered[int(len(values) * percent / 100) - 1]
            assert statistic(point, f"p{percent}") == pytest.approx(exact, rel=0.021)

    with_store(body)


def everything(store: MetricsStore, period: int) -> Point:
    start = HOUR - 500 * DAY
    return added(point for _, point in store.read(READS, start - start % period, HOUR + DAY, period))


def test_growing_old(with_store) -> None:
    """Sums stay as periods grow coarser; what is finer than is kept is not seen; at last nothing is left."""
    times = [HOUR - 60 * 97 * number for number in range(250)]  # nearly 17 days

    async def body(store: MetricsStore) -> None:
        await store.add(sample(READS, time, number % 7) for number, time in enumerate(times))
        before = everything(store, 3_600)
        for now, finest in ((HOUR, 60), (HOUR + 20 * DAY, 300), (HOUR + 100 * DAY, 3_600)):
            await store.trim(now)
            assert everything(store, 3_600) == before
            assert everything(store, finest).samples <= before.samples
            old = store.read(READS, times[-1] - times[-1] % 3_600, times[-1] + 60, 60)
            assert old == []
        assert store.read(READS, HOUR - 20 * DAY, HOUR + 60, 300) == []
        await store.trim(HOUR + 456 * DAY + 3_600)
        assert list(store.metrics()) == []
        ids = set()
        await store.add([sample(READS, HOUR, 1)])
        ids |= {known.entry.id for known in store.known()}
        assert ids == {2}, "an id is not used again"

    with_store(body)


def test_seconds_become_minutes(with_store) -> None:
    async def body(store: MetricsStore) -> None:
        seconds = [sample(READS, HOUR + 7, 1), sample(READS, HOUR + 7, 2), sample(READS, HOUR + 31, 4)]
        await store.add([sample(READS, HOUR, 8)], seconds=seconds)
        by_ten = store.read(READS, HOUR, HOUR + 60, 10)
        assert [(time - HOUR, point.sum) for time, point in by_ten] == [(0, 3), (30, 4)]
        assert [point.sum for _, point in store.read(READS, HOUR, HOUR + 60, 60)] == [15]
        await store.trim(HOUR + 4 * 3_600)
        assert store.read(READS, HOUR, HOUR + 60, 10) == []
        assert [point.sum for _, point in store.read(READS, HOUR, HOUR + 60, 60)] == [15]

    with_store(body)


def test_a_put_that_fails_leaves_nothing() -> None:
    async def main() -> None:
        async with opened(None) as (engine, store):

            def body(transaction) -> None:
                store.put(transaction, [sample(READS, HOUR, 1)])
                raise RuntimeError("the caller's own reason")

            with pytest.raises(RuntimeError):
                await engine.write(body)
            assert list(store.metrics()) == []
            assert engine.reader.scan(METRICS, b"\0", None, limit=1) == []

    asyncio.run(main())


def test_retention_is_what_cloudwatch_promises() -> None:
    assert [(kept.resolution, kept.seconds) for kept in retention.RETENTION] == [
        (1, 3 * 3_600),
        (60, 15 * DAY),
        (300, 63 * DAY),
        (3_600, 455 * DAY),
    ]


def test_units_are_those_of_the_model() -> None:
    import botocore.session

    model = botocore.session.get_session().get_service_model("cloudwatch")
    assert set(UNITS) == set(model.shape_for("StandardUnit").enum)
    assert UNIT_CODES["None"] == 0


def test_nothing_is_lost_or_counted_twice_whenever_it_is_trimmed(with_store) -> None:
    """Months of points of several metrics and units, put in any order between trims of any age."""
    random = Random(11)
    known = [metric("shop", f"m{number}", {"Store": str(number)}) for number in range(30)]
    oracle: dict[tuple[Metric, str, int], float] = {}

    async def body(store: MetricsStore) -> None:
        now = HOUR
        for _ in range(12):
            samples = []
            for _ in range(150):
                of, unit = random.choice(known), random.choice(("Count", "Bytes"))
                time = now - 60 * random.randrange(14 * 1_440)
                value = float(random.randrange(100))
                samples.append(sample(of, time, value, unit=unit))
                place = of, unit, time - time % 3_600
                oracle[place] = oracle.get(place, 0.0) + value
            await store.add(samples)
            now += random.randrange(10 * DAY)
            await store.trim(now)
            found = {
                (of, unit, time): point.sum
                for of in known
                for unit, points in store.read_units(of, HOUR - 20 * DAY, now + DAY, 3_600).items()
                for time, point in points
            }
            assert found == oracle
        assert all(not store.read(of, HOUR - 20 * DAY, now - 64 * DAY, 300) for of in known)

    with_store(body)
