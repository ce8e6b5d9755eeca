"""MetricDataQueries: what GetMetricData, alarms on expressions and scaling policies ask for.

GetMetricData tells all that is wrong at once, in the order of the queries, a line each.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from stator.monitoring.metrics import members
from stator.monitoring.metrics.math import ExpressionError, Plan
from stator.monitoring.metrics.statistics import UnknownStatistic, parse
from stator.operations.cloudwatch.metric_parameters import period_fault, validation

NOT_UNIQUE: Final = "The values for parameter id in MetricDataQueries are not unique."
_ID: Final = "^[a-z][a-zA-Z0-9_]*$"


def plan_of(queries: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan of the queries of GetMetricData. Raises ServiceError."""
    problems = list(faults("MetricDataQueries", queries))
    if problems:
        raise validation("".join(f"{problem}\n" for problem in problems))
    ids = [query["Id"] for query in queries]
    if len(set(ids)) < len(ids):
        raise validation(NOT_UNIQUE)
    try:
        return members.plan_of(queries)
    except ExpressionError as error:
        raise validation(str(error)) from None


def faults(path: str, queries: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What is wrong with each of the queries that the parameter `path` gives, by itself."""
    for number, query in enumerate(queries, 1):
        yield from _faults(f"{path}.member.{number}", query)


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
