"""What several operations on metrics have in common: how they name a metric, a period and a time."""

from math import ceil, floor
from typing import Any, Final

from stator.monitoring.metrics.points import Metric
from stator.monitoring.metrics.rows import FIVE_MINUTES, HOUR, MINUTE
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.services import ServiceCall, ServiceError

SHORT_PERIODS: Final = (1, 5, 10, 20, 30)
"""The periods of less than a minute, seconds."""

_DAY: Final = 86_400
# Up to which age a query's start is rounded down to what. Source: StartTime of GetMetricStatistics.
_ROUNDING: Final = ((15 * _DAY, MINUTE), (63 * _DAY, FIVE_MINUTES))


def invalid_value(message: str) -> ServiceError:
    """The error of the older operations for a parameter that cannot be."""
    return ServiceError("InvalidParameterValueException", message)


def invalid_combination(message: str) -> ServiceError:
    """The error of the older operations for parameters that cannot be together."""
    return ServiceError("InvalidParameterCombinationException", message)


def validation(message: str) -> ServiceError:
    """The error of the newer operations."""
    return ServiceError("ValidationException", message)


def store_of(call: ServiceCall) -> MetricsStore:
    """Where metrics are kept."""
    store: MetricsStore = call.database.monitoring.metrics
    return store


def shown(metric: Metric) -> dict[str, Any]:
    """A metric as the API has it."""
    dimensions = [{"Name": name, "Value": value} for name, value in metric.dimensions]
    return {"Namespace": metric.namespace, "MetricName": metric.name, "Dimensions": dimensions}


def period_fault(path: str, period: int) -> str | None:
    """What is wrong with a period at `path`, if anything."""
    if period < MINUTE and period not in SHORT_PERIODS:
        words = ", ".join(map(str, SHORT_PERIODS))
        return f"The parameter {path} must be a value in the set [ {words} ]."
    if period >= MINUTE and period % MINUTE:
        return f"The parameter {path} must be a multiple of 60."
    return None


def rounded_start(start: float, period: int, now: float) -> int:
    """When a query of a period begins that is to begin at `start`: rounded down, further with its age."""
    age = now - start
    unit = next((unit for limit, unit in _ROUNDING if age <= limit), HOUR)
    if period < MINUTE:
        unit = period
    return floor(start / unit) * unit


def rounded_end(end: float) -> int:
    """The first whole second that is not before `end`."""
    return ceil(end)
