"""What UpdateTable refuses by the table as it is, in AWS's order. Rules are asked with (change,)."""

from collections.abc import Iterable
from typing import Any, Final

from stator.base.limits import GLOBAL_INDEXES_MAX
from stator.operations.dynamodb.rules import keys, settings
from stator.operations.dynamodb.rules.change import Change
from stator.operations.dynamodb.rules.in_use import UPDATE_TABLE_IN_USE
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    CAPTURE_OLD,
    INVALID,
    Broken,
    Each,
    Rule,
    moment,
)
from stator.operations.dynamodb.rules.update_settings import SETTINGS
from stator.operations.dynamodb.rules.update_table import index_update_name
from stator.tables.definition import Throughput, day_of, index_status

Parts = Iterable[tuple[Any, ...]]

_NOT_FOUND: Final = "ResourceNotFoundException"
_LIMIT: Final = "LimitExceededException"
_SUBSCRIBER: Final = "Subscriber limit exceeded: "


# Billing modes.


def _needless_capacity(change: Change) -> Broken:
    return change.request.ProvisionedThroughput is not None and change.is_on_demand


def _index_without_capacity(change: Change) -> Broken:
    """A table that becomes provisioned needs capacity for each of its global indexes."""
    if change.request.BillingMode != "PROVISIONED" or change.definition.billing_mode == "PROVISIONED":
        return None
    given = {update.IndexName for update in change.updated if update.ProvisionedThroughput is not None}
    missing = next((index.name for index in change.living if index.name not in given), None)
    return None if missing is None else {"name": missing}


_BILLING: Final = (
    Rule(
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
        _needless_capacity,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}ProvisionedThroughput must be specified for index: {{name}}",
        _index_without_capacity,
        CAPTURE_2026,
    ),
)


# Which indexes there are.


def _exists(change: Change) -> Broken:
    return any(change.definition.index(create.IndexName) for create in change.created)


def _local(change: Change) -> Broken:
    for update in change.updates:
        index = change.definition.index(index_update_name(update))
        if index is not None and index.kind == "local" and not update.Create:
            return {"verb": "delete" if update.Delete else "update", "index": index.name}
    return None


def _unknown(change: Change) -> Broken:
    for update in change.updates:
        name = index_update_name(update)
        if update.Create is None and change.index(name) is None:
            return {"index": name, "name": change.definition.name}
    return None


def _undefined(change: Change) -> Parts:
    """New indexes with keys that are defined neither in the table nor in the request."""
    given = change.request.AttributeDefinitions or []
    defined = {*change.definition.attributes, *(each.AttributeName for each in given)}
    for create in change.created:
        if any(element.AttributeName not in defined for element in create.KeySchema):
            yield create, change.request.AttributeDefinitions


def _several_online(change: Change) -> Broken:
    """The back-fill of an index may be ended by deleting it, but nothing else may begin meanwhile."""
    online = [index_update_name(update) for update in change.updates if update.Update is None]
    on_their_way = {
        index.name
        for index in change.definition.global_indexes
        if index.deleting or index_status(index) == "CREATING"
    }
    return len(online) > 1 or (bool(online) and bool(on_their_way - set(online)))


def _too_many(change: Change) -> Broken:
    return sum(1 for _ in change.living) + len(change.created) > GLOBAL_INDEXES_MAX


def _projected(change: Change) -> Parts:
    if change.created:
        names: list[Any] = [index.non_key_attributes for index in change.definition.indexes]
        yield ([*names, *(create.Projection.NonKeyAttributes or () for create in change.created)],)


_INDEXES: Final = (
    Rule("Attempting to create an index which already exists", _exists, CAPTURE_2026),
    Rule("Cannot {verb} an index that is not a GlobalSecondaryIndex: {index}", _local, CAPTURE_OLD),
    Rule("Requested resource not found: Index {index} for table {name}", _unknown, CAPTURE_2026, _NOT_FOUND),
    Each(
        "each new index",
        _undefined,
        (
            Rule(
                f"{INVALID}AttributeDefinitions is not specified for index: {{name}}",
                lambda create, definitions: {"name": create.IndexName} if definitions is None else None,
                CAPTURE_2026,
            ),
            Each(
                "each new index",
                lambda create, definitions: [(create.KeySchema, definitions)],
                (keys.DEFINED,),
            ),
        ),
    ),
    Rule(
        f"{_SUBSCRIBER}Only 1 online index can be created or deleted simultaneously per table",
        _several_online,
        CAPTURE_2026,
        _LIMIT,
    ),
    Rule(
        f"{_SUBSCRIBER}Number of global secondary indexes exceeds per-table limit of {GLOBAL_INDEXES_MAX}",
        _too_many,
        CAPTURE_2026,
        _LIMIT,
    ),
    Each("all indexes", _projected, keys.PROJECTED),
)


# Capacity. Rules of one change of capacity are asked with (subject, kind of subject, before, given, change).


def _capacities(change: Change) -> Parts:
    """What stays provisioned and is given capacity: the table, then its indexes."""
    if change.definition.billing_mode != "PROVISIONED" or change.is_on_demand:
        return
    given = change.request.ProvisionedThroughput
    if given is not None:
        yield "table", "table", change.definition.throughput, given, change
    for update in change.updated:
        index = change.index(update.IndexName)
        if index is not None and update.ProvisionedThroughput is not None:
            yield f"index {index.name}", "index", index.throughput, update.ProvisionedThroughput, change


def _unchanged(subject: str, kind: str, before: Throughput, given: Any, change: Change) -> Broken:
    if (before.read, before.write) != (given.ReadCapacityUnits, given.WriteCapacityUnits):
        return None
    return {"subject": subject, "kind": kind, "read": before.read, "write": before.write}


_FREE_DECREASES: Final = 4
_DECREASE_PAUSE_SECONDS: Final = 3_600


def _too_many_decreases(subject: str, kind: str, before: Throughput, given: Any, change: Change) -> Broken:
    decreases = given.ReadCapacityUnits < before.read or given.WriteCapacityUnits < before.write
    last = before.decreased_at
    if not change.pacing or not decreases or last is None or day_of(last) != day_of(change.now):
        return None
    if before.decreases_today < _FREE_DECREASES or change.now >= last + _DECREASE_PAUSE_SECONDS:
        return None
    return {
        "count": before.decreases_today,
        "last": moment(last),
        "next": moment(last + _DECREASE_PAUSE_SECONDS),
    }


_CAPACITY: Final = (
    Rule(
        "The provisioned throughput for the {subject} will not change. "
        "The requested value equals the current value. "
        "Current ReadCapacityUnits provisioned for the {kind}: {read}. Requested ReadCapacityUnits: {read}. "
        "Current WriteCapacityUnits provisioned for the {kind}: {write}. "
        "Requested WriteCapacityUnits: {write}. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        _unchanged,
        CAPTURE_2026,
    ),
    Rule(
        f"{_SUBSCRIBER}Provisioned throughput decreases are limited within a given UTC day. "
        "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed "
        "at most once every 3600 seconds. Number of decreases today: {count}. Last decrease at {last}. "
        "Next decrease can be made at {next}",
        _too_many_decreases,
        CAPTURE_OLD,
        _LIMIT,
    ),
)


# Capacity of indexes and the billing mode. Asked with (update or creation, on demand).


def _capacities_of_indexes(change: Change) -> Parts:
    for action in (*change.updated, *change.created):
        yield action, change.is_on_demand


def _maximums(change: Change) -> Parts:
    yield change.request.OnDemandThroughput, None, change.is_on_demand, True
    actions: list[Any] = [*change.updated, *change.created]
    for action in actions:
        yield action.OnDemandThroughput, action.IndexName, change.is_on_demand, True


def _index_capacity_needless(action: Any, on_demand: bool) -> Broken:
    if not on_demand or action.ProvisionedThroughput is None:
        return None
    return {"index": action.IndexName}


def _index_capacity_missing(action: Any, on_demand: bool) -> Broken:
    other = action.OnDemandThroughput or action.WarmThroughput
    if on_demand or action.ProvisionedThroughput is not None or (other and not hasattr(action, "KeySchema")):
        return None
    return {"index": action.IndexName}


def _index_update_empty(action: Any, on_demand: bool) -> Broken:
    if not on_demand or hasattr(action, "KeySchema"):
        return None
    return None if action.OnDemandThroughput or action.WarmThroughput else {"index": action.IndexName}


_INDEX_BILLING: Final = (
    Each(
        "each index update",
        _capacities_of_indexes,
        (
            Rule(
                f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
                "for index: {index} when BillingMode is PAY_PER_REQUEST",
                _index_capacity_needless,
                CAPTURE_2026,
            ),
            Rule(
                f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified "
                "for index: {index}",
                _index_capacity_missing,
                CAPTURE_2026,
            ),
            Rule(
                f"{INVALID}The only Updates for index: {{index}} when TableThroughputMode is "
                "PAY_PER_REQUEST can be to OnDemandThroughput, WarmThroughput",
                _index_update_empty,
                CAPTURE_2026,
            ),
        ),
    ),
    Each("the table, each index update", _maximums, settings.ON_DEMAND),
)


# Streams.


def _streaming(change: Change) -> bool:
    return change.definition.stream is not None and change.definition.stream.view_type is not None


def _stream(broken: Any) -> Any:
    """A rule of what is asked of the stream: it is asked with (specification, whether there is a stream)."""

    def of_change(change: Change) -> Broken:
        given = change.request.StreamSpecification
        if given is None or not broken(given, _streaming(change)):
            return None
        return {"name": change.definition.name}

    return of_change


_STREAMS: Final = (
    Rule(
        "Table already has an enabled stream: TableName: {name}",
        _stream(lambda given, streaming: given.StreamEnabled and streaming),
        CAPTURE_2026,
    ),
    Rule(
        "Table has no stream to disable: TableName: {name}",
        _stream(lambda given, streaming: not given.StreamEnabled and not streaming),
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}If stream is being enabled then UpdateViewType is required",
        _stream(lambda given, streaming: given.StreamEnabled and given.StreamViewType is None),
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
        _stream(lambda given, streaming: not given.StreamEnabled and given.StreamViewType is not None),
        CAPTURE_2026,
    ),
)

UPDATE_TABLE_AS_IT_IS: Final = (
    *UPDATE_TABLE_IN_USE,
    *_BILLING,
    *_INDEXES,
    Each("the table, each global index", _capacities, _CAPACITY),
    Each(
        "the table",
        lambda change: [(change.request.ProvisionedThroughput, change.region)],
        settings.TABLE_MAXIMUM,
    ),
    *_INDEX_BILLING,
    *_STREAMS,
    *SETTINGS,
)
