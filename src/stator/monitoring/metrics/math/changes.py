"""Functions that give another value for each value of a time series."""

from collections.abc import Callable
from itertools import accumulate, pairwise
from math import ceil, floor, log, log10
from typing import Final

from stator.monitoring.metrics.math.values import Series as TimeSeries

EACH: Final[dict[str, Callable[[float], float]]] = {
    "ABS": abs,
    "CEIL": lambda value: float(ceil(value)),
    "FLOOR": lambda value: float(floor(value)),
    "LOG": log,
    "LOG10": log10,
}


def _pairs(
    body: Callable[[float, float, int], float],
) -> Callable[[TimeSeries], TimeSeries]:
    """From each value and the one before it, and the seconds between them; the first one has none."""

    def change(series: TimeSeries) -> TimeSeries:
        pairs = pairwise(series.points.items())
        return series.of(
            {time: body(value, earlier, time - before) for (before, earlier), (time, value) in pairs}
        )

    return change


def _running_sum(series: TimeSeries) -> TimeSeries:
    return series.of(dict(zip(series.points, accumulate(series.points.values()), strict=True)))


SERIES: Final[dict[str, Callable[[TimeSeries], TimeSeries]]] = {
    "DIFF": _pairs(lambda value, earlier, _: value - earlier),
    "DIFF_TIME": _pairs(lambda _, __, seconds: float(seconds)),
    "RATE": _pairs(lambda value, earlier, seconds: (value - earlier) / seconds),
    "RUNNING_SUM": _running_sum,
}
