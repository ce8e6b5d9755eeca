"""What CreateTable refuses, in AWS's order. The shapes have been checked before."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from stator.base.limits import GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, WARM_READ_UNITS, WARM_WRITE_UNITS
from stator.model.requests import CreateTableInput
from stator.operations.dynamodb.rules import keys, settings, tags
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    CAPTURE_OLD,
    INVALID,
    UNVERIFIED,
    Broken,
    Each,
    Rule,
    first_double,
    unsupported,
)

_UNSUPPORTED: Final = (
    "ResourcePolicy",
    "GlobalTableSourceArn",
    "GlobalTableSettingsReplicationMode",
    "VectorIndexes",
)

Parts = Iterable[tuple[Any, ...]]


def _on_demand(request: CreateTableInput) -> bool:
    return request.BillingMode == "PAY_PER_REQUEST"


def _indexes(request: CreateTableInput) -> list[Any]:
    return [*(request.LocalSecondaryIndexes or ()), *(request.GlobalSecondaryIndexes or ())]


# Capacity and the table's own key.


def _definitions_do_not_match(request: CreateTableInput) -> Broken:
    if request.LocalSecondaryIndexes is not None or request.GlobalSecondaryIndexes is not None:
        return None
    return len(request.KeySchema) != len(request.AttributeDefinitions)


_CAPACITY: Final = (
    Rule(
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
        lambda request: _on_demand(request) and request.ProvisionedThroughput is not None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified "
        "when BillingMode is PROVISIONED",
        lambda request: not _on_demand(request) and request.ProvisionedThroughput is None,
        CAPTURE_2026,
    ),
    Each("the table", lambda request: [(request.ProvisionedThroughput,)], settings.IN_BOUNDS),
)
_KEYS: Final = (
    Rule(
        "Invalid KeySchema: Some index key attribute have no definition",
        lambda request: len(request.KeySchema) > len(request.AttributeDefinitions),
        CAPTURE_OLD,
    ),
    Each(
        "the table",
        lambda request: [(request.KeySchema, request.AttributeDefinitions)],
        (keys.DEFINED, *keys.TWO_KEYS),
    ),
    Rule(
        f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes "
        "defined in AttributeDefinitions",
        _definitions_do_not_match,
        CAPTURE_2026,
    ),
)


# Indexes. Rules of one index are asked with (request, index, names of the indexes before it).


def _local_indexes(request: CreateTableInput) -> Iterator[tuple[Any, ...]]:
    given = request.LocalSecondaryIndexes or []
    names = [index.IndexName for index in given]
    return ((request, index, names[:position]) for position, index in enumerate(given))


def _global_indexes(request: CreateTableInput) -> Iterator[tuple[Any, ...]]:
    given = request.GlobalSecondaryIndexes or []
    local = [index.IndexName for index in request.LocalSecondaryIndexes or ()]
    names = [*local, *(index.IndexName for index in given)]
    return ((request, index, names[: len(local) + position]) for position, index in enumerate(given))


def _index_keys(request: CreateTableInput, index: Any, earlier: list[str]) -> Parts:
    return [(index.KeySchema, request.AttributeDefinitions)]


def _projection(request: CreateTableInput, index: Any, earlier: list[str]) -> Parts:
    return [(index.Projection,)]


def _name(request: CreateTableInput, index: Any, earlier: list[str]) -> Broken:
    return {"name": index.IndexName} if index.IndexName in earlier else None


def _without_range(request: CreateTableInput, index: Any, earlier: list[str]) -> Broken:
    return {"name": index.IndexName} if len(index.KeySchema) < 2 else None


def _other_hash(request: CreateTableInput, index: Any, earlier: list[str]) -> Broken:
    mine, theirs = index.KeySchema[0].AttributeName, request.KeySchema[0].AttributeName
    return None if mine == theirs else {"name": index.IndexName, "mine": mine, "theirs": theirs}


def _needless_capacity(request: CreateTableInput, index: Any, earlier: list[str]) -> Broken:
    if not _on_demand(request) or index.ProvisionedThroughput is None:
        return None
    return {"name": index.IndexName}


def _missing_capacity(request: CreateTableInput, index: Any, earlier: list[str]) -> Broken:
    if _on_demand(request) or index.ProvisionedThroughput is not None:
        return None
    return {"name": index.IndexName}


def _index_capacity(request: CreateTableInput, index: Any, earlier: list[str]) -> Parts:
    return [(index.ProvisionedThroughput,)]


_UNIQUE: Final = Rule(f"{INVALID}Duplicate index name: {{name}}", _name, CAPTURE_OLD)
_LOCAL_INDEX: Final = (
    Each("each local index", _index_keys, (keys.DEFINED, *keys.TWO_KEYS)),
    Rule(
        f"{INVALID}Index KeySchema does not have a range key for index: {{name}}",
        _without_range,
        CAPTURE_OLD,
    ),
    Rule(
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema "
        "for index: {name}. index hash key: {mine}, table hash key: {theirs}",
        _other_hash,
        CAPTURE_OLD,
    ),
    Each("each local index", _projection, keys.PROJECTION),
    _UNIQUE,
)
_GLOBAL_INDEX: Final = (
    Each("each global index", _index_keys, (keys.DEFINED, *keys.UP_TO_EIGHT_KEYS)),
    Each("each global index", _projection, keys.PROJECTION),
    Rule(
        f"{INVALID}ProvisionedThroughput should not be specified for index: {{name}} "
        "when BillingMode is PAY_PER_REQUEST",
        _needless_capacity,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}ProvisionedThroughput is not specified for index: {{name}}",
        _missing_capacity,
        CAPTURE_2026,
    ),
    Each("each global index", _index_capacity, settings.IN_BOUNDS),
    _UNIQUE,
)
_INDEXES: Final = (
    Rule(
        f"{INVALID}List of LocalSecondaryIndexes is empty",
        lambda request: request.LocalSecondaryIndexes == [],
        CAPTURE_OLD,
    ),
    Rule(
        f"{INVALID}Table KeySchema does not have a range key, "
        "which is required when specifying a LocalSecondaryIndex",
        lambda request: bool(request.LocalSecondaryIndexes) and len(request.KeySchema) < 2,
        CAPTURE_OLD,
    ),
    Each("each local index", _local_indexes, _LOCAL_INDEX),
    Rule(
        f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}",
        lambda request: len(request.LocalSecondaryIndexes or ()) > LOCAL_INDEXES_MAX,
        CAPTURE_OLD,
    ),
    Rule(
        f"{INVALID}List of GlobalSecondaryIndexes is empty",
        lambda request: request.GlobalSecondaryIndexes == [],
        CAPTURE_OLD,
    ),
    Each("each global index", _global_indexes, _GLOBAL_INDEX),
    Rule(
        f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}",
        lambda request: len(request.GlobalSecondaryIndexes or ()) > GLOBAL_INDEXES_MAX,
        CAPTURE_OLD,
    ),
)


# What spans the table and its indexes.


def _unused_definitions(request: CreateTableInput) -> Broken:
    defined = list(dict.fromkeys(each.AttributeName for each in request.AttributeDefinitions))
    schemas = [request.KeySchema, *(index.KeySchema for index in _indexes(request))]
    used = list(dict.fromkeys(element.AttributeName for schema in schemas for element in schema))
    if set(defined) <= set(used):
        return None
    return {"defined": ", ".join(defined), "used": ", ".join(used)}


def _defined_twice(request: CreateTableInput) -> Broken:
    name = first_double(each.AttributeName for each in request.AttributeDefinitions)
    return None if name is None else {"name": name}


def _projected(request: CreateTableInput) -> Parts:
    return [([index.Projection.NonKeyAttributes or () for index in _indexes(request)],)]


_TOGETHER: Final = (
    Rule(
        f"{INVALID}Some AttributeDefinitions are not used. "
        "AttributeDefinitions: [{defined}], keys used: [{used}]",
        _unused_definitions,
        CAPTURE_OLD,
    ),
    Rule("Attribute Name is duplicated: {name}", _defined_twice, CAPTURE_OLD),
    Each("all indexes", _projected, keys.PROJECTED),
)


# Settings.


def _stream_without_view(request: CreateTableInput) -> Broken:
    given = request.StreamSpecification
    return given is not None and given.StreamEnabled and given.StreamViewType is None


def _view_without_stream(request: CreateTableInput) -> Broken:
    given = request.StreamSpecification
    return given is not None and not given.StreamEnabled and given.StreamViewType is not None


def _maximums(request: CreateTableInput) -> Parts:
    on_demand = _on_demand(request)
    yield request.OnDemandThroughput, None, on_demand, False
    for index in request.GlobalSecondaryIndexes or ():
        yield index.OnDemandThroughput, index.IndexName, on_demand, False


_WARM_FLOORS: Final = (
    ("ReadUnitsPerSecond", "ReadCapacityUnits", WARM_READ_UNITS),
    ("WriteUnitsPerSecond", "WriteCapacityUnits", WARM_WRITE_UNITS),
)


def _warm(request: CreateTableInput) -> Parts:
    on_demand = _on_demand(request)
    yield "table", request.WarmThroughput, request.ProvisionedThroughput, on_demand
    for index in request.GlobalSecondaryIndexes or ():
        yield f"index : {index.IndexName}", index.WarmThroughput, index.ProvisionedThroughput, on_demand


def _below_initial(place: str, warm: Any, provisioned: Any, on_demand: bool) -> Broken:
    for member, _, initial in _WARM_FLOORS:
        if on_demand and (getattr(warm, member, None) or initial) < initial:
            return {"member": member, "place": place}
    return None


def _below_provisioned(place: str, warm: Any, provisioned: Any, on_demand: bool) -> Broken:
    for member, capacity, _ in _WARM_FLOORS:
        units = getattr(warm, member, None)
        if not on_demand and units is not None and units < getattr(provisioned, capacity):
            return {"member": member, "place": place, "capacity": capacity}
    return None


_SETTINGS: Final = (
    Each("the table", lambda request: [(request.TableClass,)], settings.TABLE_CLASS),
    Rule(
        f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
        _stream_without_view,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified",
        _view_without_stream,
        CAPTURE_2026,
    ),
    Each("the table", lambda request: [(request.SSESpecification,)], settings.ENCRYPTION),
    Each("the table, each global index", _maximums, settings.ON_DEMAND),
    Each(
        "the table, each global index",
        _warm,
        (
            Rule(
                f"{INVALID}Requested {{member}} for WarmThroughput for {{place}} is lower than initial "
                "throughput for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/"
                "developerguide/on-demand-capacity-mode.html#on-demand-capacity-mode-initial",
                _below_initial,
                UNVERIFIED,
            ),
            Rule(
                f"{INVALID}Requested {{member}} for WarmThroughput for {{place}} is lower than {{capacity}} "
                "of ProvisionedThroughput",
                _below_provisioned,
                CAPTURE_2026,
            ),
        ),
    ),
    Each("the table", lambda request: [(request.Tags or (),)], tags.TAGS),
)

# Asked with (request,).
CREATE_TABLE: Final = (unsupported(_UNSUPPORTED), *_CAPACITY, *_KEYS, *_INDEXES, *_TOGETHER, *_SETTINGS)

# Asked with (request, name of the table, its definition or None, region).
CREATE_TABLE_AS_IT_IS: Final = (
    Rule(
        "Table already exists: {name}",
        lambda request, name, existing, region: None if existing is None else {"name": name},
        CAPTURE_2026,
        "ResourceInUseException",
    ),
    Each(
        "the table",
        lambda request, name, existing, region: [(request.ProvisionedThroughput, region)],
        settings.TABLE_MAXIMUM,
    ),
)
