"""Making a table, and changing one in steps, each of which DynamoDB takes as one update.

DynamoDB makes or deletes one index at a time, and takes nothing while a table is updated. So each step is one
request that is waited for, in Terraform's order: tags, deleted indexes, settings, capacity, new indexes, the
rest. A run that is broken off between two steps leaves a table in which the next run finds what is left.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import ApplyError, Refused
from stator.apply.resources import table_features
from stator.apply.resources.kind import Found, Wanted, retagged, tag_rows
from stator.apply.resources.table_properties import MAXIMUMS, NO_MAXIMUM, ON_DEMAND, PROVISIONED
from stator.apply.resources.table_state import NOT_FOUND, SERVICE, description, find

_AS_GIVEN: Final = (
    *("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput"),
    *("GlobalSecondaryIndexes", "LocalSecondaryIndexes", "TableClass", "DeletionProtectionEnabled"),
    "WarmThroughput",
)
_OF_AN_IMPORT: Final = (
    *("AttributeDefinitions", "KeySchema", "BillingMode", "ProvisionedThroughput", "OnDemandThroughput"),
    "GlobalSecondaryIndexes",
)
_KEY_PARTS: Final = ("KeySchema", "Projection", "NonKeyAttributes")  # of an index: only a new one has others
_INDEXES: Final = "GlobalSecondaryIndexes"
_SETTLING: Final = frozenset({"CREATING", "UPDATING", "DELETING"})


def create(endpoint: Endpoint, wanted: Wanted) -> None:
    """Make the table and wait until it is all that is wanted."""
    table_features.check(endpoint, wanted)
    endpoint.until(lambda: description(endpoint, wanted.name) is None)  # One may be on its way out.
    given = wanted.given
    if "ImportSourceSpecification" in given:
        _import(endpoint, wanted)
    else:
        request: dict[str, Any] = {name: given[name] for name in _AS_GIVEN if name in given}
        if "StreamSpecification" in given:
            request["StreamSpecification"] = _stream(given["StreamSpecification"]["StreamViewType"])
        if wanted.properties["SSESpecification"] is not None:
            request["SSESpecification"] = {"Enabled": True, **wanted.properties["SSESpecification"]}
        tags = tag_rows(wanted.tags)
        endpoint.call(SERVICE, "create_table", TableName=wanted.name, **request, Tags=tags)
    _settle(endpoint, wanted.name)
    found = find(endpoint, wanted.name, wanted)
    if found is None:
        raise ApplyError(f"the table {wanted.name} was deleted meanwhile")
    change(endpoint, found, wanted)


def delete(endpoint: Endpoint, name: str) -> None:
    """Delete the table and wait until it is gone."""
    _settle(endpoint, name)
    try:
        endpoint.call(SERVICE, "delete_table", TableName=name)
    except Refused as refusal:
        if refusal.code != NOT_FOUND:
            raise
    endpoint.until(lambda: description(endpoint, name) is None)


def change(endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
    """Change the table in steps, each of which is waited for."""
    _settle(endpoint, wanted.name)
    task = _Task(endpoint, found, wanted)
    for step in _STEPS:
        step(task)


@dataclass(frozen=True)
class _Task:
    endpoint: Endpoint
    found: Found
    wanted: Wanted

    def differs(self, name: str) -> bool:
        return bool(self.before(name) != self.after(name))

    def before(self, name: str) -> Any:
        return self.found.properties.get(name)

    def after(self, name: str) -> Any:
        return self.wanted.properties.get(name)

    def update(self, **request: Any) -> None:
        """One UpdateTable, waited for."""
        self.endpoint.call(SERVICE, "update_table", TableName=self.wanted.name, **request)
        _settle(self.endpoint, self.wanted.name)

    def indexes(self) -> Iterator[tuple[str, Any, Any]]:
        """The names of the global indexes, with what is there and what is wanted."""
        before, after = self.before(_INDEXES), self.after(_INDEXES)
        for name in [*before, *(name for name in after if name not in before)]:
            yield name, before.get(name), after.get(name)

    def given_index(self, name: str) -> dict[str, Any]:
        """The index as a request has it."""
        found: dict[str, Any] = next(row for row in self.wanted.given[_INDEXES] if row["IndexName"] == name)
        return found


def _tags(task: _Task) -> None:
    added, removed = retagged(task.found.tags, task.wanted.tags)
    retag(task.endpoint, task.found.attributes["Arn"], added, removed)


def retag(endpoint: Endpoint, arn: str, added: dict[str, str], removed: list[str]) -> None:
    """Set and remove tags of a table."""
    if removed:
        endpoint.call(SERVICE, "untag_resource", ResourceArn=arn, TagKeys=removed)
    if added:
        endpoint.call(SERVICE, "tag_resource", ResourceArn=arn, Tags=tag_rows(added))


def made_anew(before: dict[str, Any] | None, after: dict[str, Any] | None) -> bool:
    """Whether an index that is there and wanted has to be deleted and made again."""
    return (
        before is not None and after is not None and any(before[part] != after[part] for part in _KEY_PARTS)
    )


def _delete_indexes(task: _Task) -> None:
    for name, before, after in task.indexes():
        if before is not None and (after is None or made_anew(before, after)):
            task.update(GlobalSecondaryIndexUpdates=[{"Delete": {"IndexName": name}}])


def _settings(task: _Task) -> None:
    for name in ("DeletionProtectionEnabled", "TableClass"):
        if task.differs(name):
            task.update(**{name: task.after(name)})


def _capacity(task: _Task) -> None:
    switched = task.differs("BillingMode")
    if switched and task.after("BillingMode") == ON_DEMAND:
        task.update(BillingMode=ON_DEMAND)
    if task.after("BillingMode") == ON_DEMAND:
        return
    updates = [
        {"Update": {"IndexName": name, "ProvisionedThroughput": after["ProvisionedThroughput"]}}
        for name, before, after in _kept(task)
        if before.get("ProvisionedThroughput") != after["ProvisionedThroughput"]
    ]
    request: dict[str, Any] = {"GlobalSecondaryIndexUpdates": updates} if updates else {}
    if switched or task.differs("ProvisionedThroughput"):
        request["ProvisionedThroughput"] = task.after("ProvisionedThroughput")
    if switched:
        request["BillingMode"] = PROVISIONED
    if request:
        task.update(**request)


def _kept(task: _Task) -> list[tuple[str, Any, Any]]:
    return [
        (name, before, after)
        for name, before, after in task.indexes()
        if before is not None and after is not None and not made_anew(before, after)
    ]


def _maximums(task: _Task) -> None:
    if task.after("BillingMode") == PROVISIONED:
        return
    updates = [
        {"Update": {"IndexName": name, "OnDemandThroughput": _maximum(after["OnDemandThroughput"])}}
        for name, before, after in _kept(task)
        if before.get("OnDemandThroughput") != after["OnDemandThroughput"]
    ]
    request: dict[str, Any] = {"GlobalSecondaryIndexUpdates": updates} if updates else {}
    if task.differs("OnDemandThroughput"):
        request["OnDemandThroughput"] = _maximum(task.after("OnDemandThroughput"))
    if request:
        task.update(**request)


def _maximum(wanted: dict[str, int] | None) -> dict[str, int]:
    return {name: (wanted or {}).get(name, NO_MAXIMUM) for name in MAXIMUMS}


def _streams(task: _Task) -> None:
    if not task.differs("StreamSpecification"):
        return
    if task.before("StreamSpecification") is not None:
        task.update(StreamSpecification={"StreamEnabled": False})
    if task.after("StreamSpecification") is not None:
        task.update(StreamSpecification=_stream(task.after("StreamSpecification")))


def _stream(view: str) -> dict[str, Any]:
    return {"StreamEnabled": True, "StreamViewType": view}


def _create_indexes(task: _Task) -> None:
    there = [*task.wanted.given["KeySchema"]]
    there += [
        element for row in task.wanted.given.get("LocalSecondaryIndexes", ()) for element in row["KeySchema"]
    ]
    there += [element for name, *_ in _kept(task) for element in task.given_index(name)["KeySchema"]]
    for name, before, after in task.indexes():
        if after is None or (before is not None and not made_anew(before, after)):
            continue
        index = task.given_index(name)
        there += index["KeySchema"]
        keys = {element["AttributeName"] for element in there}
        defined = [row for row in task.wanted.given["AttributeDefinitions"] if row["AttributeName"] in keys]
        task.update(AttributeDefinitions=defined, GlobalSecondaryIndexUpdates=[{"Create": index}])


def _encryption(task: _Task) -> None:
    if task.differs("SSESpecification"):
        after = task.after("SSESpecification")
        task.update(SSESpecification={"Enabled": False} if after is None else {"Enabled": True, **after})


def _warm(task: _Task) -> None:
    if task.differs("WarmThroughput"):
        task.update(WarmThroughput=task.after("WarmThroughput"))


def _expiry(task: _Task) -> None:
    if not task.differs("TimeToLiveSpecification"):
        return
    endpoint, name = task.endpoint, task.wanted.name

    def status() -> str:
        found = endpoint.call(SERVICE, "describe_time_to_live", TableName=name)["TimeToLiveDescription"]
        return str(found.get("TimeToLiveStatus"))

    for attribute, enabled in (
        (task.before("TimeToLiveSpecification"), False),
        (task.after("TimeToLiveSpecification"), True),
    ):
        if attribute is not None:
            expiry = {"AttributeName": attribute, "Enabled": enabled}
            endpoint.call(SERVICE, "update_time_to_live", TableName=name, TimeToLiveSpecification=expiry)
        if not enabled:
            endpoint.until(lambda: status() not in ("ENABLING", "DISABLING"))


def _recovery(task: _Task) -> None:
    if task.differs("PointInTimeRecoverySpecification"):
        after = task.after("PointInTimeRecoverySpecification")
        recovery = {"PointInTimeRecoveryEnabled": after is not None, **(after or {})}
        task.endpoint.call(
            SERVICE,
            "update_continuous_backups",
            TableName=task.wanted.name,
            PointInTimeRecoverySpecification=recovery,
        )


def _features(task: _Task) -> None:
    table = {"TableName": task.wanted.name, "TableArn": task.found.attributes["Arn"]}
    table_features.write(task.endpoint, table, task.found.properties, task.wanted.properties)


_STEPS: Final = (
    *(_tags, _delete_indexes, _settings, _capacity, _maximums, _streams, _create_indexes),
    *(_encryption, _warm, _expiry, _recovery, _features),
)


def _settle(endpoint: Endpoint, name: str) -> None:
    """Wait until the table and its indexes are ACTIVE, or the table is gone."""

    def settled() -> bool:
        table = description(endpoint, name)
        if table is None:
            return True
        states = {table["TableStatus"], (table.get("SSEDescription") or {}).get("Status")}
        states |= {index.get("IndexStatus") for index in table.get(_INDEXES) or ()}
        return not states & _SETTLING

    endpoint.until(settled)


def _import(endpoint: Endpoint, wanted: Wanted) -> None:
    """Let the endpoint make the table of the objects in a bucket, and wait until it has read them all."""
    given = wanted.given
    source = given["ImportSourceSpecification"]
    table: dict[str, Any] = {name: given[name] for name in _OF_AN_IMPORT if name in given}
    if wanted.properties["SSESpecification"] is not None:
        table["SSESpecification"] = {"Enabled": True, **wanted.properties["SSESpecification"]}
    request = source | {"TableCreationParameters": {"TableName": wanted.name, **table}}
    arn = endpoint.call(SERVICE, "import_table", **request)["ImportTableDescription"]["ImportArn"]
    told: dict[str, Any] = {}

    def ended() -> bool:
        told.update(endpoint.call(SERVICE, "describe_import", ImportArn=arn)["ImportTableDescription"])
        return told["ImportStatus"] not in ("IN_PROGRESS", "CANCELLING")

    endpoint.until(ended)
    if told["ImportStatus"] != "COMPLETED":
        why = told.get("FailureMessage") or told.get("FailureCode") or told["ImportStatus"]
        raise ApplyError(f"the import of the table {wanted.name} failed: {why}".rstrip("."))
