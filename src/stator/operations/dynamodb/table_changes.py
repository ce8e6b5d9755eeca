"""From requests to definitions: a new table's, and a table's after an update. Pure functions."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from msgspec.structs import replace

from stator.model.requests import (
    CreateTableInput,
    GlobalSecondaryIndexUpdate,
    SSESpecification,
    UpdateTableInput,
)
from stator.operations.dynamodb.key_rules import keys_of
from stator.operations.dynamodb.update_rules import index_update_name
from stator.tables.definition import IndexDefinition, Stream, TableDefinition, Throughput

_DAY_SECONDS: Final = 86_400
_REMOVED: Final = -1

NewSpace = Callable[[], int]


def new_definition(
    request: CreateTableInput, name: str, table_id: str, now: float, active_at: float, new_space: NewSpace
) -> TableDefinition:
    """The definition of a table to be created at `now` and to be shown as ACTIVE from `active_at` on."""
    on_demand = request.BillingMode == "PAY_PER_REQUEST"
    stream = request.StreamSpecification
    return TableDefinition(
        name=name,
        id=table_id,
        space=new_space(),
        created_at=now,
        attributes={each.AttributeName: each.AttributeType for each in request.AttributeDefinitions},
        keys=keys_of(request.KeySchema),
        billing_mode="PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        throughput=_throughput(request.ProvisionedThroughput),
        on_demand_since=now if on_demand else None,
        indexes=_new_indexes(request, active_at, new_space),
        on_demand=_maximums(None, request.OnDemandThroughput),
        warm=_members(request.WarmThroughput),
        table_class=None if request.TableClass == "STANDARD" else request.TableClass,
        deletion_protection=bool(request.DeletionProtectionEnabled),
        encryption=_encryption(request.SSESpecification),
        stream=Stream(stream_label(now), stream.StreamViewType) if stream and stream.StreamEnabled else None,
        tags={tag.Key: tag.Value or "" for tag in request.Tags or ()},
        active_at=active_at,
    )


def _new_indexes(
    request: CreateTableInput, active_at: float, new_space: NewSpace
) -> tuple[IndexDefinition, ...]:
    local = [
        _new_index(given, "local", new_space(), active_at) for given in request.LocalSecondaryIndexes or ()
    ]
    global_ = [
        _new_index(given, "global", new_space(), active_at) for given in request.GlobalSecondaryIndexes or ()
    ]
    return (*local, *global_)


def _new_index(
    given: Any, kind: Any, space: int, active_at: float, *, filled: bool = True
) -> IndexDefinition:
    return IndexDefinition(
        name=given.IndexName,
        kind=kind,
        space=space,
        keys=keys_of(given.KeySchema),
        projection=given.Projection.ProjectionType,
        non_key_attributes=tuple(given.Projection.NonKeyAttributes or ()),
        throughput=_throughput(getattr(given, "ProvisionedThroughput", None)),
        on_demand=_maximums(None, getattr(given, "OnDemandThroughput", None)),
        warm=_members(getattr(given, "WarmThroughput", None)),
        filled=filled,
        active_at=active_at,
    )


def updated_definition(
    definition: TableDefinition,
    request: UpdateTableInput,
    now: float,
    changed_at: float,
    new_space: NewSpace,
) -> TableDefinition:
    """The definition after an update, which is to be shown as complete from `changed_at` on.

    New indexes are not filled; deleted ones are still there, marked.
    """
    changes: dict[str, Any] = {}
    mode = request.BillingMode or definition.billing_mode
    if mode != definition.billing_mode:
        changes["billing_mode"] = mode
        if mode == "PAY_PER_REQUEST":
            changes["on_demand_since"] = now
            changes["throughput"] = Throughput()
    if request.ProvisionedThroughput is not None:
        changes["throughput"] = _throughput(request.ProvisionedThroughput, definition.throughput, now)
    changes["indexes"] = _updated_indexes(definition, request, mode, now, changed_at, new_space)
    changes["attributes"] = _attributes(definition, request)
    if request.StreamSpecification is not None:
        changes["stream"] = _updated_stream(definition, request, now)
    if request.SSESpecification is not None:
        changes["encryption"] = _encryption(request.SSESpecification)
    if request.TableClass is not None:
        changes |= {"table_class": request.TableClass, "table_class_changed_at": now}
    if request.DeletionProtectionEnabled is not None:
        changes["deletion_protection"] = request.DeletionProtectionEnabled
    if request.OnDemandThroughput is not None:
        changes["on_demand"] = _maximums(definition.on_demand, request.OnDemandThroughput)
    if request.WarmThroughput is not None:
        changes["warm"] = (definition.warm or {}) | (_members(request.WarmThroughput) or {})
    return replace(definition, **changes)


def _updated_indexes(
    definition: TableDefinition,
    request: UpdateTableInput,
    mode: str,
    now: float,
    changed_at: float,
    new_space: NewSpace,
) -> tuple[IndexDefinition, ...]:
    updates = {index_update_name(update): update for update in request.GlobalSecondaryIndexUpdates or ()}
    indexes = []
    for index in definition.indexes:
        update = updates.get(index.name)
        changed = index if update is None else _updated_index(index, update, now, changed_at)
        if mode == "PAY_PER_REQUEST" and definition.billing_mode != mode:
            changed = replace(changed, throughput=Throughput())
        indexes.append(changed)
    for update in updates.values():
        if update.Create is not None:
            indexes.append(_new_index(update.Create, "global", new_space(), changed_at, filled=False))
    return tuple(indexes)


def _updated_index(
    index: IndexDefinition, update: GlobalSecondaryIndexUpdate, now: float, changed_at: float
) -> IndexDefinition:
    if update.Delete is not None:
        return replace(index, gone_at=changed_at)
    assert update.Update is not None
    changes: dict[str, Any] = {"updating_until": changed_at}
    if update.Update.ProvisionedThroughput is not None:
        changes["throughput"] = _throughput(update.Update.ProvisionedThroughput, index.throughput, now)
    if update.Update.OnDemandThroughput is not None:
        changes["on_demand"] = _maximums(index.on_demand, update.Update.OnDemandThroughput)
    if update.Update.WarmThroughput is not None:
        changes["warm"] = (index.warm or {}) | (_members(update.Update.WarmThroughput) or {})
    return replace(index, **changes)


def _attributes(definition: TableDefinition, request: UpdateTableInput) -> dict[str, str]:
    """The definitions of key attributes, with those that new indexes bring."""
    given = {each.AttributeName: each.AttributeType for each in request.AttributeDefinitions or ()}
    new = {
        element.AttributeName
        for update in request.GlobalSecondaryIndexUpdates or ()
        if update.Create is not None
        for element in update.Create.KeySchema
    }
    added = {name: kind for name, kind in given.items() if name in new}
    return added | definition.attributes


def _updated_stream(definition: TableDefinition, request: UpdateTableInput, now: float) -> Stream | None:
    given = request.StreamSpecification
    assert given is not None
    if given.StreamEnabled:
        return Stream(stream_label(now), given.StreamViewType)
    return definition.stream and replace(definition.stream, view_type=None)


def stream_label(now: float) -> str:
    """The label of a stream enabled at `now`: the time, to milliseconds."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def _throughput(given: Any, before: Throughput | None = None, now: float = 0.0) -> Throughput:
    """Provisioned capacity, with the times of its last changes; 0 and 0 where none is given."""
    if given is None:
        return Throughput()
    after = Throughput(given.ReadCapacityUnits, given.WriteCapacityUnits)
    if before is None or before.read == 0:
        return after
    increased = after.read > before.read or after.write > before.write
    decreased = after.read < before.read or after.write < before.write
    today = int(now // _DAY_SECONDS) == int((before.decreased_at or 0) // _DAY_SECONDS)
    return replace(
        after,
        increased_at=now if increased else before.increased_at,
        decreased_at=now if decreased else before.decreased_at,
        decreases_today=(before.decreases_today if today else 0) + decreased,
    )


def _maximums(before: dict[str, int] | None, given: Any) -> dict[str, int] | None:
    """On-demand maximums after a change; -1 removes one."""
    merged = (before or {}) | (_members(given) or {})
    return {name: units for name, units in merged.items() if units != _REMOVED} or None


def _members(given: Any) -> dict[str, int] | None:
    if given is None:
        return None
    return {name: value for name in given.__struct_fields__ if (value := getattr(given, name)) is not None}


def _encryption(given: SSESpecification | None) -> dict[str, Any] | None:
    """What is kept of encryption with KMS; None for the default, a key of the owner of the service."""
    if given is None or not given.Enabled:
        return None
    return {"KMSMasterKeyId": given.KMSMasterKeyId}
