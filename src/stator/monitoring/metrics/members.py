"""Metrics and queries as requests have them: what operations on metrics, alarms and scaling share."""

from collections.abc import Mapping, Sequence
from typing import Any

from stator.monitoring.metrics.math.plan import Plan, Query
from stator.monitoring.metrics.math.values import MetricStat
from stator.monitoring.metrics.points import Metric, metric


def metric_of(given: Mapping[str, Any]) -> Metric:
    """The metric that the members Namespace, MetricName and Dimensions name."""
    dimensions = {row["Name"]: row["Value"] for row in given.get("Dimensions") or ()}
    return metric(given["Namespace"], given["MetricName"], dimensions)


def plan_of(queries: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan of MetricDataQueries. Raises ExpressionError."""
    return Plan([_query(query) for query in queries])


def watched(queries: Sequence[Mapping[str, Any]]) -> str:
    """The id of the query that alone returns data: what an alarm watches."""
    id_: str = next(query["Id"] for query in queries if query.get("ReturnData", True))
    return id_


def _query(given: Mapping[str, Any]) -> Query:
    stat = given.get("MetricStat")
    return Query(
        given["Id"],
        stat=None
        if stat is None
        else MetricStat(metric_of(stat["Metric"]), stat["Period"], stat["Stat"], stat.get("Unit")),
        expression=given.get("Expression"),
        period=given.get("Period"),
        label=given.get("Label"),
        returned=given.get("ReturnData", True),
    )
