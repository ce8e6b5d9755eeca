"""The store of metrics: what was measured, for as long as CloudWatch keeps it, and reading it back.

Points of one metric, unit and minute are added up, whoever puts them and however often. As they grow old they
are put together (`stator.monitoring.metrics.retention`): nothing is counted twice, since a point lies at one
resolution at a time, and a read adds up those that its period is a multiple of. What has been put together
coarser than a period is therefore not seen with it, as in CloudWatch.

Data of different units is separate; who asks without a unit is given all of it together.
"""

from collections.abc import Iterable, Iterator

from stator.monitoring.metrics import directory, retention
from stator.monitoring.metrics.distribution import one, together
from stator.monitoring.metrics.points import Metric, Point, Sample
from stator.monitoring.metrics.rows import (
    MINUTE,
    RESOLUTIONS,
    SECOND,
    UNIT_CODES,
    UNITS,
    decode_point,
    encode_point,
    point_key,
    points_start,
    time_and_unit,
)
from stator.storage.engine import Engine, Transaction
from stator.tables import slices
from stator.tables.keyspace import METRICS

_Place = tuple[Metric, int, int]  # and the time, and the unit's code


class MetricsStore:
    """The metrics in an engine's space METRICS."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    # Writing

    def put(self, transaction: Transaction, samples: Iterable[Sample], *, resolution: int = MINUTE) -> None:
        """Add points to what is there of the same metric, unit and minute (or second: `resolution` 1)."""
        places: dict[_Place, list[Point]] = {}
        times: dict[Metric, tuple[int, int]] = {}
        for metric, unit, time, point in samples:
            time -= time % resolution
            places.setdefault((metric, time, UNIT_CODES[unit]), []).append(point)
            first, last = times.get(metric, (time, time))
            times[metric] = min(first, time), max(last, time)
        ids = directory.seen(transaction, times)
        keys = [point_key(resolution, ids[metric], time, unit) for metric, time, unit in places]
        rows = transaction.get_many(METRICS, keys)
        for key, row, points in zip(keys, rows, places.values(), strict=True):
            if row is not None:
                points.append(decode_point(row))
            transaction.put(METRICS, key, encode_point(together(points)))

    async def add(self, samples: Iterable[Sample], *, seconds: Iterable[Sample] = ()) -> None:
        """The same in a transaction of its own; `seconds` are samples of seconds. Raises StorageError."""
        by_resolution = ((MINUTE, list(samples)), (SECOND, list(seconds)))

        def body(transaction: Transaction) -> None:
            for resolution, some in by_resolution:
                self.put(transaction, some, resolution=resolution)

        await self._engine.write(body)

    # Reading

    def read(
        self, metric: Metric, start: int, end: int, period: int, unit: str | None = None
    ) -> list[tuple[int, Point]]:
        """The points of a metric in each `period` (seconds) from `start` to before `end`, ascending.

        Each with the time at which its period begins; periods without data are left out. The periods begin
        at `start`, so they lie at multiples of `period` since the epoch if `start` does.
        """
        periods: dict[int, list[Point]] = {}
        for time, found, point in self._points(metric, start, end, period):
            if unit is None or UNITS[found] == unit:
                periods.setdefault(start + (time - start) // period * period, []).append(point)
        return [(time, one(periods[time])) for time in sorted(periods)]

    def read_units(
        self, metric: Metric, start: int, end: int, period: int
    ) -> dict[str, list[tuple[int, Point]]]:
        """The same, separately for each unit that there is."""
        units = {unit for _, unit, _ in self._points(metric, start, end, period)}
        return {UNITS[unit]: self.read(metric, start, end, period, UNITS[unit]) for unit in sorted(units)}

    def _points(self, metric: Metric, start: int, end: int, period: int) -> Iterator[tuple[int, int, Point]]:
        """Everything that a period may be made of: time, the unit's code, point."""
        reader = self._engine.reader
        entry = directory.find(reader, metric)
        if entry is None:
            return
        for resolution in RESOLUTIONS:
            if period % resolution == 0:
                bounds = (points_start(resolution, entry.id, time) for time in (start, end))
                for key, row in slices.rows(reader, METRICS, *bounds):
                    yield *time_and_unit(key), decode_point(row)

    def metrics(self, namespace: str | None = None, name: str | None = None) -> Iterator[Metric]:
        """All metrics, or those of a namespace, or of a name in a namespace."""
        return (known.metric for known in self.known(namespace, name))

    def known(
        self, namespace: str | None = None, name: str | None = None, *, after: bytes = b""
    ) -> Iterator[directory.Known]:
        """The same with what is kept of each; only those after the key `after`."""
        return directory.known(self._engine.reader, namespace, name, after=after)

    # Growing old

    async def trim(self, now: float) -> None:
        """Put together and forget what is too old at `now`, in small transactions. Raises StorageError."""
        await retention.trim(self._engine, int(now))
