"""What CreateTable refuses, in AWS's order; the shapes have been checked before."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from stator.base.limits import GLOBAL_INDEXES_MAX, LOCAL_INDEXES_MAX, WARM_READ_UNITS, WARM_WRITE_UNITS
from stator.model.requests import CreateTableInput, GlobalSecondaryIndex, LocalSecondaryIndex
from stator.operations.dynamodb import key_rules
from stator.operations.dynamodb.key_rules import first, first_double, out_of_bounds
from stator.operations.dynamodb.rules import (
    API_REFERENCE,
    CAPTURE_2026,
    CAPTURE_OLD,
    GUIDE,
    INVALID,
    OWN,
    Rule,
)
from stator.operations.dynamodb.setting_rules import encryption, on_demand_range, table_class
from stator.operations.dynamodb.tag_rules import tag_refusal


def _on_demand(request: CreateTableInput) -> bool:
    return request.BillingMode == "PAY_PER_REQUEST"


def _capacity_of_mode(request: CreateTableInput) -> str | None:
    if _on_demand(request) and request.ProvisionedThroughput is not None:
        return (
            f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if not _on_demand(request) and request.ProvisionedThroughput is None:
        return (
            f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified "
            "when BillingMode is PROVISIONED"
        )
    return None


def _more_keys_than_definitions(request: CreateTableInput) -> str | None:
    if len(request.KeySchema) > len(request.AttributeDefinitions):
        return "Invalid KeySchema: Some index key attribute have no definition"
    return None


def _definitions_match(request: CreateTableInput) -> str | None:
    """Without indexes, exactly the keys are defined."""
    if request.LocalSecondaryIndexes is not None or request.GlobalSecondaryIndexes is not None:
        return None
    if len(request.KeySchema) == len(request.AttributeDefinitions):
        return None
    return (
        f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes "
        "defined in AttributeDefinitions"
    )


def _local_indexes(request: CreateTableInput) -> str | None:
    indexes = request.LocalSecondaryIndexes
    if indexes is None:
        return None
    if not indexes:
        return f"{INVALID}List of LocalSecondaryIndexes is empty"
    if len(request.KeySchema) < 2:
        return (
            f"{INVALID}Table KeySchema does not have a range key, "
            "which is required when specifying a LocalSecondaryIndex"
        )
    message = first(*(partial(_local_index, request, index) for index in indexes))
    if message is not None:
        return message
    doubled = first_double(index.IndexName for index in indexes)
    if doubled is not None:
        return f"{INVALID}Duplicate index name: {doubled}"
    if len(indexes) > LOCAL_INDEXES_MAX:
        return f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of {LOCAL_INDEXES_MAX}"
    return None


def _local_index(request: CreateTableInput, index: LocalSecondaryIndex) -> str | None:
    return first(
        lambda: key_rules.undefined_keys(index.KeySchema, request.AttributeDefinitions),
        lambda: key_rules.two_element_schema(index.KeySchema),
        lambda: _local_keys(request, index),
        lambda: key_rules.projection(index.Projection),
    )


def _local_keys(request: CreateTableInput, index: LocalSecondaryIndex) -> str | None:
    if len(index.KeySchema) < 2:
        return f"{INVALID}Index KeySchema does not have a range key for index: {index.IndexName}"
    mine, theirs = index.KeySchema[0].AttributeName, request.KeySchema[0].AttributeName
    if mine == theirs:
        return None
    return (
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema "
        f"for index: {index.IndexName}. index hash key: {mine}, table hash key: {theirs}"
    )


def _global_indexes(request: CreateTableInput) -> str | None:
    indexes = request.GlobalSecondaryIndexes
    if indexes is None:
        return None
    if not indexes:
        return f"{INVALID}List of GlobalSecondaryIndexes is empty"
    message = first(*(partial(_global_index, request, index) for index in indexes))
    if message is not None:
        return message
    local = [index.IndexName for index in request.LocalSecondaryIndexes or ()]
    doubled = first_double([*local, *(index.IndexName for index in indexes)])
    if doubled is not None:
        return f"{INVALID}Duplicate index name: {doubled}"
    if len(indexes) > GLOBAL_INDEXES_MAX:
        return f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of {GLOBAL_INDEXES_MAX}"
    return None


def _global_index(request: CreateTableInput, index: GlobalSecondaryIndex) -> str | None:
    return first(
        lambda: key_rules.undefined_keys(index.KeySchema, request.AttributeDefinitions),
        lambda: key_rules.global_index_schema(index.KeySchema),
        lambda: key_rules.projection(index.Projection),
        lambda: index_capacity(index.IndexName, index.ProvisionedThroughput, on_demand=_on_demand(request)),
        lambda: out_of_bounds(index.ProvisionedThroughput),
    )


def index_capacity(name: str, given: Any, *, on_demand: bool) -> str | None:
    """A global index has capacity of its own if, and only if, its table is provisioned."""
    if on_demand and given is not None:
        return (
            f"{INVALID}ProvisionedThroughput should not be specified for index: {name} "
            "when BillingMode is PAY_PER_REQUEST"
        )
    if not on_demand and given is None:
        return f"{INVALID}ProvisionedThroughput is not specified for index: {name}"
    return None


def _unused_definitions(request: CreateTableInput) -> str | None:
    defined = [definition.AttributeName for definition in request.AttributeDefinitions]
    doubled = first_double(defined)
    if doubled is not None:
        return f"Attribute Name is duplicated: {doubled}"
    indexes = [*(request.LocalSecondaryIndexes or ()), *(request.GlobalSecondaryIndexes or ())]
    schemas = [request.KeySchema, *(index.KeySchema for index in indexes)]
    used = list(dict.fromkeys(element.AttributeName for schema in schemas for element in schema))
    if set(defined) <= set(used):
        return None
    return (
        f"{INVALID}Some AttributeDefinitions are not used. "
        f"AttributeDefinitions: [{', '.join(defined)}], keys used: [{', '.join(used)}]"
    )


def _projected(request: CreateTableInput) -> str | None:
    indexes = [*(request.LocalSecondaryIndexes or ()), *(request.GlobalSecondaryIndexes or ())]
    return key_rules.too_many_projected(index.Projection for index in indexes)


def _stream(request: CreateTableInput) -> str | None:
    given = request.StreamSpecification
    if given is None:
        return None
    if given.StreamEnabled and given.StreamViewType is None:
        return f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required"
    if not given.StreamEnabled and given.StreamViewType is not None:
        return (
            f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified"
        )
    return None


def _on_demand_limits(request: CreateTableInput) -> str | None:
    subjects = [("table", request.OnDemandThroughput)]
    subjects += [
        (f"index : {index.IndexName}", index.OnDemandThroughput)
        for index in request.GlobalSecondaryIndexes or ()
    ]
    return first(
        *(
            partial(on_demand_range, subject, given, on_demand=_on_demand(request), removable=False)
            for subject, given in subjects
        )
    )


_WARM_FLOORS: Final = (
    ("ReadUnitsPerSecond", "ReadCapacityUnits", WARM_READ_UNITS),
    ("WriteUnitsPerSecond", "WriteCapacityUnits", WARM_WRITE_UNITS),
)


def _warm(request: CreateTableInput) -> str | None:
    given = request.WarmThroughput
    if given is None:
        return None
    for member, provisioned, initial in _WARM_FLOORS:
        units = getattr(given, member)
        if units is None:
            continue
        if _on_demand(request) and units < initial:
            return (
                f"{INVALID}Requested {member} for WarmThroughput for table is lower than initial throughput "
                "for OnDemand. See: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/"
                "on-demand-capacity-mode.html#on-demand-capacity-mode-initial"
            )
        if not _on_demand(request) and units < getattr(request.ProvisionedThroughput, provisioned):
            return (
                f"{INVALID}Requested {member} for WarmThroughput for table is lower than {provisioned} "
                "of ProvisionedThroughput"
            )
    return None


def _tags(request: CreateTableInput) -> str | None:
    return tag_refusal(request.Tags) if request.Tags else None


_UNSUPPORTED: Final = (
    "ResourcePolicy",
    "GlobalTableSourceArn",
    "GlobalTableSettingsReplicationMode",
    "VectorIndexes",
)


def unsupported(members: tuple[str, ...]) -> Callable[[Any], str | None]:
    """A rule that refuses members of features which are not supported yet."""

    def refusal(request: Any) -> str | None:
        given = next((name for name in members if getattr(request, name) is not None), None)
        return None if given is None else f"{INVALID}{given} is not supported by this server"

    return refusal


CREATE_TABLE: Final = (
    Rule(unsupported(_UNSUPPORTED), OWN),
    Rule(_capacity_of_mode, CAPTURE_2026),
    Rule(lambda request: out_of_bounds(request.ProvisionedThroughput), CAPTURE_OLD),
    Rule(_more_keys_than_definitions, CAPTURE_OLD),
    Rule(
        lambda request: key_rules.undefined_keys(request.KeySchema, request.AttributeDefinitions),
        CAPTURE_2026,
    ),
    Rule(lambda request: key_rules.two_element_schema(request.KeySchema), CAPTURE_2026),
    Rule(_definitions_match, CAPTURE_2026),
    Rule(_local_indexes, CAPTURE_2026),
    Rule(_global_indexes, CAPTURE_2026),
    Rule(_unused_definitions, CAPTURE_2026),
    Rule(_projected, GUIDE),
    Rule(lambda request: table_class(request.TableClass), CAPTURE_2026),
    Rule(_stream, CAPTURE_2026),
    Rule(lambda request: encryption(request.SSESpecification), CAPTURE_2026),
    Rule(_on_demand_limits, CAPTURE_2026),
    Rule(_warm, CAPTURE_2026),
    Rule(_tags, API_REFERENCE),
)
