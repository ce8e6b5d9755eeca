"""Functions that choose among the time series of an array."""

from math import isfinite
from typing import Final

from stator.monitoring.metrics.math.aggregates import of_series
from stator.monitoring.metrics.math.values import Context, Keyword, MathError, Series, Value

_SORTED_BY: Final = frozenset({"AVG", "MIN", "MAX", "SUM"})
_ORDERS: Final = {"ASC": 1.0, "DESC": -1.0}


def first(context: Context, array: tuple[Series, ...]) -> Value:
    """The first one; without values if there is none."""
    return array[0] if array else Series({}, context.period)


def last(context: Context, array: tuple[Series, ...]) -> Value:
    """The last one; without values if there is none."""
    return array[-1] if array else Series({}, context.period)


def remove_empty(_: Context, array: tuple[Series, ...]) -> Value:
    """Those that have values."""
    return tuple(series for series in array if series.points)


def slice_(_: Context, array: tuple[Series, ...], start: float, end: float | None = None) -> Value:
    """Those from number `start` to before number `end`, counted from 0."""
    return array[_place(start) : None if end is None else _place(end)]


def sort(
    _: Context, array: tuple[Series, ...], by: Keyword, order: Keyword, limit: float | None = None
) -> Value:
    """In the order of an aggregate; those without values last."""
    if by.name not in _SORTED_BY or order.name not in _ORDERS:
        raise MathError(f"Unsupported options for SORT: '[{by.name}, {order.name}]'")
    sign = _ORDERS[order.name]
    ordered = sorted(
        array,
        key=lambda series: (not series.points, sign * of_series(by.name, series) if series.points else 0.0),
    )
    return tuple(ordered[: None if limit is None else _place(limit)])


def _place(number: float) -> int:
    if not isfinite(number):
        raise MathError("The place of a time series must be a number")
    return max(int(number), 0)
