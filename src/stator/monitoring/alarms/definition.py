"""What an alarm is: the row that is kept of it, and what evaluating it takes from its definition.

A definition is kept by the names of the API's members, with defaults filled in, since clients want it back as
they gave it. `MetricRule` is the typed view of a metric alarm's.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from stator.monitoring.metrics.members import metric_of
from stator.monitoring.metrics.points import Metric

OK: Final = "OK"
ALARM: Final = "ALARM"
INSUFFICIENT_DATA: Final = "INSUFFICIENT_DATA"

METRIC_ALARM: Final = "MetricAlarm"
COMPOSITE_ALARM: Final = "CompositeAlarm"

ACTION_LISTS: Final = {
    OK: "OKActions",
    ALARM: "AlarmActions",
    INSUFFICIENT_DATA: "InsufficientDataActions",
}
"""The member of a definition that names what is done when an alarm comes into a state."""

COMPARISONS: Final = {
    "GreaterThanOrEqualToThreshold": "greater than or equal to",
    "GreaterThanThreshold": "greater than",
    "LessThanThreshold": "less than",
    "LessThanOrEqualToThreshold": "less than or equal to",
}
"""The operators of alarms with a threshold, and how a reason words them."""

TREATMENTS: Final = ("missing", "ignore", "breaching", "notBreaching")

CREATED: Final = "Unchecked: Initial alarm creation"  # the reason of an alarm's first state
_DYNAMODB: Final = "AWS/DynamoDB"
_PERCENTILE: Final = re.compile(r"p(\d+(?:\.\d+)?)")


class AlarmRow(msgspec.Struct, frozen=True, kw_only=True):
    """An alarm as it is stored. Times are seconds since the epoch.

    `region` is that of the request that made it. `acted` is the last state whose actions were carried out, or
    would have been if there were any; a composite alarm whose actions are suppressed is in another one.
    `left_alarm` is when it last left the state ALARM, and `settled` the time up to which evaluations may not
    change it, since it was made or set by hand later than what they look at.
    """

    name: str
    kind: str
    region: str
    definition: dict[str, Any]
    configured: float
    state: str = INSUFFICIENT_DATA
    reason: str = CREATED
    reason_data: str = ""
    updated: float
    transitioned: float
    acted: str = INSUFFICIENT_DATA
    left_alarm: float = 0.0
    settled: float = 0.0
    tags: dict[str, str] = {}

    def actions(self, state: str) -> list[str]:
        """The ARNs of what is done when the alarm comes into a state."""
        found: list[str] = self.definition.get(ACTION_LISTS[state], [])
        return found

    @property
    def actions_enabled(self) -> bool:
        """Whether anything is done at all."""
        return bool(self.definition["ActionsEnabled"])


def arn(region: str, account: str, name: str) -> str:
    """The ARN of an alarm."""
    return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"


def name_of(reference: str) -> str:
    """The name of the alarm that a name or an ARN refers to."""
    if reference.startswith("arn:"):
        return reference.split(":alarm:", 1)[-1]
    return reference


@dataclass(frozen=True, slots=True)
class MetricRule:
    """What a metric alarm is evaluated by.

    Of `metric` and `queries` (MetricDataQueries) one is set. `periods` is N and `to_alarm` M of an alarm on M
    out of N; `m_of_n` says whether M was given. `percentile` is from 0 to 100, None for other statistics.
    """

    metric: Metric | None
    queries: list[dict[str, Any]]
    statistic: str
    unit: str | None
    period: int
    periods: int
    to_alarm: int
    m_of_n: bool
    threshold: float
    comparison: str
    missing: str
    percentile: float | None
    ignore_low_samples: bool

    def breaches(self, value: float) -> bool:
        """Whether a value is on the wrong side of the threshold."""
        if self.comparison == "GreaterThanOrEqualToThreshold":
            return value >= self.threshold
        if self.comparison == "GreaterThanThreshold":
            return value > self.threshold
        if self.comparison == "LessThanThreshold":
            return value < self.threshold
        return value <= self.threshold


def metric_rule(definition: dict[str, Any]) -> MetricRule:
    """What a checked definition of a metric alarm says."""
    queries: list[dict[str, Any]] = definition.get("Metrics", [])
    statistic = definition.get("Statistic") or definition.get("ExtendedStatistic", "")
    to_alarm = definition.get("DatapointsToAlarm")
    percentile = _PERCENTILE.fullmatch(statistic)
    return MetricRule(
        metric=None if queries else metric_of(definition),
        queries=queries,
        statistic=statistic,
        unit=definition.get("Unit"),
        period=period_of(queries) if queries else definition["Period"],
        periods=definition["EvaluationPeriods"],
        to_alarm=to_alarm or definition["EvaluationPeriods"],
        m_of_n=to_alarm is not None,
        threshold=definition["Threshold"],
        comparison=definition["ComparisonOperator"],
        missing=_treatment(definition),
        percentile=None if percentile is None else float(percentile[1]),
        ignore_low_samples=definition.get("EvaluateLowSampleCountPercentile") == "ignore",
    )


def period_of(queries: list[dict[str, Any]]) -> int:
    """The period in which an alarm on queries looks at its data: that of its metrics, which share one."""
    periods = [
        query["MetricStat"]["Period"] if "MetricStat" in query else query["Period"]
        for query in queries
        if "MetricStat" in query or "Period" in query
    ]
    return max(periods, default=60)


def _treatment(definition: dict[str, Any]) -> str:
    """What becomes of missing data. Those of DynamoDB's metrics are always ignored, as AWS does."""
    named = [
        query["MetricStat"]["Metric"] for query in definition.get("Metrics", []) if "MetricStat" in query
    ]
    if any(row.get("Namespace") == _DYNAMODB for row in (*named, definition)):
        return "ignore"
    given: str = definition.get("TreatMissingData", "missing")
    return given
