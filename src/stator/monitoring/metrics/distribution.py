"""The values of a point, kept within bounds: too many of them are put together in buckets.

A bucket spans about 2 % of its values, so a percentile is off by no more than that. A bucket stands at the
mean of what is in it: sums stay what they were, a value that is alone in its bucket stays exact, and
putting together what was put together before changes nothing.
"""

from collections.abc import Mapping, Sequence
from math import floor, log
from typing import Final

from stator.monitoring.metrics.points import Point, added

VALUES_MAX: Final = 150  # distinct values that are kept as they are; PutMetricData takes as many at once
_BUCKETS_MAX: Final = 1_000
_LOG_WIDTH: Final = log(1.02)


def one(points: Sequence[Point]) -> Point:
    """The point that some points come to, at least one."""
    return points[0] if len(points) == 1 else added(points)


def together(points: Sequence[Point]) -> Point:
    """The same, kept within bounds."""
    point = one(points)
    if point.values is None or len(point.values) <= VALUES_MAX:
        return point
    return point._replace(values=bounded(point.values))


def bounded(values: Mapping[float, float]) -> Mapping[float, float]:
    """The same distribution of at most `VALUES_MAX` values or `_BUCKETS_MAX` buckets."""
    if len(values) <= VALUES_MAX:
        return values
    width = _LOG_WIDTH
    while len(found := _buckets(values, width)) > _BUCKETS_MAX:
        width *= 2
    return found


def _buckets(values: Mapping[float, float], width: float) -> dict[float, float]:
    sums: dict[tuple[int, int], tuple[float, float]] = {}
    for value, times in values.items():
        bucket = _bucket(value, width)
        total, count = sums.get(bucket, (0.0, 0.0))
        sums[bucket] = (total + value * times, count + times)
    found: dict[float, float] = {}
    for total, count in sums.values():
        mean = total / count
        found[mean] = found.get(mean, 0.0) + count
    return found


def _bucket(value: float, width: float) -> tuple[int, int]:
    """A bucket's sign, and the number of its size."""
    if value == 0:
        return 0, 0
    return (1 if value > 0 else -1), floor(log(abs(value)) / width)
