"""Labels of time series, with the variables that AWS calls dynamic labels put in.

    ${LABEL}  ${AVG} ${MAX_TIME} …  ${PROP('Dim.TableName')}

What there is no value for is left empty, and what is no variable of these stays as it is. Source: "Using
dynamic labels", user guide.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from statistics import fmean
from typing import Final

from stator.monitoring.metrics.math import MetricStat, Series
from stator.operations.cloudwatch.metric_parameters import validation
from stator.operations.services import ServiceCall

_VARIABLE: Final = re.compile(r"\$\{(?:([A-Z_]+)|PROP\('([^']*)'\))\}")
_ZONE: Final = re.compile(r"([+-])([0-9]{2}):?([0-9]{2})")
_DIMENSION: Final = "Dim."

_Points = Mapping[int, float]

_NUMBERS: Final[Mapping[str, Callable[[_Points], float]]] = {
    "AVG": lambda points: fmean(points.values()),
    "DATAPOINT_COUNT": len,
    "FIRST": lambda points: points[min(points)],
    "FIRST_LAST_RANGE": lambda points: points[max(points)] - points[min(points)],
    "LAST": lambda points: points[max(points)],
    "MAX": lambda points: max(points.values()),
    "MIN": lambda points: min(points.values()),
    "MIN_MAX_RANGE": lambda points: max(points.values()) - min(points.values()),
    "SUM": lambda points: sum(points.values()),
}
_TIMES: Final[Mapping[str, Callable[[_Points], int]]] = {
    "FIRST_TIME": min,
    "LAST_TIME": max,
    "MAX_TIME": lambda points: max(points, key=lambda time: points[time]),
    "MIN_TIME": lambda points: min(points, key=lambda time: points[time]),
}
_PROPERTIES: Final[Mapping[str, Callable[[MetricStat], str]]] = {
    "MetricName": lambda stat: stat.metric.name,
    "Namespace": lambda stat: stat.metric.namespace,
    "Period": lambda stat: str(stat.period),
    "Stat": lambda stat: stat.stat,
}


class Labels:
    """The labels of one request; `options` is its LabelOptions."""

    def __init__(self, call: ServiceCall, options: Mapping[str, str] | None) -> None:
        """Raises ServiceError."""
        self._account = {"AccountId": call.database.account, "Region": call.region}
        self._zone = _zone((options or {}).get("Timezone", "+0000"))

    def of(self, series: Series, default: str) -> str:
        """The label of a time series, which is called `default` if nothing is said."""
        if "${" not in series.label:
            return series.label

        def value(match: re.Match[str]) -> str:
            if match[2] is not None:
                return self._property(match[2], series.origin)
            if match[1] == "LABEL":
                return default
            found = self._variable(match[1], series.points)
            return match[0] if found is None else found

        return _VARIABLE.sub(value, series.label)

    def _variable(self, name: str, points: _Points) -> str | None:
        if name in _NUMBERS:
            return f"{_NUMBERS[name](points):.10g}" if points else ""
        if name in _TIMES:
            return f"{datetime.fromtimestamp(_TIMES[name](points), self._zone):%F %T %z}" if points else ""
        return None

    def _property(self, name: str, stat: MetricStat | None) -> str:
        if name in self._account:
            return self._account[name]
        if stat is None:
            return ""
        if name.startswith(_DIMENSION):
            return dict(stat.metric.dimensions).get(name.removeprefix(_DIMENSION), "")
        return _PROPERTIES[name](stat) if name in _PROPERTIES else ""


def _zone(text: str) -> tzinfo:
    match = _ZONE.fullmatch(text)
    if match is None or int(match[2]) > 23 or int(match[3]) > 59:
        raise validation(f"The value {text} for parameter LabelOptions.Timezone is invalid.")
    offset = timedelta(hours=int(match[2]), minutes=int(match[3]))
    return timezone(-offset if match[1] == "-" else offset) if offset else UTC
