"""What a server has measured of itself, read from its data once it has stopped; and a clock for meters."""

from pathlib import Path
from typing import NamedTuple

from stator.monitoring.metrics.points import Metric, Point, added, metric
from stator.monitoring.metrics.store import MetricsStore
from stator.storage.open import open_engine

_FOR_EVER = 4_000_000_000


class Hand:
    """A clock that a test moves."""

    def __init__(self, now: float) -> None:
        self._now = now

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class Seen(NamedTuple):
    """The points of all metrics of AWS/DynamoDB, by minute."""

    points: dict[Metric, list[tuple[int, Point]]]

    def total(self, name: str, **dimensions: str) -> Point | None:
        """The point of all minutes; None if there is none."""
        points = self.points.get(metric("AWS/DynamoDB", name, dimensions), [])
        return added(point for _, point in points) if points else None

    def sum(self, name: str, **dimensions: str) -> float | None:
        """The sum of all minutes; None if there is no point."""
        total = self.total(name, **dimensions)
        return None if total is None else total.sum

    def samples(self, name: str, **dimensions: str) -> float | None:
        """The number of samples of all minutes; None if there is no point."""
        total = self.total(name, **dimensions)
        return None if total is None else total.samples

    def minutes(self, name: str, **dimensions: str) -> dict[int, float]:
        """The sum of each minute that has a point."""
        return {
            time: point.sum for time, point in self.points.get(metric("AWS/DynamoDB", name, dimensions), [])
        }


def seen_in(store: MetricsStore) -> Seen:
    """What is in a store."""
    return Seen({each: store.read(each, 0, _FOR_EVER, 60) for each in store.metrics("AWS/DynamoDB")})


def seen(data: Path) -> Seen:
    """What is in the data directory of a server that has stopped."""
    engine = open_engine(data)
    try:
        return seen_in(MetricsStore(engine))
    finally:
        engine.close()
