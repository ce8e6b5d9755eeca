"""CloudWatch's statistics: what is asked of a point.

    SampleCount Average Sum Minimum Maximum     from the sums
    p99 p99.9                                   a percentile
    tm90 TM(10%:90%) TM(150:1000)               the mean of what lies between two bounds; IQM is TM(25%:75%)
    wm98 WM(10%:90%)                            the mean, what lies outside being drawn to the bounds
    tc90 TC(…) ts90 TS(…)                       the number, and the sum, of what TM is the mean of
    PR(:300) PR(100:2000)                       the percentage of samples between two values

A bound that is a value is exclusive below and inclusive above. One that is a percentage cuts a share off the
samples in their order; it may cut through a sample, so counts can have fractions, as AWS says of TC. All but
the first row need the values (`Point.values`), and none of them negative. Without them a statistic is None,
but for a point whose samples are all alike. Source: "CloudWatch statistics definitions", user guide.
"""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from stator.monitoring.metrics.points import Point

Statistic = Callable[[Point], float | None]
_Samples = list[tuple[float, float]]  # values, ascending, each with how often it was there

STANDARD: Final[dict[str, Statistic]] = {
    "SampleCount": lambda point: point.samples,
    "Average": lambda point: point.sum / point.samples if point.samples else None,
    "Sum": lambda point: point.sum,
    "Minimum": lambda point: point.min,
    "Maximum": lambda point: point.max,
}

_NUMBER: Final = r"\d+(?:\.\d{0,10})?"
_PERCENTILE: Final = re.compile(rf"p({_NUMBER})", re.IGNORECASE)
_SHORT: Final = re.compile(rf"(tm|wm|tc|ts)({_NUMBER})", re.IGNORECASE)
_LONG: Final = re.compile(rf"(tm|wm|tc|ts|pr)\((?:({_NUMBER})(%?))?:(?:({_NUMBER})(%?))?\)", re.IGNORECASE)


class UnknownStatistic(ValueError):
    """There is no statistic of this name."""


class _Bounds(NamedTuple):
    """Between what a statistic looks at samples: shares from 0 to 1 if `shares`, else values."""

    low: float
    high: float
    shares: bool


def statistic(point: Point, name: str) -> float | None:
    """A statistic of a point, None where it is not known. Raises UnknownStatistic."""
    return parse(name)(point)


@lru_cache(maxsize=256)
def parse(name: str) -> Statistic:
    """The statistic of a name. Raises UnknownStatistic."""
    standard = STANDARD.get(name)
    if standard is not None:
        return standard
    if match := _PERCENTILE.fullmatch(name):
        return _percentile(_share(match[1]))
    if match := _SHORT.fullmatch(name):
        return _bounded(match[1], _Bounds(0.0, _share(match[2]), True))
    if name.lower() == "iqm":
        return _bounded("tm", _Bounds(0.25, 0.75, True))
    return _bounded(*_long(name))


def is_extended(name: str) -> bool:
    """Whether this is a statistic that is asked for as an extended one."""
    if name in STANDARD:
        return False
    try:
        parse(name)
    except UnknownStatistic:
        return False
    return True


def _share(percent: str) -> float:
    share = float(percent) / 100
    if share > 1:
        raise UnknownStatistic(percent)
    return share


def _long(name: str) -> tuple[str, _Bounds]:
    match = _LONG.fullmatch(name)
    if match is None or (match[2] is None and match[4] is None):
        raise UnknownStatistic(name)
    kind, low, low_percent, high, high_percent = match.groups()
    shares = bool(low_percent or high_percent)
    if shares and (kind.lower() == "pr" or (low and not low_percent) or (high and not high_percent)):
        raise UnknownStatistic(name)
    bound = _share if shares else float
    bounds = _Bounds(
        bound(low) if low else 0.0 if shares else float("-inf"),
        bound(high) if high else 1.0 if shares else float("inf"),
        shares,
    )
    if bounds.low >= bounds.high:
        raise UnknownStatistic(name)
    return kind, bounds


def _samples(point: Point) -> _Samples | None:
    """The samples in their order; None if they are not known."""
    if point.samples <= 0 or point.min < 0:
        return None
    if point.values is not None:
        return sorted(point.values.items())
    if point.samples == 1 or point.min == point.max:
        return [(point.max, point.samples)]
    return None


def _percentile(share: float) -> Statistic:
    def percentile(point: Point) -> float | None:
        """The smallest value that is not below this share of the samples."""
        samples = _samples(point)
        if samples is None:
            return None
        rank = share * sum(times for _, times in samples) * (1 - 1e-12)
        for value, times in samples:
            rank -= times
            if rank <= 0:
                return min(max(value, point.min), point.max)
        return point.max

    return percentile


def _bounded(kind: str, bounds: _Bounds) -> Statistic:
    measure = _MEASURES[kind.lower()]

    def between(point: Point) -> float | None:
        samples = _samples(point)
        return None if samples is None else measure(samples, bounds)

    return between


def _inside(samples: _Samples, bounds: _Bounds) -> Iterator[tuple[float, float]]:
    """The samples between the bounds."""
    if not bounds.shares:
        yield from ((value, times) for value, times in samples if bounds.low < value <= bounds.high)
        return
    all_ = sum(times for _, times in samples)
    begin, end = bounds.low * all_, bounds.high * all_
    passed = 0.0
    for value, times in samples:
        kept = min(passed + times, end) - max(passed, begin)
        if kept > 0:
            yield value, kept
        passed += times


def _count(samples: _Samples, bounds: _Bounds) -> float:
    return sum((times for _, times in _inside(samples, bounds)), 0.0)


def _sum(samples: _Samples, bounds: _Bounds) -> float:
    return sum((value * times for value, times in _inside(samples, bounds)), 0.0)


def _mean(samples: _Samples, bounds: _Bounds) -> float | None:
    count = _count(samples, bounds)
    return _sum(samples, bounds) / count if count else None


def _rank(samples: _Samples, bounds: _Bounds) -> float:
    return 100 * _count(samples, bounds) / sum(times for _, times in samples)


def _winsorized(samples: _Samples, bounds: _Bounds) -> float | None:
    inside = list(_inside(samples, bounds))
    all_ = sum(times for _, times in samples)
    if bounds.shares:
        if not inside:
            return None
        below, above = bounds.low * all_, (1 - bounds.high) * all_
        drawn = below * inside[0][0] + above * inside[-1][0]
        return (drawn + sum(value * times for value, times in inside)) / all_
    return sum(min(max(value, bounds.low), bounds.high) * times for value, times in samples) / all_


_MEASURES: Final[dict[str, Callable[[_Samples, _Bounds], float | None]]] = {
    "tm": _mean,
    "wm": _winsorized,
    "tc": _count,
    "ts": _sum,
    "pr": _rank,
}
