"""Functions that make one number of a time series, or one time series of an array.

AVG and SUM of an array take a missing value for 0, MIN, MAX, STDDEV and DATAPOINT_COUNT leave it out. A
number that a time series without values does not have is NaN, and what is computed with it is left out.
"""

from collections.abc import Callable, Sequence
from statistics import fmean, pstdev
from typing import Final, NamedTuple

from stator.monitoring.metrics.math.operators import numeric
from stator.monitoring.metrics.math.values import Context, Series, Value, all_times

_NONE: Final = float("nan")


class Aggregate(NamedTuple):
    """What some numbers come to; `empty` is what none come to, `fills` whether a missing one is 0."""

    body: Callable[[Sequence[float]], float]
    empty: float = _NONE
    fills: bool = False


BODIES: Final[dict[str, Aggregate]] = {
    "AVG": Aggregate(fmean, fills=True),
    "DATAPOINT_COUNT": Aggregate(lambda values: float(len(values)), empty=0.0),
    "MAX": Aggregate(max),
    "MIN": Aggregate(min),
    "STDDEV": Aggregate(pstdev),
    "SUM": Aggregate(sum, empty=0.0, fills=True),
}


def of_series(name: str, series: Series) -> float:
    """The number that all values of a time series come to."""
    aggregate_ = BODIES[name]
    values = list(series.points.values())
    return aggregate_.body(values) if values else aggregate_.empty


def aggregate(of: Aggregate) -> Callable[..., Value]:
    """The function of metric math."""

    def body(context: Context, value: Series | tuple[Series, ...]) -> Value:
        if isinstance(value, Series):
            values = list(value.points.values())
            return of.body(values) if values else of.empty
        points = {time: of.body(_values(of, value, time)) for time in all_times(value)}
        period = min((series.period for series in value), default=context.period)
        return Series(numeric(points, context), period)

    return body


def _values(of: Aggregate, array: tuple[Series, ...], time: int) -> list[float]:
    if of.fills:
        return [series.points.get(time, 0.0) for series in array]
    return [series.points[time] for series in array if time in series.points]
