"""GetMetricStatistics: statistics of one metric."""

from math import ceil
from typing import Any, Final

from stator.base.pace import Pace
from stator.monitoring.metrics.members import metric_of
from stator.monitoring.metrics.points import Metric, Point
from stator.monitoring.metrics.retention import oldest
from stator.monitoring.metrics.statistics import is_extended, statistic
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.cloudwatch.metric_parameters import (
    invalid_combination,
    invalid_value,
    period_fault,
    rounded_end,
    rounded_start,
    store_of,
)
from stator.operations.cloudwatch.reading import steps
from stator.operations.services import CLOUDWATCH, ServiceCall, service_operation

_DATAPOINTS_MAX: Final = 1_440


@service_operation(CLOUDWATCH, "GetMetricStatistics")
async def get_metric_statistics(call: ServiceCall, request: dict[str, Any]) -> dict[str, Any]:
    """Statistics of one metric in each period, in the order of time."""
    store = store_of(call)
    _check(request)
    period, now = request["Period"], call.database.clock.now()
    start = rounded_start(request["StartTime"], period, now)
    end = rounded_end(request["EndTime"])
    asked = ceil((end - start) / period)
    if asked > _DATAPOINTS_MAX:
        raise invalid_combination(
            f"You have requested up to {asked} datapoints, which exceeds the limit of {_DATAPOINTS_MAX}."
            " You may reduce the datapoints requested by increasing Period, or decreasing the time range."
        )
    metric = metric_of(request)
    start += -(-max(oldest(period, int(now)) - start, 0) // period) * period
    points = await _points(store, metric, start, end, period, request.get("Unit"))
    datapoints = (_datapoint(request, time, unit, point) for time, unit, point in points)
    return {
        "Label": request["MetricName"],
        "Datapoints": [datapoint for datapoint in datapoints if datapoint is not None],
    }


def _check(request: dict[str, Any]) -> None:
    """Raises ServiceError."""
    if request["StartTime"] >= request["EndTime"]:
        raise invalid_value("The parameter StartTime must be less than the parameter EndTime.")
    fault = period_fault("Period", request["Period"])
    if fault:
        raise invalid_value(fault)
    if not request.get("Statistics") and not request.get("ExtendedStatistics"):
        raise invalid_combination(
            "At least one of the parameters Statistics and ExtendedStatistics must be specified."
        )
    for number, name in enumerate(request.get("ExtendedStatistics", ()), 1):
        if not is_extended(name):
            raise invalid_value(
                f"The value for parameter ExtendedStatistics.member.{number} is not a valid statistic."
            )


async def _points(
    store: MetricsStore, metric: Metric, start: int, end: int, period: int, unit: str | None
) -> list[tuple[int, str, Point]]:
    """The points of each unit, or of one, ascending."""
    found: list[tuple[int, str, Point]] = []
    async for begin, stop in steps(start, end, period, Pace()):
        for there, points in store.read_units(metric, begin, stop, period).items():
            if unit in (None, there):
                found += ((time, there, point) for time, point in points)
    return sorted(found, key=lambda one: one[0])


def _datapoint(request: dict[str, Any], time: int, unit: str, point: Point) -> dict[str, Any] | None:
    """What was asked for of a point; None if nothing of that is known."""
    standard = _known(point, request.get("Statistics", ()))
    extended = _known(point, request.get("ExtendedStatistics", ()))
    if not standard and not extended:
        return None
    datapoint = {"Timestamp": float(time), **standard, "Unit": unit}
    return datapoint | {"ExtendedStatistics": extended} if extended else datapoint


def _known(point: Point, names: list[str]) -> dict[str, float]:
    found = {name: statistic(point, name) for name in names}
    return {name: value for name, value in found.items() if value is not None}
