"""From requests to definitions: a new table's, and a table's after an update. Pure functions.

A definition made here says what is under way, until `until`: it is what the reply shows, and `settle` makes
it what is kept. An update of capacity, warm throughput or encryption waits in `update`; all else holds now.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec.structs import replace

from stator.model.requests import (
    CreateTableInput,
    GlobalSecondaryIndexUpdate,
    KeySchemaElement,
    SSESpecification,
    StreamSpecification,
    UpdateTableInput,
)
from stator.operations.dynamodb.rules.update_table import given_changes, index_update_name
from stator.tables.definition import (
    NEVER,
    Encryption,
    IndexDefinition,
    Keys,
    Stream,
    TableDefinition,
    Throughput,
    Update,
    day_of,
    warm_throughput,
)

_REMOVED: Final = -1
_CHANGES_KEPT: Final = 8  # of a setting whose changes are limited: more than any limit looks at

NewSpace = Callable[[], int]


# A new table.


def new_definition(
    request: CreateTableInput,
    name: str,
    table_id: str,
    now: float,
    until: float,
    new_space: NewSpace,
    stream_label: str,
) -> TableDefinition:
    """The definition of a table that is created from `now` until `until`. Its stream has the label."""
    on_demand = request.BillingMode == "PAY_PER_REQUEST"
    return TableDefinition(
        name=name,
        id=table_id,
        space=new_space(),
        created_at=now,
        attributes={each.AttributeName: each.AttributeType for each in request.AttributeDefinitions},
        keys=_keys(request.KeySchema),
        billing_mode="PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        throughput=given_throughput(request.ProvisionedThroughput),
        on_demand_since=now if on_demand else None,
        indexes=_new_indexes(request, until, new_space),
        collections=new_space() if request.LocalSecondaryIndexes else None,
        on_demand=given_maximums(request.OnDemandThroughput),
        warm=_members(request.WarmThroughput),
        table_class=None if request.TableClass == "STANDARD" else request.TableClass,
        deletion_protection=bool(request.DeletionProtectionEnabled),
        encryption=given_encryption(request.SSESpecification),
        log=new_space() if _streams(request.StreamSpecification) else None,
        stream=_new_stream(request, stream_label),
        tags={tag.Key: tag.Value or "" for tag in request.Tags or ()},
        active_at=until,
    )


def _keys(schema: Iterable[KeySchemaElement]) -> Keys:
    elements = list(schema)
    return Keys(
        hash=tuple(element.AttributeName for element in elements if element.KeyType == "HASH"),
        range=tuple(element.AttributeName for element in elements if element.KeyType == "RANGE"),
    )


def _new_indexes(request: CreateTableInput, until: float, new_space: NewSpace) -> tuple[IndexDefinition, ...]:
    local = [_new_index(given, "local", new_space(), NEVER) for given in request.LocalSecondaryIndexes or ()]
    global_ = [
        _new_index(given, "global", new_space(), until) for given in request.GlobalSecondaryIndexes or ()
    ]
    return (*local, *global_)


def _new_index(given: Any, kind: Any, space: int, until: float) -> IndexDefinition:
    return IndexDefinition(
        name=given.IndexName,
        kind=kind,
        space=space,
        keys=_keys(given.KeySchema),
        projection=given.Projection.ProjectionType,
        non_key_attributes=tuple(given.Projection.NonKeyAttributes or ()),
        throughput=given_throughput(getattr(given, "ProvisionedThroughput", None)),
        on_demand=given_maximums(getattr(given, "OnDemandThroughput", None)),
        warm=_members(getattr(given, "WarmThroughput", None)),
        active_at=until,
    )


# An update of a table.


def updated_definition(
    definition: TableDefinition,
    request: UpdateTableInput,
    now: float,
    until: float,
    new_space: NewSpace,
    stream_label: str,
) -> TableDefinition:
    """The definition of a table that is changed from `now` until `until`.

    Deleted indexes are still there, marked; new ones are not filled yet. A new stream has the label.
    """
    mode = request.BillingMode or definition.billing_mode
    switched = mode != definition.billing_mode
    changes: dict[str, Any] = {
        "billing_mode": mode,
        "indexes": _updated_indexes(definition, request, now, until, new_space),
        "attributes": _attributes(definition, request),
    }
    if switched:
        changes |= {"on_demand_since": now} if mode == "PAY_PER_REQUEST" else {"on_demand": None}
    if request.StreamSpecification is not None:
        changes["stream"] = _updated_stream(definition, request, stream_label)
        if definition.log is None and request.StreamSpecification.StreamEnabled:
            changes["log"] = new_space()
    if request.TableClass is not None:
        changes["table_class"] = request.TableClass
        changes["table_class_changes"] = _lately(definition.table_class_changes, now)
    if request.SSESpecification is not None:
        changes["encryption_changes"] = _lately(definition.encryption_changes, now)
    if request.DeletionProtectionEnabled is not None:
        changes["deletion_protection"] = request.DeletionProtectionEnabled
        changes["deletion_protection_changed_at"] = now
    if request.OnDemandThroughput is not None:
        changes["on_demand"] = given_maximums(request.OnDemandThroughput, definition.on_demand)
    own = tuple(name for name in given_changes(request) if name != "GlobalSecondaryIndexUpdates")
    if own:
        changes["update"] = Update(
            until=until,
            members=own,
            throughput=_next_throughput(definition, request, now, switched),
            warm=_warmer(definition, request.WarmThroughput),
            encryption=given_encryption(request.SSESpecification),
        )
    return replace(definition, **changes)


def _next_throughput(
    definition: TableDefinition, request: UpdateTableInput, now: float, switched: bool
) -> Throughput | None:
    if request.ProvisionedThroughput is not None:
        return given_throughput(request.ProvisionedThroughput, definition.throughput, now)
    return Throughput() if switched else None


def _lately(times: tuple[float, ...], now: float) -> tuple[float, ...]:
    return (*times, now)[-_CHANGES_KEPT:]


def _updated_indexes(
    definition: TableDefinition, request: UpdateTableInput, now: float, until: float, new_space: NewSpace
) -> tuple[IndexDefinition, ...]:
    updates = {index_update_name(update): update for update in request.GlobalSecondaryIndexUpdates or ()}
    becomes_on_demand = request.BillingMode == "PAY_PER_REQUEST" != definition.billing_mode
    becomes_provisioned = request.BillingMode == "PROVISIONED" != definition.billing_mode
    indexes = []
    for index in definition.indexes:
        update = updates.get(index.name)
        if becomes_provisioned:
            index = replace(index, on_demand=None)
        if update is not None:
            indexes.append(_updated_index(index, update, now, until))
        elif becomes_on_demand and index.kind == "global" and not index.deleting:
            indexes.append(replace(index, update=Update(until, throughput=Throughput())))
        else:
            indexes.append(index)
    for update in updates.values():
        if update.Create is not None:
            index = _new_index(update.Create, "global", new_space(), until)
            indexes.append(replace(index, filled=False))
    return tuple(indexes)


def _updated_index(
    index: IndexDefinition, update: GlobalSecondaryIndexUpdate, now: float, until: float
) -> IndexDefinition:
    if update.Delete is not None:
        return replace(index, gone_at=until, update=None)
    assert update.Update is not None
    given = update.Update.ProvisionedThroughput
    under_way = Update(
        until=until,
        throughput=given_throughput(given, index.throughput, now) if given is not None else None,
        warm=_warmer(index, update.Update.WarmThroughput),
    )
    maximums = given_maximums(update.Update.OnDemandThroughput, index.on_demand)
    return replace(index, update=under_way, on_demand=maximums)


def _attributes(definition: TableDefinition, request: UpdateTableInput) -> dict[str, str]:
    """The definitions of key attributes, with those that new indexes bring."""
    new = {
        element.AttributeName
        for update in request.GlobalSecondaryIndexUpdates or ()
        if update.Create is not None
        for element in update.Create.KeySchema
    }
    given = {each.AttributeName: each.AttributeType for each in request.AttributeDefinitions or ()}
    return {name: kind for name, kind in given.items() if name in new} | definition.attributes


def _streams(given: StreamSpecification | None) -> bool:
    return given is not None and given.StreamEnabled


def _new_stream(request: CreateTableInput, label: str) -> Stream | None:
    given = request.StreamSpecification
    return Stream(label, given.StreamViewType) if given is not None and given.StreamEnabled else None


def _updated_stream(definition: TableDefinition, request: UpdateTableInput, label: str) -> Stream | None:
    """The setting after a change."""
    given, before = request.StreamSpecification, definition.stream
    assert given is not None
    if not given.StreamEnabled:
        return before and replace(before, view_type=None)
    return Stream(label, given.StreamViewType)


# Members that tables and indexes share.


def given_throughput(given: Any, before: Throughput | None = None, now: float = 0.0) -> Throughput:
    """Provisioned capacity, with the times of its last changes; 0 and 0 where none is given."""
    if given is None:
        return Throughput()
    after = Throughput(given.ReadCapacityUnits, given.WriteCapacityUnits)
    if before is None or before.read == 0:
        return after
    increased = after.read > before.read or after.write > before.write
    decreased = after.read < before.read or after.write < before.write
    today = before.decreased_at is not None and day_of(now) == day_of(before.decreased_at)
    return replace(
        after,
        increased_at=now if increased else before.increased_at,
        decreased_at=now if decreased else before.decreased_at,
        decreases_today=(before.decreases_today if today else 0) + decreased,
    )


def given_maximums(given: Any, before: dict[str, int] | None = None) -> dict[str, int] | None:
    """On-demand maximums after a change; -1 removes one."""
    merged = (before or {}) | (_members(given) or {})
    return {name: units for name, units in merged.items() if units != _REMOVED} or None


def _warmer(subject: TableDefinition | IndexDefinition, given: Any) -> dict[str, int] | None:
    """Warm throughput after a change; None if nothing of it is asked for."""
    asked = _members(given)
    return None if asked is None else warm_throughput(subject) | asked


def _members(given: Any) -> dict[str, int] | None:
    if given is None:
        return None
    return {name: value for name in given.__struct_fields__ if (value := getattr(given, name)) is not None}


def given_encryption(given: SSESpecification | None) -> Encryption | None:
    """Encryption with KMS; None for the default, a key of the owner of the service."""
    return Encryption(given.KMSMasterKeyId) if given is not None and given.Enabled else None
