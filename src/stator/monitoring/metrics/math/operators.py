"""The operators of metric math, on any two of number, time series and array of time series.

Where only one of two time series has a value, the other counts as 0. A value that is no number (a division by
zero, a logarithm of a negative number) is left out, and that is noted.
"""

import operator
from collections.abc import Callable, Mapping
from dataclasses import replace
from math import isfinite
from typing import Final

from stator.monitoring.metrics.math.values import (
    Context,
    MathError,
    Series,
    Value,
    all_times,
    type_of,
)

NON_NUMERIC: Final = "ArithmeticError"
"""The note of a result from which values that are no numbers were left out."""

Binary = Callable[[float, float], complex]  # a root of a negative number is no float
Unary = Callable[[float], float]

OPERATORS: Final[dict[str, Binary]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "==": lambda one, other: float(one == other),
    "!=": lambda one, other: float(one != other),
    "<": lambda one, other: float(one < other),
    "<=": lambda one, other: float(one <= other),
    ">": lambda one, other: float(one > other),
    ">=": lambda one, other: float(one >= other),
    "&&": lambda one, other: float(bool(one) and bool(other)),
    "||": lambda one, other: float(bool(one) or bool(other)),
}


def apply(symbol: str, left: Value, right: Value, context: Context) -> Value:
    """What an operator makes of two values. Raises MathError."""
    function = OPERATORS[symbol]
    match left, right:
        case tuple(), tuple() if len(left) == len(right):
            return tuple(
                _series(function, one, other, context) for one, other in zip(left, right, strict=True)
            )
        case tuple(), float() | Series():
            return tuple(_series(function, one, right, context) for one in left)
        case float() | Series(), tuple():
            return tuple(_series(function, left, one, context) for one in right)
        case float(), float():
            return _number(function, left, right)
        case float() | Series(), float() | Series():
            return _series(function, left, right, context)
    raise MathError(f"Unsupported operand type(s) for {symbol}: '[{type_of(left)}, {type_of(right)}]'")


def each(function: Unary, value: Value, context: Context) -> Value:
    """What a function makes of each value. Raises MathError."""
    match value:
        case tuple():
            return tuple(_mapped(function, one, context) for one in value)
        case Series():
            return _mapped(function, value, context)
        case float():
            return _number(lambda one, _: function(one), value, 0.0)
    raise MathError(f"Unsupported operand type: '[{type_of(value)}]'")


def numeric(points: Mapping[int, float], context: Context) -> Mapping[int, float]:
    """Without the values that are no numbers."""
    if all(map(isfinite, points.values())):
        return points
    context.notes.add(NON_NUMERIC)
    return {time: value for time, value in points.items() if isfinite(value)}


def _series(function: Binary, left: float | Series, right: float | Series, context: Context) -> Series:
    """One at least is a time series, and names the result."""
    series = [one for one in (left, right) if isinstance(one, Series)]
    points = {time: _number(function, _at(left, time), _at(right, time)) for time in all_times(series)}
    period = min(one.period for one in series)
    return replace(series[0], points=numeric(points, context), period=period)


def _mapped(function: Unary, series: Series, context: Context) -> Series:
    points = {
        time: _number(lambda one, _: function(one), value, 0.0) for time, value in series.points.items()
    }
    return series.of(numeric(points, context))


def _at(value: float | Series, time: int) -> float:
    return value if isinstance(value, float) else value.points.get(time, 0.0)


def _number(function: Binary, left: float, right: float) -> float:
    """A number, or NaN for what is none."""
    try:
        found = function(left, right)
    except (ArithmeticError, ValueError):
        return float("nan")
    return found if isinstance(found, float) else float("nan")
