"""Properties of tables that have operations of their own, which not every endpoint has.

A property that is wanted where its operations are missing is refused before anything is changed; where it is
not wanted, their absence does not matter.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import ApplyError, Refused
from stator.apply.resources.kind import Wanted

_SERVICE: Final = "dynamodb"
Table = Mapping[str, Any]


@dataclass(frozen=True)
class Feature:
    """How a property is read from the reply to `asks`, and set. `absent`: the error of there being none."""

    asks: str
    request: Callable[[Table], dict[str, Any]]
    read: Callable[[dict[str, Any], Any], Any]
    write: Callable[[Endpoint, Table, Any, Any], None]
    absent: str = ""


def read(endpoint: Endpoint, table: Table, wanted: Wanted | None) -> dict[str, Any]:
    """The properties as they are. Raises ApplyError if one is wanted that the endpoint does not have."""
    found = {}
    for name, feature in FEATURES.items():
        asked = wanted and wanted.properties[name]
        try:
            reply = endpoint.ask(_SERVICE, feature.asks, **feature.request(table))
        except Refused as refusal:
            if refusal.code != feature.absent:
                raise
            reply = {}
        if reply is None and asked is not None:
            raise unsupported(endpoint, table["TableName"], name)
        found[name] = feature.read(reply or {}, asked)
    return found


def check(endpoint: Endpoint, wanted: Wanted) -> None:
    """Refuse what the endpoint does not have, before a table is made. Raises ApplyError."""
    for name, feature in FEATURES.items():
        if wanted.properties[name] is None:
            continue
        nobody = {
            "TableName": wanted.name,
            "TableArn": f"arn:aws:dynamodb:{endpoint.region}:{endpoint.account}:table/{wanted.name}",
        }
        try:
            reply = endpoint.ask(_SERVICE, feature.asks, **feature.request(nobody))
        except Refused:
            continue  # It knows the operation, and that there is no table.
        if reply is None:
            raise unsupported(endpoint, wanted.name, name)


def unsupported(endpoint: Endpoint, table: str, name: str) -> ApplyError:
    """The refusal of a property that the endpoint does not have."""
    return ApplyError(f"{table}: {name} is not supported by {endpoint.url}; leave it out")


def write(endpoint: Endpoint, table: Table, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Set the properties that differ."""
    for name, feature in FEATURES.items():
        if before.get(name) != after.get(name):
            feature.write(endpoint, table, before.get(name), after.get(name))


def _by_name(table: Table) -> dict[str, Any]:
    return {"TableName": table["TableName"]}


def _read_insights(reply: dict[str, Any], asked: Any) -> Any:
    if reply.get("ContributorInsightsStatus") not in ("ENABLED", "ENABLING"):
        return None
    return {"Mode": reply.get("ContributorInsightsMode")} if asked else {}


def _write_insights(endpoint: Endpoint, table: Table, before: Any, after: Any) -> None:
    mode = {"ContributorInsightsMode": after["Mode"]} if after and "Mode" in after else {}
    action = "DISABLE" if after is None else "ENABLE"
    endpoint.call(
        _SERVICE, "update_contributor_insights", **_by_name(table), ContributorInsightsAction=action, **mode
    )


def _read_destination(reply: dict[str, Any], asked: Any) -> Any:
    for row in reply.get("KinesisDataStreamDestinations") or ():
        if row.get("DestinationStatus") in ("ACTIVE", "ENABLING", "UPDATING"):
            return {name: row.get(name) for name in asked or ("StreamArn",)}
    return None


def _write_destination(endpoint: Endpoint, table: Table, before: Any, after: Any) -> None:
    def settled() -> bool:
        reply = endpoint.call(_SERVICE, "describe_kinesis_streaming_destination", **_by_name(table))
        rows = reply["KinesisDataStreamDestinations"]
        return not any(row["DestinationStatus"].endswith("ING") for row in rows)

    if before is not None:
        name = "disable_kinesis_streaming_destination"
        endpoint.call(_SERVICE, name, **_by_name(table), StreamArn=before["StreamArn"])
        endpoint.until(settled)
    if after is not None:
        member = "ApproximateCreationDateTimePrecision"
        more = {"EnableKinesisStreamingConfiguration": {member: after[member]}} if member in after else {}
        name = "enable_kinesis_streaming_destination"
        endpoint.call(_SERVICE, name, **_by_name(table), StreamArn=after["StreamArn"], **more)
        endpoint.until(settled)


def _write_policy(endpoint: Endpoint, table: Table, before: Any, after: Any) -> None:
    arn = table["TableArn"]
    if after is None:
        endpoint.call(_SERVICE, "delete_resource_policy", ResourceArn=arn)
    else:
        endpoint.call(_SERVICE, "put_resource_policy", ResourceArn=arn, Policy=json.dumps(after))


FEATURES: Final = {
    "ContributorInsightsSpecification": Feature(
        "describe_contributor_insights", _by_name, _read_insights, _write_insights
    ),
    "KinesisStreamSpecification": Feature(
        "describe_kinesis_streaming_destination", _by_name, _read_destination, _write_destination
    ),
    "ResourcePolicy": Feature(
        "get_resource_policy",
        lambda table: {"ResourceArn": table["TableArn"]},
        lambda reply, asked: json.loads(reply["Policy"]) if reply.get("Policy") else None,
        _write_policy,
        absent="PolicyNotFoundException",
    ),
}
