"""What a definition of an alarm has to keep to besides the constraints of its shapes, and what is kept of it.

The rules are checked in their order, and the first that is broken is told. Texts marked (AWS) are known to be
CloudWatch's own; the others say the same as its documentation (PutMetricAlarm, PutCompositeAlarm).
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, NamedTuple

from stator.model import messages
from stator.monitoring.alarms.alarms import TAGS_MAX
from stator.monitoring.alarms.definition import ACTION_LISTS, COMPARISONS, TREATMENTS
from stator.monitoring.alarms.rule import BadRule, parse
from stator.monitoring.metrics.math import Evaluation, ExpressionError, Plan, Window
from stator.monitoring.metrics.members import plan_of, watched
from stator.monitoring.metrics.statistics import is_extended
from stator.operations.cloudwatch.alarms.access import COMBINATION, MISSING, VALIDATION, VALUE
from stator.operations.cloudwatch.metric_queries import NOT_UNIQUE, faults
from stator.operations.services import ServiceError

Request = dict[str, Any]

_SUB_MINUTE_PERIODS: Final = (10, 20, 30)
_DAY_SECONDS: Final = 86_400
_WEEK_SECONDS: Final = 7 * _DAY_SECONDS
_LONG_PERIOD_SECONDS: Final = 3600
_METRICS_MAX: Final = 10
_LOW_SAMPLES: Final = ("evaluate", "ignore")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
_OF_METRIC: Final = (
    "MetricName",
    "Namespace",
    "Dimensions",
    "Period",
    "Unit",
    "Statistic",
    "ExtendedStatistic",
)
_NOT_SUPPORTED: Final = (
    ("EvaluationCriteria", "Alarms on PromQL queries are not supported."),
    ("ThresholdMetricId", "Alarms on anomaly detection bands are not supported: give a Threshold."),
    ("WarmUpConfiguration", "WarmUpConfiguration is not supported."),
    ("ActionConfiguration", "ActionConfiguration is not supported."),
    ("EvaluationInterval", "EvaluationInterval cannot be specified for alarms on metrics."),
)


class Rule(NamedTuple):
    """A rule: which error it is, and what finds its texts."""

    error: str
    problems: Callable[[Request], Iterator[str]]


def enforce(rules: Sequence[Rule], request: Request) -> None:
    """Raise ServiceError for the first rule that a request breaks."""
    for rule in rules:
        for problem in rule.problems(request):
            raise ServiceError(rule.error, problem)


def defaults(request: Request) -> Request:
    """What is kept of a request: everything but its tags, with the defaults that replies show."""
    kept = {name: value for name, value in request.items() if name != "Tags"}
    lists = {member: kept.get(member, []) for member in ACTION_LISTS.values()}
    return {"ActionsEnabled": True, **kept, **lists}


def tags_of(request: Request) -> dict[str, str]:
    """The tags of a request."""
    return {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}


# Of all alarms.


def _name(request: Request) -> Iterator[str]:
    if _CONTROL.search(request["AlarmName"]):
        yield "AlarmName must not contain ASCII control characters"


def _actions(request: Request) -> Iterator[str]:
    for member in ACTION_LISTS.values():
        for action in request.get(member, []):
            if action.count(":") < 3 or not action.startswith("arn:"):
                yield f"Invalid arn syntax: {action}"  # (AWS)


def _region(region: str) -> Callable[[Request], Iterator[str]]:
    def problems(request: Request) -> Iterator[str]:
        for member in ACTION_LISTS.values():
            for action in request.get(member, []):
                named = action.split(":")[3]
                if named and named != region:
                    yield f"Invalid region {named} specified. Only {region} is supported."  # (AWS)

    return problems


def tag_problems(request: Request) -> Iterator[str]:
    """What is wrong with the tags of a request."""
    keys = [tag["Key"] for tag in request.get("Tags", [])]
    if len(keys) > TAGS_MAX:
        yield f"The number of tags exceeds the limit of {TAGS_MAX} tags per resource"
    if len(set(keys)) < len(keys):
        yield "Duplicate tag keys are not allowed"
    if any(key.lower().startswith("aws:") for key in keys):
        yield "Tag keys must not begin with aws:"


# Of metric alarms.


def _unsupported(request: Request) -> Iterator[str]:
    yield from (text for member, text in _NOT_SUPPORTED if member in request)
    operator = request.get("ComparisonOperator")
    if operator is not None and operator not in COMPARISONS:
        yield f"{operator} is for anomaly detection bands, which are not supported."
    if "WallClockWindow" in request.get("EvaluationWindow", {}):
        yield "Evaluation windows of the wall clock are not supported: windows slide."


def _what_is_watched(request: Request) -> Iterator[str]:
    given = [member for member in _OF_METRIC if member in request]
    if "Metrics" in request and given:
        yield f"The parameters Metrics and {given[0]} are mutually exclusive and you have specified both."
    if "Statistic" in request and "ExtendedStatistic" in request:
        yield (
            "The parameters Statistic and ExtendedStatistic are mutually exclusive "
            "and you have specified both."
        )


def _nothing_is_watched(request: Request) -> Iterator[str]:
    if "Metrics" in request:
        return
    for member in ("MetricName", "Namespace"):
        if member not in request:
            yield f"The parameter {member} is required."
    if "Statistic" not in request and "ExtendedStatistic" not in request:
        yield "The parameter Statistic or ExtendedStatistic is required."


def _required(request: Request) -> Iterator[str]:
    wanted = ["EvaluationPeriods", "ComparisonOperator", "Threshold"]
    if "Metrics" not in request:
        wanted.insert(0, "Period")
    for member in wanted:
        if member not in request:
            name = member[0].lower() + member[1:]
            yield (
                f"1 validation error detected: Value null at '{name}' failed to satisfy constraint: "
                f"{messages.NOT_NULL}"
            )


def _words(request: Request) -> Iterator[str]:
    for member, words in (
        ("TreatMissingData", TREATMENTS),
        ("EvaluateLowSampleCountPercentile", _LOW_SAMPLES),
    ):
        if member in request and request[member] not in words:
            name = member[0].lower() + member[1:]
            yield (
                f"1 validation error detected: Value '{request[member]}' at '{name}' failed to satisfy "
                f"constraint: {messages.enum(words)}"
            )


def _statistic(request: Request) -> Iterator[str]:
    name = request.get("ExtendedStatistic")
    if name is not None and not is_extended(name):
        yield f"The value {name} for parameter ExtendedStatistic is not supported."  # (AWS)


def _threshold(request: Request) -> Iterator[str]:
    if not math.isfinite(request["Threshold"]):
        yield f"The value {request['Threshold']} for parameter Threshold is invalid."  # (AWS)


def _periods(request: Request) -> Iterator[str]:
    queries = request.get("Metrics", [])
    periods = [query["MetricStat"]["Period"] for query in queries if "MetricStat" in query]
    periods = periods or [request.get("Period", 60)]
    for period in (*periods, *(query["Period"] for query in queries if "Period" in query)):
        if period not in _SUB_MINUTE_PERIODS and period % 60:
            yield "Period must be 10, 20, 30 or a multiple of 60"  # (AWS, before 20 was allowed)
    if len(set(periods)) > 1:
        yield "All metrics of an alarm must have the same period"
    window = request["EvaluationPeriods"] * max(periods)
    if max(periods) >= _LONG_PERIOD_SECONDS and window > _WEEK_SECONDS:
        yield (  # (AWS)
            "Metrics cannot be checked across more than a week "
            "(EvaluationPeriods * Period must be <= 604800) for alarms using period >= 3600"
        )
    if max(periods) < _LONG_PERIOD_SECONDS and window > _DAY_SECONDS:
        yield (  # (AWS)
            "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)"
        )


def _dimensions(request: Request) -> Iterator[str]:
    names = [dimension["Name"] for dimension in request.get("Dimensions", [])]
    if len(set(names)) < len(names):
        yield "The values for parameter Name in Dimensions are not unique."


def _m_of_n(request: Request) -> Iterator[str]:
    if request.get("DatapointsToAlarm", 1) > request["EvaluationPeriods"]:
        yield "DatapointsToAlarm must be less than or equal to EvaluationPeriods"


def query_problems(request: Request) -> Iterator[str]:
    """What is wrong with each of the Metrics of a request, and with their number."""
    if "Metrics" not in request:
        return
    queries = request["Metrics"]
    ids = [query["Id"] for query in queries]
    if not queries:
        yield "Invalid metrics list"  # (AWS)
    yield from faults("Metrics", queries)
    if len(set(ids)) < len(ids):
        yield NOT_UNIQUE
    if sum(query.get("ReturnData", True) for query in queries) != 1:
        yield "Exactly one element of the metrics list should return data."
    if sum("MetricStat" in query for query in queries) > _METRICS_MAX:
        yield f"An alarm can be on at most {_METRICS_MAX} metrics"


def expression_problems(request: Request) -> Iterator[str]:
    """What is wrong with the expressions among Metrics that have no other problems."""
    if "Metrics" not in request:
        return
    try:
        plan = plan_of(request["Metrics"])
        if plan.searches:
            yield "SEARCH is not supported on Metric Alarms."  # (AWS)
        id_ = watched(request["Metrics"])
        count = _series(plan, id_)
        if count != 1:
            yield f"An alarm watches one time series, and the expression '{id_}' returns {count}."
    except ExpressionError as error:
        yield str(error)


def _series(plan: Plan, id_: str) -> int:
    """How many time series a query returns, whatever the data. Raises ExpressionError for anything else."""
    evaluation = Evaluation(plan, Window(0, 60))
    for stat in evaluation.needs(id_):
        evaluation.supply(stat, {0: 1.0})
    return len(evaluation.result(id_).series)


_METRIC_ALARM: Final = (
    Rule(VALIDATION, _unsupported),
    Rule(COMBINATION, _what_is_watched),
    Rule(MISSING, _nothing_is_watched),
    Rule(VALIDATION, _required),
    Rule(VALIDATION, _words),
    Rule(VALUE, _statistic),
    Rule(VALUE, _threshold),
    Rule(VALUE, _dimensions),
    Rule(VALIDATION, query_problems),
    Rule(VALIDATION, _periods),
    Rule(VALIDATION, _m_of_n),
    Rule(VALIDATION, expression_problems),
)


def metric_alarm(region: str) -> tuple[Rule, ...]:
    """The rules of PutMetricAlarm, for a request to a region."""
    return (*_all(region), *_METRIC_ALARM)


def _all(region: str) -> tuple[Rule, ...]:
    return (
        Rule(VALIDATION, _name),
        Rule(VALIDATION, _actions),
        Rule(VALIDATION, _region(region)),
        Rule(VALIDATION, tag_problems),
    )


# Of composite alarms.


def _rule_text(request: Request) -> Iterator[str]:
    try:
        parse(request["AlarmRule"])
    except BadRule as error:
        yield f"AlarmRule is invalid: {error}"


def _suppression(request: Request) -> Iterator[str]:
    periods = ("ActionsSuppressorWaitPeriod", "ActionsSuppressorExtensionPeriod")
    for member in periods:
        if "ActionsSuppressor" in request and member not in request:
            yield f"{member} is required when ActionsSuppressor is specified"
        if "ActionsSuppressor" not in request and member in request:
            yield f"{member} cannot be specified without ActionsSuppressor"
        if request.get(member, 0) < 0:
            yield f"{member} must not be negative"


def _no_configuration(request: Request) -> Iterator[str]:
    if "ActionConfiguration" in request:
        yield "ActionConfiguration is not supported."


def composite_alarm(region: str) -> tuple[Rule, ...]:
    """The rules of PutCompositeAlarm, for a request to a region."""
    return (
        *_all(region),
        Rule(VALIDATION, _no_configuration),
        Rule(VALIDATION, _rule_text),
        Rule(VALIDATION, _suppression),
    )
