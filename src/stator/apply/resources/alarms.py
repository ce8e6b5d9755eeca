"""AWS::CloudWatch::Alarm and AWS::CloudWatch::CompositeAlarm.

A request that puts an alarm replaces all of it, so a change is the same request as the creation; only tags
are set apart then.
"""

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import Refused
from stator.apply.resources.kind import Found, Kind, Wanted, retagged, tag_rows, tags_of
from stator.apply.resources.shapes import ANY, BOOLEAN, INTEGER, NUMBER, TAGS, TEXT, Shape, need, shaped
from stator.apply.template.conditions import Place

_SERVICE: Final = "cloudwatch"
_PAGES: Final = ("NextToken", "NextToken")
_DIMENSIONS: Final = [{"Name": TEXT, "Value": TEXT}]
_ACTIONS: Final = {
    "ActionConfiguration": ANY,
    "ActionsEnabled": BOOLEAN,
    "AlarmActions": [TEXT],
    "AlarmDescription": TEXT,
    "AlarmName": TEXT,
    "InsufficientDataActions": [TEXT],
    "OKActions": [TEXT],
    "Tags": TAGS,
}
_QUERY: Final = {
    "Id": TEXT,
    "Label": TEXT,
    "Expression": TEXT,
    "Period": INTEGER,
    "AccountId": TEXT,
    "ReturnData": BOOLEAN,
    "MetricStat": {
        "Metric": {"Namespace": TEXT, "MetricName": TEXT, "Dimensions": _DIMENSIONS},
        "Period": INTEGER,
        "Stat": TEXT,
        "Unit": TEXT,
    },
}
_ALARM: Final = _ACTIONS | {
    "ComparisonOperator": TEXT,
    "DatapointsToAlarm": INTEGER,
    "Dimensions": _DIMENSIONS,
    "EvaluateLowSampleCountPercentile": TEXT,
    "EvaluationCriteria": ANY,
    "EvaluationInterval": INTEGER,
    "EvaluationPeriods": INTEGER,
    "EvaluationWindow": ANY,
    "ExtendedStatistic": TEXT,
    "MetricName": TEXT,
    "Metrics": [_QUERY],
    "Namespace": TEXT,
    "Period": INTEGER,
    "Statistic": TEXT,
    "Threshold": NUMBER,
    "ThresholdMetricId": TEXT,
    "TreatMissingData": TEXT,
    "Unit": TEXT,
    "WarmUpConfiguration": ANY,
}
_COMPOSITE: Final = _ACTIONS | {
    "ActionsSuppressor": TEXT,
    "ActionsSuppressorExtensionPeriod": INTEGER,
    "ActionsSuppressorWaitPeriod": INTEGER,
    "AlarmRule": TEXT,
}
# What is the same as not to be there.
_DEFAULTS: Final[dict[str, Any]] = {
    "ActionsEnabled": True,
    "AlarmDescription": "",
    "EvaluateLowSampleCountPercentile": "evaluate",
    "TreatMissingData": "missing",
    **{
        name: [] for name in ("AlarmActions", "OKActions", "InsufficientDataActions", "Dimensions", "Metrics")
    },
}


class Alarms(Kind):
    """AWS::CloudWatch::Alarm."""

    type = "AWS::CloudWatch::Alarm"
    identity = ("AlarmName",)
    replacing = frozenset()
    shape: ClassVar[Shape] = _ALARM
    needed: ClassVar[tuple[str, ...]] = ("ComparisonOperator",)
    listed: ClassVar[tuple[str, str]] = ("MetricAlarm", "MetricAlarms")
    put: ClassVar[str] = "put_metric_alarm"

    def name(self, identity: Mapping[str, Any], default: str) -> str:
        """Its name, or the default."""
        return str(identity.get("AlarmName") or default)

    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives."""
        return {"Arn": place.arn(_SERVICE, f"alarm:{name}")}

    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for."""
        given = shaped(properties, self.shape, path)
        if "EvaluationCriteria" not in given:
            need(given, self.needed, path)
        own = tags_of(given.pop("Tags", ()))
        return Wanted(name, _compared(given, self.shape), given | {"AlarmName": name}, own | dict(tags))

    def find(self, endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
        """The alarm of a name."""
        type_, member = self.listed
        reply = endpoint.call(_SERVICE, "describe_alarms", AlarmNames=[name], AlarmTypes=[type_])
        row = next((row for row in reply.get(member, ()) if row["AlarmName"] == name), None)
        if row is None:
            return None
        arn = row["AlarmArn"]
        return Found(name, _compared(row, self.shape), _tags(endpoint, arn), {"Arn": arn})

    def tagged(self, endpoint: Endpoint) -> Iterable[tuple[str, Mapping[str, str]]]:
        """All alarms of the kind."""
        type_, member = self.listed
        rows = endpoint.pages(_SERVICE, "describe_alarms", member, _PAGES, AlarmTypes=[type_])
        return [(row["AlarmName"], _tags(endpoint, row["AlarmArn"])) for row in rows]

    def create(self, endpoint: Endpoint, wanted: Wanted) -> None:
        """Put it."""
        endpoint.call(_SERVICE, self.put, **wanted.given, Tags=tag_rows(wanted.tags))

    def change(self, endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
        """Put it anew, and set its tags."""
        if found.properties != wanted.properties:
            endpoint.call(_SERVICE, self.put, **wanted.given)
        _retag(endpoint, found.attributes["Arn"], *retagged(found.tags, wanted.tags))

    def delete(self, endpoint: Endpoint, name: str) -> None:
        """Delete it."""
        endpoint.call(_SERVICE, "delete_alarms", AlarmNames=[name])

    def retag(self, endpoint: Endpoint, name: str, added: Mapping[str, str], removed: Iterable[str]) -> None:
        """Set and remove tags."""
        found = self.find(endpoint, name)
        if found is not None:
            _retag(endpoint, found.attributes["Arn"], dict(added), [*removed])


class CompositeAlarms(Alarms):
    """AWS::CloudWatch::CompositeAlarm."""

    type = "AWS::CloudWatch::CompositeAlarm"
    shape = _COMPOSITE
    needed = ("AlarmRule",)
    listed = ("CompositeAlarm", "CompositeAlarms")
    put = "put_composite_alarm"


def _tags(endpoint: Endpoint, arn: str) -> dict[str, str]:
    try:
        reply = endpoint.ask(_SERVICE, "list_tags_for_resource", ResourceARN=arn)
    except Refused as refusal:
        if "NotFound" not in refusal.code:
            raise
        reply = None  # It was deleted meanwhile.
    return tags_of((reply or {}).get("Tags", ()))


def _retag(endpoint: Endpoint, arn: str, added: dict[str, str], removed: list[str]) -> None:
    if removed:
        endpoint.call(_SERVICE, "untag_resource", ResourceARN=arn, TagKeys=removed)
    if added:
        endpoint.call(_SERVICE, "tag_resource", ResourceARN=arn, Tags=tag_rows(added))


def _compared(alarm: Mapping[str, Any], shape: Mapping[str, Any]) -> dict[str, Any]:
    """What an alarm is, without its name and tags, and without what is as it would be anyway."""
    found = {
        name: alarm[name]
        for name in shape
        if alarm.get(name) is not None
        and name not in ("AlarmName", "Tags")
        and alarm[name] != _DEFAULTS.get(name)
    }
    for name in ("Dimensions", "AlarmActions", "OKActions", "InsufficientDataActions"):
        if name in found:
            found[name] = sorted(found[name], key=str)
    if "Metrics" in found:
        found["Metrics"] = [_query(row) for row in found["Metrics"]]
    return found


def _query(row: Mapping[str, Any]) -> dict[str, Any]:
    """A query of an alarm: only one that says so returns no data; dimensions have no order."""
    found = {name: value for name, value in row.items() if value is not None} | {
        "ReturnData": row.get("ReturnData", True)
    }
    if "MetricStat" in found:
        metric = dict(found["MetricStat"]["Metric"])
        metric["Dimensions"] = sorted(metric.get("Dimensions") or [], key=str)
        found["MetricStat"] = found["MetricStat"] | {"Metric": metric}
    return found
