"""The alarms that AWS keeps for a policy: their names, what they watch, and keeping them.

They are alarms like any others, to be looked at. The decisions are `tracking`'s, so nothing depends on them:
they say the same in CloudWatch's words, with thresholds that follow the capacity.
"""

from typing import Any, Final

from stator.monitoring.alarms import store as alarm_store
from stator.monitoring.alarms.alarms import define, remove
from stator.monitoring.alarms.definition import METRIC_ALARM
from stator.monitoring.scaling.records import NAMESPACE, Place, Policy
from stator.monitoring.scaling.tracking import IN_MINUTES, Tracking
from stator.storage.engine import Transaction

HIGH: Final = "AlarmHigh"
LOW: Final = "AlarmLow"
PROVISIONED_HIGH: Final = "ProvisionedCapacityHigh"
PROVISIONED_LOW: Final = "ProvisionedCapacityLow"

METRICS: Final = "AWS/DynamoDB"
_MINUTE: Final = 60
_PROVISIONED_PERIOD: Final = 300
_PROVISIONED_PERIODS: Final = 3


def kinds(configuration: dict[str, Any]) -> tuple[str, ...]:
    """The kinds of alarms that a policy has."""
    tracking = Tracking.of(configuration)
    changed = (PROVISIONED_HIGH, PROVISIONED_LOW) if tracking.predefined else ()
    return (HIGH, *((LOW,) if tracking.scales_in else ()), *changed)


def name(policy: Policy, kind: str) -> str:
    """The name of a policy's alarm."""
    return f"TargetTracking-{policy.place.resource}-{kind}-{policy.alarms[kind]}"


def policy_arn(policy: Policy, account: str) -> str:
    """The ARN of a policy."""
    return (
        f"arn:aws:autoscaling:{policy.region}:{account}:scalingPolicy:{policy.id}:"
        f"resource/{NAMESPACE}/{policy.place.resource}:policyName/{policy.name}"
    )


def publish(transaction: Transaction, policy: Policy, capacity: int, account: str, now: float) -> None:
    """Keep a policy's alarms, with the thresholds of a capacity."""
    for kind in policy.alarms:
        asked = definition(policy, kind, capacity) | {
            "ActionsEnabled": True,
            "OKActions": [],
            "AlarmActions": [policy_arn(policy, account)],
            "InsufficientDataActions": [],
        }
        define(transaction, name(policy, kind), METRIC_ALARM, policy.region, asked, now)


def withdraw(transaction: Transaction, policy: Policy, now: float) -> None:
    """Forget a policy's alarms."""
    for kind in policy.alarms:
        row = alarm_store.load(transaction, name(policy, kind))
        if row is not None:
            remove(transaction, row, now)


def dimensions(place: Place) -> dict[str, str]:
    """The dimensions of DynamoDB's own metrics of a place."""
    index = {} if place.index_name is None else {"GlobalSecondaryIndexName": place.index_name}
    return {"TableName": place.table_name, **index}


def consumed(place: Place) -> str:
    """The name of the metric of what is consumed at a place."""
    return f"Consumed{_direction(place)}CapacityUnits"


def _direction(place: Place) -> str:
    return "Read" if place.reads else "Write"


def definition(policy: Policy, kind: str, capacity: int) -> dict[str, Any]:
    """What PutMetricAlarm would be asked for: an alarm of a policy at a capacity (units a second)."""
    place, tracking = policy.place, Tracking.of(policy.configuration)
    asked: dict[str, Any] = {
        "AlarmName": name(policy, kind),
        "AlarmDescription": f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.name}.",
    }
    if kind in (PROVISIONED_HIGH, PROVISIONED_LOW):
        return asked | {
            "Namespace": METRICS,
            "MetricName": f"Provisioned{_direction(place)}CapacityUnits",
            "Dimensions": _listed(dimensions(place)),
            "Statistic": "Average",
            "Period": _PROVISIONED_PERIOD,
            "EvaluationPeriods": _PROVISIONED_PERIODS,
            "ComparisonOperator": _operator(kind),
            "Threshold": float(capacity),
        }
    level = tracking.target if kind == HIGH else tracking.low
    return (
        asked
        | _watched(policy, tracking)
        | {
            "EvaluationPeriods": tracking.out_minutes if kind == HIGH else IN_MINUTES,
            "ComparisonOperator": _operator(kind),
            "Threshold": level / 100 * capacity * _MINUTE if tracking.predefined else level,
        }
    )


def _watched(policy: Policy, tracking: Tracking) -> dict[str, Any]:
    """The metric that a policy tracks: its own, or what is consumed."""
    if tracking.predefined:
        return {
            "Namespace": METRICS,
            "MetricName": consumed(policy.place),
            "Dimensions": _listed(dimensions(policy.place)),
            "Statistic": "Sum",
            "Period": _MINUTE,
        }
    given = policy.configuration["CustomizedMetricSpecification"]
    if "Metrics" in given:
        return {"Metrics": queries(given["Metrics"])}
    members = ("Namespace", "MetricName", "Dimensions", "Statistic", "Unit")
    return {"Period": _MINUTE} | {member: given[member] for member in members if member in given}


def queries(metrics: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The queries of a customized metric specification as alarms have them: by the minute."""
    return [
        query | {"MetricStat": query["MetricStat"] | {"Period": _MINUTE}} if "MetricStat" in query else query
        for query in metrics
    ]


def _listed(pairs: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": key, "Value": value} for key, value in pairs.items()]


def _operator(kind: str) -> str:
    return "GreaterThanThreshold" if kind in (HIGH, PROVISIONED_HIGH) else "LessThanThreshold"
