"""The functions of metric math: what they take, and what they make of it.

A function that needs services which are not there (anomaly detection, insight rules, quotas) is refused by
name, so that nobody waits for its data.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stator.monitoring.metrics.math import aggregates, calendar, changes
from stator.monitoring.metrics.math.arrays import first, last, remove_empty, slice_, sort
from stator.monitoring.metrics.math.choice import choose
from stator.monitoring.metrics.math.fill import fill
from stator.monitoring.metrics.math.operators import each
from stator.monitoring.metrics.math.values import (
    ARRAY,
    KEYWORD,
    SCALAR,
    SERIES,
    STRING,
    Context,
    MathError,
    Series,
    Value,
    type_of,
)

_S: Final = frozenset({SCALAR})
_TS: Final = frozenset({SERIES})
_ARRAY: Final = frozenset({ARRAY})
_SERIES: Final = frozenset({SERIES, ARRAY})
_ONE: Final = frozenset({SCALAR, SERIES})
_ANY: Final = frozenset({SCALAR, SERIES, ARRAY})
_STRING: Final = frozenset({STRING})
_WORD: Final = frozenset({KEYWORD})


@dataclass(frozen=True, slots=True)
class Function:
    """A function: the types that each argument may have, how many may be left out, and what it does."""

    name: str
    signature: tuple[frozenset[str], ...]
    body: Callable[..., Value]
    optional: int = 0

    def call(self, arguments: Sequence[Value], context: Context) -> Value:
        """What it makes of arguments. Raises MathError."""
        types = [type_of(argument) for argument in arguments]
        least = len(self.signature) - self.optional
        fits = least <= len(types) <= len(self.signature) and all(
            type_ in allowed for type_, allowed in zip(types, self.signature, strict=False)
        )
        if not fits:
            raise MathError(f"Unsupported argument type(s) for {self.name}: '[{', '.join(types)}]'")
        return self.body(context, *arguments)


def _each(function: Callable[[float], float]) -> Callable[..., Value]:
    return lambda context, value: each(function, value, context)


def _per_series(function: Callable[[Series], Series]) -> Callable[..., Value]:
    def body(context: Context, value: Any) -> Value:
        return tuple(map(function, value)) if isinstance(value, tuple) else function(value)

    return body


def _metrics(context: Context, text: str = "") -> Value:
    return tuple(metric for metric in context.metrics if text in metric.id)


def _time_series(context: Context, value: float) -> Value:
    return Series(dict.fromkeys(context.window.times(context.period), value), context.period)


_LIST: Final = (
    *(Function(name, (_ANY,), _each(body)) for name, body in changes.EACH.items()),
    *(Function(name, (_SERIES,), _per_series(body)) for name, body in changes.SERIES.items()),
    *(Function(name, (_SERIES,), aggregates.aggregate(body)) for name, body in aggregates.BODIES.items()),
    *(Function(name, (_TS,), calendar.part(body)) for name, body in calendar.PARTS.items()),
    Function("METRICS", (_STRING,), _metrics, optional=1),
    Function("METRIC_COUNT", (_ARRAY,), lambda _, array: float(len(array))),
    Function("PERIOD", (_TS,), lambda _, series: float(series.period)),
    Function("TIME_SERIES", (_S,), _time_series),
    Function("FILL", (_SERIES, _ONE | _WORD), fill),
    Function("IF", (_ONE, _ONE, _ONE), choose, optional=1),
    Function("FIRST", (_ARRAY,), first),
    Function("LAST", (_ARRAY,), last),
    Function("REMOVE_EMPTY", (_ARRAY,), remove_empty),
    Function("SLICE", (_ARRAY, _S, _S), slice_, optional=1),
    Function("SORT", (_ARRAY, _WORD, _WORD, _S), sort, optional=1),
)
FUNCTIONS: Final[dict[str, Function]] = {function.name: function for function in _LIST}

FILLING: Final = frozenset({"FILL", "TIME_SERIES", *calendar.PARTS})
"""Functions whose results have a value in each period of a window, whatever there was before."""

SEARCH: Final = "SEARCH"
"""What it finds is known before anything is evaluated (`Plan.searches`)."""

REFUSED: Final = frozenset(
    {"ANOMALY_DETECTION_BAND", "DB_PERF_INSIGHTS", "INSIGHT_RULE_METRIC", "LAMBDA", "SERVICE_QUOTA"}
)
"""Functions of CloudWatch that are not there."""
