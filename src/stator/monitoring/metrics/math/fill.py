"""FILL: values for the periods of a window in which a time series has none.

With a number, with the values of another time series, with the last one before (REPEAT), or on a line between
those at both sides (LINEAR). What has nothing before it, or beside it, stays without a value.
"""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

from stator.monitoring.metrics.math.values import Context, Keyword, MathError, Series, Value

_Points = dict[int, float]
_Filler = Callable[[int], float | None]


def fill(context: Context, value: Any, filler: float | Series | Keyword) -> Value:
    """What FILL gives."""
    array = value if isinstance(value, tuple) else (value,)
    filled = tuple(_filled(context, series, _filler(series, filler)) for series in array)
    return filled if isinstance(value, tuple) else filled[0]


def _filled(context: Context, series: Series, filler: _Filler) -> Series:
    points = dict(series.points)
    for time in context.window.times(series.period):
        if time not in points and (value := filler(time)) is not None:
            points[time] = value
    return series.of(dict(sorted(points.items())))


def _filler(series: Series, filler: float | Series | Keyword) -> _Filler:
    match filler:
        case Series():
            return filler.points.get
        case Keyword(name):
            if name not in _WAYS:
                raise MathError(f"Unsupported option for FILL: '{name}'")
            return _WAYS[name](series)
    return lambda _: filler


def _repeat(series: Series) -> _Filler:
    times = list(series.points)

    def before(time: int) -> float | None:
        place = bisect_left(times, time)
        return series.points[times[place - 1]] if place else None

    return before


def _linear(series: Series) -> _Filler:
    times = list(series.points)

    def between(time: int) -> float | None:
        place = bisect_left(times, time)
        if place in (0, len(times)):
            return None
        before, after = times[place - 1], times[place]
        low, high = series.points[before], series.points[after]
        return low + (high - low) * (time - before) / (after - before)

    return between


_WAYS: Final[dict[str, Callable[[Series], _Filler]]] = {"REPEAT": _repeat, "LINEAR": _linear}
