"""Reading much of the store of metrics beside requests that need little: in steps, with rests between."""

from collections.abc import AsyncIterator
from itertools import islice
from typing import Final

from stator.base.pace import Pace
from stator.monitoring.metrics.directory import Known
from stator.monitoring.metrics.math import MetricStat, Window
from stator.monitoring.metrics.store import MetricsStore

_STEP_SECONDS: Final = 1_000 * 60  # of the range of a step: a thousand points, or a few milliseconds
_STEP_METRICS: Final = 250


async def steps(start: int, end: int, period: int, pace: Pace) -> AsyncIterator[tuple[int, int]]:
    """Parts of a range, each of whole periods. What is done with one must not await."""
    length = max(period, _STEP_SECONDS // period * period)
    for begin in range(start, end, length):
        with pace.step():
            yield begin, min(begin + length, end)
        await pace.rest()


async def values_of(
    store: MetricsStore, stat: MetricStat, window: Window, pace: Pace
) -> tuple[dict[int, float], int]:
    """The values of a statistic in a window, by time, and of how many points. Raises StorageError."""
    values: dict[int, float] = {}
    read = 0
    async for begin, stop in steps(window.first(stat.period), window.end, stat.period, pace):
        points = store.read(stat.metric, begin, stop, stat.period, stat.unit)
        read += len(points)
        values |= stat.values(points)
    return values, read


async def walk(
    store: MetricsStore, namespace: str | None = None, name: str | None = None, after: bytes = b""
) -> AsyncIterator[list[Known]]:
    """What `MetricsStore.known` gives, some at a time."""
    pace = Pace()
    while True:
        with pace.step():
            some = list(islice(store.known(namespace, name, after=after), _STEP_METRICS))
        if some:
            yield some
        if len(some) < _STEP_METRICS:
            return
        after = some[-1].key
        await pace.rest()
