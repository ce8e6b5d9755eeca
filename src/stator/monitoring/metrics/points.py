"""What is known of a metric in a period: a point, and how points are added up.

A point is what CloudWatch calls a statistic set, with the values it was made of as far as they are known:
percentiles need them. Adding points up loses nothing but the order.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

Dimensions = tuple[tuple[str, str], ...]


class Metric(NamedTuple):
    """A metric's identity. `dimensions` are pairs of name and value, sorted by name."""

    namespace: str
    name: str
    dimensions: Dimensions = ()


class Point(NamedTuple):
    """Values of a metric in one period: how many, and what they come to.

    `values` maps each value to how often it was there; None if only the sums are known.
    """

    samples: float
    sum: float
    min: float
    max: float
    values: Mapping[float, float] | None = None


class Sample(NamedTuple):
    """A point of a metric in the minute that begins at `minute`, seconds since the epoch."""

    metric: Metric
    unit: str
    minute: int
    point: Point


def metric(namespace: str, name: str, dimensions: Mapping[str, str] | None = None) -> Metric:
    """A metric, its dimensions in any order."""
    return Metric(namespace, name, tuple(sorted((dimensions or {}).items())))


def of_values(values: Mapping[float, float]) -> Point:
    """The point of at least one value; `values` says how often each was there."""
    return Point(
        sum(values.values()),
        sum(value * count for value, count in values.items()),
        min(values),
        max(values),
        values,
    )


def added(points: Iterable[Point]) -> Point:
    """One point of at least one; values are lost if those of any are unknown."""
    samples = total = 0.0
    low, high = float("inf"), float("-inf")
    values: dict[float, float] | None = {}
    for point in points:
        samples += point.samples
        total += point.sum
        low, high = min(low, point.min), max(high, point.max)
        if values is None or point.values is None:
            values = None
            continue
        for value, times in point.values.items():
            values[value] = values.get(value, 0.0) + times
    return Point(samples, total, low, high, values)
