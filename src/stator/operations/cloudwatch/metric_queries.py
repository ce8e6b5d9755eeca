"""MetricDataQueries: what GetMetricData, and alarms on expressions, ask for.

All that is wrong is told at once, in the order of the queries, a line each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from stator.monitoring.metrics.math import ExpressionError, MetricStat, Plan, Query
from stator.monitoring.metrics.statistics import UnknownStatistic, parse
from stator.operations.cloudwatch.metric_parameters import named, period_fault, validation

_ID: Final = "^[a-z][a-zA-Z0-9_]*$"


def plan_of(queries: Sequence[Mapping[str, Any]], path: str = "MetricDataQueries") -> Plan:
    """The plan of the queries that the parameter `path` gives. Raises ServiceError."""
    faults = [
        fault
        for number, query in enumerate(queries, 1)
        for fault in _faults(f"{path}.member.{number}", query)
    ]
    if faults:
        raise validation("".join(f"{fault}\n" for fault in faults))
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise validation(f"The values for parameter id in {path} are not unique.")
    try:
        return Plan([_query(query) for query in queries])
    except ExpressionError as error:
        raise validation(str(error)) from None


def _faults(path: str, query: Mapping[str, Any]) -> Iterator[str]:
    if re.match(_ID, query["Id"]) is None:
        yield f"The value {query['Id']} for parameter {path}.Id is not matching the expected pattern {_ID}."
    stat, expression = query.get("MetricStat"), query.get("Expression")
    if stat is not None and expression is not None:
        yield (
            f"The parameters {path}.Expression and {path}.MetricStat are mutually exclusive and you have"
            " specified both."
        )
    elif stat is not None:
        yield from _stat_faults(f"{path}.MetricStat", stat)
    elif expression is None:
        yield f"The parameter {path}.MetricStat is required."
    if query.get("Period") is not None:
        fault = period_fault(f"{path}.Period", query["Period"])
        if fault:
            yield fault


def _stat_faults(path: str, stat: Mapping[str, Any]) -> Iterator[str]:
    for member in ("Namespace", "MetricName"):
        if stat["Metric"].get(member) is None:
            yield f"The parameter {path}.Metric.{member} is required."
    fault = period_fault(f"{path}.Period", stat["Period"])
    if fault:
        yield fault
    try:
        parse(stat["Stat"])
    except UnknownStatistic:
        yield f"The value for parameter {path}.Stat is not a valid statistic."


def _query(query: Mapping[str, Any]) -> Query:
    given = query.get("MetricStat")
    stat = None
    if given is not None:
        metric = given["Metric"]
        stat = MetricStat(
            named(metric["Namespace"], metric["MetricName"], metric.get("Dimensions")),
            given["Period"],
            given["Stat"],
            given.get("Unit"),
        )
    return Query(
        query["Id"],
        stat,
        query.get("Expression"),
        query.get("Period"),
        query.get("Label"),
        query.get("ReturnData", True),
    )
