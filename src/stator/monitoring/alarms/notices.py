"""What the actions of an alarm are told of a transition: the message that CloudWatch publishes with SNS.

Names and order of members, and the words for statistics and regions, are those of AWS's messages.
"""

from typing import Any, Final

from stator.monitoring.alarms.definition import COMPOSITE_ALARM, AlarmRow, arn
from stator.monitoring.alarms.wording import stamp

_STATISTICS: Final = {"SampleCount": "SAMPLE_COUNT"}  # the others: in capitals

_REGIONS: Final = {
    "af-south-1": "Africa (Cape Town)",
    "ap-east-1": "Asia Pacific (Hong Kong)",
    "ap-northeast-1": "Asia Pacific (Tokyo)",
    "ap-northeast-2": "Asia Pacific (Seoul)",
    "ap-northeast-3": "Asia Pacific (Osaka)",
    "ap-south-1": "Asia Pacific (Mumbai)",
    "ap-south-2": "Asia Pacific (Hyderabad)",
    "ap-southeast-1": "Asia Pacific (Singapore)",
    "ap-southeast-2": "Asia Pacific (Sydney)",
    "ap-southeast-3": "Asia Pacific (Jakarta)",
    "ap-southeast-4": "Asia Pacific (Melbourne)",
    "ca-central-1": "Canada (Central)",
    "ca-west-1": "Canada West (Calgary)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-central-2": "Europe (Zurich)",
    "eu-north-1": "EU (Stockholm)",
    "eu-south-1": "EU (Milan)",
    "eu-south-2": "Europe (Spain)",
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "il-central-1": "Israel (Tel Aviv)",
    "me-central-1": "Middle East (UAE)",
    "me-south-1": "Middle East (Bahrain)",
    "mx-central-1": "Mexico (Central)",
    "sa-east-1": "South America (Sao Paulo)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}


def message(
    row: AlarmRow, old_state: str, account: str, children: list[dict[str, Any]] | None = None
) -> dict[str, Any]:
    """The message of a transition to the state that `row` is in now.

    `children` are the alarms that made a composite alarm change, as `triggering` gives them.
    """
    definition = row.definition
    told: dict[str, Any] = {
        "AlarmName": row.name,
        "AlarmDescription": definition.get("AlarmDescription"),
        "AWSAccountId": account,
        "AlarmConfigurationUpdatedTimestamp": stamp(row.configured),
        "NewStateValue": row.state,
        "NewStateReason": row.reason,
        "StateChangeTime": stamp(row.transitioned),
        "Region": _REGIONS.get(row.region, row.region),
        "AlarmArn": arn(row.region, account, row.name),
        "OldStateValue": old_state,
        "OKActions": definition.get("OKActions", []),
        "AlarmActions": definition.get("AlarmActions", []),
        "InsufficientDataActions": definition.get("InsufficientDataActions", []),
    }
    if row.kind == COMPOSITE_ALARM:
        told["AlarmRule"] = definition["AlarmRule"]
        told["TriggeringChildren"] = children or []
    else:
        told["Trigger"] = _trigger(definition)
    return told


def triggering(child: AlarmRow, account: str) -> dict[str, Any]:
    """An alarm that made a composite one change."""
    return {
        "Arn": arn(child.region, account, child.name),
        "State": {"Value": child.state, "Timestamp": stamp(child.transitioned)},
    }


def _trigger(definition: dict[str, Any]) -> dict[str, Any]:
    on_metric: dict[str, Any] = {} if "Metrics" in definition else _of_metric(definition)
    told = on_metric | {
        "Period": definition.get("Period"),
        "EvaluationPeriods": definition["EvaluationPeriods"],
        "DatapointsToAlarm": definition.get("DatapointsToAlarm"),
        "ComparisonOperator": definition["ComparisonOperator"],
        "Threshold": float(definition["Threshold"]),
        "TreatMissingData": definition.get("TreatMissingData", "missing"),
        "EvaluateLowSampleCountPercentile": definition.get("EvaluateLowSampleCountPercentile", ""),
    }
    if "Metrics" in definition:
        told["Metrics"] = [_query(query) for query in definition["Metrics"]]
    return {
        name: value
        for name, value in told.items()
        if value is not None or name not in ("Period", "DatapointsToAlarm")
    }


def _of_metric(definition: dict[str, Any]) -> dict[str, Any]:
    told: dict[str, Any] = {"MetricName": definition["MetricName"], "Namespace": definition["Namespace"]}
    if "Statistic" in definition:
        statistic = definition["Statistic"]
        told |= {"StatisticType": "Statistic", "Statistic": _STATISTICS.get(statistic, statistic.upper())}
    else:
        told |= {"StatisticType": "ExtendedStatistic", "ExtendedStatistic": definition["ExtendedStatistic"]}
    return told | {"Unit": definition.get("Unit"), "Dimensions": _dimensions(definition)}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    told = dict(query)
    if "MetricStat" in query:
        metric = query["MetricStat"]["Metric"]
        named = {name: metric[name] for name in ("MetricName", "Namespace") if name in metric}
        told["MetricStat"] = query["MetricStat"] | {"Metric": {"Dimensions": _dimensions(metric), **named}}
    return told


def _dimensions(named: dict[str, Any]) -> list[dict[str, str]]:
    return [{"value": row["Value"], "name": row["Name"]} for row in named.get("Dimensions", [])]
