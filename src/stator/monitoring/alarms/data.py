"""What a metric alarm looks at: the values of its evaluation range, from the store of metrics."""

from typing import Any

from stator.monitoring.alarms.definition import MetricRule, metric_of
from stator.monitoring.alarms.evaluation import Datum, range_of
from stator.monitoring.metrics.math import ExpressionError, MetricStat, Plan, Query, Source, Window, evaluate
from stator.monitoring.metrics.statistics import statistic


def data_of(rule: MetricRule, end: int, source: Source) -> list[Datum]:
    """The data of the range that ends at `end`, one for each period, newest first.

    The periods go backwards from `end`, so the window of an alarm slides with each minute. What an expression
    cannot be computed of is missing.
    """
    count = range_of(rule)
    start = end - count * rule.period
    found = _of_metric(rule, start, end, source) if rule.metric else _of_queries(rule, start, end, source)
    times = (end - number * rule.period for number in range(1, count + 1))
    return [found.get(time) or Datum(time) for time in times]


def plan_of(queries: list[dict[str, Any]]) -> Plan:
    """The plan of an alarm's MetricDataQueries. Raises ExpressionError."""
    return Plan([_query(query) for query in queries])


def watched(queries: list[dict[str, Any]]) -> str:
    """The id of the query that an alarm watches: the one that returns data."""
    id_: str = next(query["Id"] for query in queries if query.get("ReturnData", True))
    return id_


def _of_metric(rule: MetricRule, start: int, end: int, source: Source) -> dict[int, Datum]:
    assert rule.metric is not None
    points = source.read(rule.metric, start, end, rule.period, rule.unit)
    return {time: Datum(time, statistic(point, rule.statistic), point.samples) for time, point in points}


def _of_queries(rule: MetricRule, start: int, end: int, source: Source) -> dict[int, Datum]:
    plan = plan_of(rule.queries)
    try:
        result = evaluate(plan, Window(start, end, aligned=False), source)[watched(rule.queries)]
    except ExpressionError:
        return {}
    if len(result.series) != 1:  # An alarm watches one time series.
        return {}
    return {time: Datum(time, value) for time, value in result.series[0].points.items()}


def _query(given: dict[str, Any]) -> Query:
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
