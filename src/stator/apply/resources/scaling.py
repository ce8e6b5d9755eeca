"""AWS::ApplicationAutoScaling::ScalableTarget and ScalingPolicy, for the capacity of tables and indexes.

What is scaled is not reset: capacity that lies between a target's bounds is as it should be, whatever the
template says that it begins with. Policies have no tags; they belong to the stack of their target.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import TemplateError
from stator.apply.resources.kind import Found, Kind, Wanted, retagged, tags_of
from stator.apply.resources.shapes import ANY, BOOLEAN, INTEGER, TAGS, TEXT, need, shaped
from stator.apply.template.conditions import Place

_SERVICE: Final = "application-autoscaling"
_NAMESPACE: Final = "dynamodb"
_PAGES: Final = ("NextToken", "NextToken")
_PLACE: Final = ("ResourceId", "ScalableDimension", "ServiceNamespace")
_SUSPENDED: Final = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)
_TARGET: Final = {
    **dict.fromkeys(_PLACE, TEXT),
    "MinCapacity": INTEGER,
    "MaxCapacity": INTEGER,
    "RoleARN": TEXT,
    "SuspendedState": dict.fromkeys(_SUSPENDED, BOOLEAN),
    "ScheduledActions": [
        {
            **dict.fromkeys(("ScheduledActionName", "Schedule", "Timezone", "StartTime", "EndTime"), TEXT),
            "ScalableTargetAction": {"MinCapacity": INTEGER, "MaxCapacity": INTEGER},
        }
    ],
    "Tags": TAGS,
}
_TRACKING: Final = "TargetTrackingScalingPolicyConfiguration"
_POLICY: Final = {
    **dict.fromkeys((*_PLACE, "PolicyName", "PolicyType", "ScalingTargetId"), TEXT),
    _TRACKING: {
        "CustomizedMetricSpecification": ANY,
        "PredefinedMetricSpecification": {"PredefinedMetricType": TEXT, "ResourceLabel": TEXT},
        "DisableScaleIn": BOOLEAN,
        "ScaleInCooldown": INTEGER,
        "ScaleOutCooldown": INTEGER,
        "TargetValue": "a number",
    },
}
_UNITS: Final = {
    f"dynamodb:{kind}:{direction}CapacityUnits": f"{direction}CapacityUnits"
    for kind in ("table", "index")
    for direction in ("Read", "Write")
}


def place_of(properties: Mapping[str, Any], path: str) -> dict[str, str]:
    """What is scaled. Raises TemplateError if it is no table or index."""
    found = dict(properties)
    if found.get("ScalingTargetId"):
        parts = dict(zip(_PLACE, str(found["ScalingTargetId"]).split("|"), strict=False))
        found |= {name: parts[name] for name in _PLACE if name in parts}
    need(found, _PLACE, path)
    if found["ServiceNamespace"] != _NAMESPACE:
        raise TemplateError(f"{path}: only tables and indexes can be scaled, not {found['ServiceNamespace']}")
    return {name: str(found[name]) for name in _PLACE}


class ScalableTargets(Kind):
    """AWS::ApplicationAutoScaling::ScalableTarget; its name is what `Ref` gives."""

    type = "AWS::ApplicationAutoScaling::ScalableTarget"
    identity = _PLACE
    replacing = frozenset()

    def name(self, identity: Mapping[str, Any], default: str) -> str:
        """Its name; see the class."""
        return "|".join(str(identity.get(name, "")) for name in _PLACE)

    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives."""
        return {"Id": name}

    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for."""
        given = shaped(properties, _TARGET, path)
        place_of(given, path)
        need(given, ("MinCapacity", "MaxCapacity"), path)
        compared = {
            "MinCapacity": given["MinCapacity"],
            "MaxCapacity": given["MaxCapacity"],
            "SuspendedState": _suspended(given.get("SuspendedState")),
            "ScheduledActions": _schedules(given.get("ScheduledActions", ())),
        }
        return Wanted(name, compared, given, tags_of(given.get("Tags", ())) | dict(tags))

    def find(self, endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
        """What is there under a name."""
        place = _request(name)
        reply = endpoint.call(
            _SERVICE,
            "describe_scalable_targets",
            ServiceNamespace=place["ServiceNamespace"],
            ResourceIds=[place["ResourceId"]],
            ScalableDimension=place["ScalableDimension"],
        )
        row = next(iter(reply.get("ScalableTargets", ())), None)
        if row is None:
            return None
        actions = endpoint.pages(_SERVICE, "describe_scheduled_actions", "ScheduledActions", _PAGES, **place)
        compared = {
            "MinCapacity": row["MinCapacity"],
            "MaxCapacity": row["MaxCapacity"],
            "SuspendedState": _suspended(row.get("SuspendedState")),
            "ScheduledActions": _schedules(actions),
        }
        return Found(
            name, compared, _tags(endpoint, row), {"Id": name, "Arn": row.get("ScalableTargetARN", "")}
        )

    def tagged(self, endpoint: Endpoint) -> Iterable[tuple[str, Mapping[str, str]]]:
        """All that are there."""
        for row in _targets(endpoint):
            yield self.name(row, ""), _tags(endpoint, row)

    def create(self, endpoint: Endpoint, wanted: Wanted) -> None:
        """Make it."""
        self._register(endpoint, wanted, Tags=wanted.tags)
        self._schedule(endpoint, wanted, {})

    def change(self, endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
        """Make it anew as it is wanted."""
        self._register(endpoint, wanted)
        self._schedule(endpoint, wanted, found.properties["ScheduledActions"])
        self._retag(endpoint, found.attributes["Arn"], *retagged(found.tags, wanted.tags))

    def delete(self, endpoint: Endpoint, name: str) -> None:
        """Delete it."""
        endpoint.call(_SERVICE, "deregister_scalable_target", **_request(name))

    def retag(self, endpoint: Endpoint, name: str, added: Mapping[str, str], removed: Iterable[str]) -> None:
        """Set and remove tags."""
        found = self.find(endpoint, name)
        if found is not None:
            self._retag(endpoint, found.attributes["Arn"], dict(added), [*removed])

    def _register(self, endpoint: Endpoint, wanted: Wanted, **more: Any) -> None:
        members = {name: wanted.properties[name] for name in ("MinCapacity", "MaxCapacity", "SuspendedState")}
        endpoint.call(_SERVICE, "register_scalable_target", **_request(wanted.name), **members, **more)

    def _schedule(self, endpoint: Endpoint, wanted: Wanted, before: Mapping[str, Any]) -> None:
        place, after = _request(wanted.name), wanted.properties["ScheduledActions"]
        for name in sorted(before.keys() - after.keys()):
            endpoint.call(_SERVICE, "delete_scheduled_action", **place, ScheduledActionName=name)
        for row in wanted.given.get("ScheduledActions", ()):
            if before.get(row["ScheduledActionName"]) != after[row["ScheduledActionName"]]:
                endpoint.call(_SERVICE, "put_scheduled_action", **place, **row)

    def _retag(self, endpoint: Endpoint, arn: str, added: dict[str, str], removed: list[str]) -> None:
        if removed:
            endpoint.call(_SERVICE, "untag_resource", ResourceARN=arn, TagKeys=removed)
        if added:
            endpoint.call(_SERVICE, "tag_resource", ResourceARN=arn, Tags=added)


class ScalingPolicies(Kind):
    """AWS::ApplicationAutoScaling::ScalingPolicy; its name here is `policy|resource|dimension|namespace`."""

    type = "AWS::ApplicationAutoScaling::ScalingPolicy"
    identity = (*_PLACE, "ScalingTargetId", "PolicyName")
    replacing = frozenset()
    has_tags = False

    def name(self, identity: Mapping[str, Any], default: str) -> str:
        """Its name; see the class."""
        place = place_of(identity, self.type)
        return "|".join([str(identity.get("PolicyName") or default), *place.values()])

    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives."""
        unknown = "(known after the apply)"
        return {"Ref": unknown, "Arn": unknown, "PolicyName": name.partition("|")[0]}

    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for."""
        given = shaped(properties, _POLICY, path)
        if given.get("PolicyType", "TargetTrackingScaling") != "TargetTrackingScaling":
            raise TemplateError(f"{path}: tables and indexes are scaled by TargetTrackingScaling only")
        need(given, (_TRACKING,), path)
        return Wanted(name, {_TRACKING: _tracking(given[_TRACKING])}, given, {})

    def find(self, endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
        """What is there under a name."""
        policy, _, target = name.partition("|")
        rows = endpoint.pages(
            _SERVICE,
            "describe_scaling_policies",
            "ScalingPolicies",
            _PAGES,
            PolicyNames=[policy],
            **_request(target),
        )
        if not rows:
            return None
        (row,) = rows
        arn = row["PolicyARN"]
        names = {"Ref": arn, "Arn": arn, "PolicyName": policy}
        return Found(name, {_TRACKING: _tracking(row.get(_TRACKING) or {})}, {}, names)

    def tagged(self, endpoint: Endpoint) -> Iterable[tuple[str, Mapping[str, str]]]:
        """All that are there."""
        tags = {ScalableTargets().name(row, ""): _tags(endpoint, row) for row in _targets(endpoint)}
        rows = endpoint.pages(
            _SERVICE, "describe_scaling_policies", "ScalingPolicies", _PAGES, ServiceNamespace=_NAMESPACE
        )
        for row in rows:
            target = ScalableTargets().name(row, "")
            yield f"{row['PolicyName']}|{target}", tags.get(target, {})

    def create(self, endpoint: Endpoint, wanted: Wanted) -> None:
        """Make it."""
        policy, _, target = wanted.name.partition("|")
        endpoint.call(
            _SERVICE,
            "put_scaling_policy",
            PolicyName=policy,
            PolicyType="TargetTrackingScaling",
            **_request(target),
            **{_TRACKING: wanted.given[_TRACKING]},
        )

    def change(self, endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
        """Make it anew as it is wanted."""
        self.create(endpoint, wanted)

    def delete(self, endpoint: Endpoint, name: str) -> None:
        """Delete it."""
        policy, _, target = name.partition("|")
        endpoint.call(_SERVICE, "delete_scaling_policy", PolicyName=policy, **_request(target))

    def retag(self, endpoint: Endpoint, name: str, added: Mapping[str, str], removed: Iterable[str]) -> None:
        """Policies have no tags."""


def scaled(table: Wanted, found: Found, targets: Iterable[Wanted]) -> Wanted:
    """What is wanted of a table, with the capacity that it has wherever its targets allow that."""
    properties = dict(table.properties)
    indexes = {name: dict(index) for name, index in properties["GlobalSecondaryIndexes"].items()}
    there = found.properties["GlobalSecondaryIndexes"]
    for resource, units, least, most in _bounds(targets):
        if resource == f"table/{table.name}":
            _leave(properties, found.properties, units, least, most)
        elif resource.startswith(f"table/{table.name}/index/"):
            name = resource.rpartition("/")[2]
            if name in indexes and name in there:
                _leave(indexes[name], there[name], units, least, most)
    return replace(table, properties=properties | {"GlobalSecondaryIndexes": indexes})


def _bounds(targets: Iterable[Wanted]) -> Iterator[tuple[str, str, int, int]]:
    for target in targets:
        place = _request(target.name)
        units = _UNITS.get(place["ScalableDimension"])
        if units is not None:
            bounds = target.properties["MinCapacity"], target.properties["MaxCapacity"]
            yield place["ResourceId"], units, *bounds


def _leave(wanted: dict[str, Any], there: Mapping[str, Any], units: str, least: int, most: int) -> None:
    capacity, now = wanted.get("ProvisionedThroughput"), there.get("ProvisionedThroughput")
    if capacity and now and least <= now[units] <= most:
        wanted["ProvisionedThroughput"] = capacity | {units: now[units]}


def _targets(endpoint: Endpoint) -> list[dict[str, Any]]:
    return endpoint.pages(
        _SERVICE, "describe_scalable_targets", "ScalableTargets", _PAGES, ServiceNamespace=_NAMESPACE
    )


def _tags(endpoint: Endpoint, row: Mapping[str, Any]) -> dict[str, str]:
    arn = row.get("ScalableTargetARN")
    reply = endpoint.ask(_SERVICE, "list_tags_for_resource", ResourceARN=arn) if arn else None
    return {
        key: value for key, value in ((reply or {}).get("Tags") or {}).items() if not key.startswith("aws:")
    }


def _request(target: str) -> dict[str, str]:
    return dict(zip(_PLACE, target.split("|"), strict=True))


def _suspended(given: Mapping[str, Any] | None) -> dict[str, bool]:
    return {name: bool((given or {}).get(name)) for name in _SUSPENDED}


def _tracking(given: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without what is as it would be anyway."""
    return {name: value for name, value in given.items() if value not in (None, False, 0)}


def _schedules(rows: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        row["ScheduledActionName"]: {
            "Schedule": row.get("Schedule"),
            "Timezone": row.get("Timezone") or "UTC",
            "StartTime": _moment(row.get("StartTime")),
            "EndTime": _moment(row.get("EndTime")),
            **row.get("ScalableTargetAction", {}),
        }
        for row in rows
    }


def _moment(given: Any) -> float | None:
    if given is None:
        return None
    moment = given if isinstance(given, datetime) else datetime.fromisoformat(str(given))
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
