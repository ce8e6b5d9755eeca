"""What UpdateTable refuses by the request alone, in AWS's order. The shapes have been checked before."""

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from stator.model.requests import GlobalSecondaryIndexUpdate, UpdateTableInput
from stator.operations.dynamodb.rules import keys, settings
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    INVALID,
    Broken,
    Each,
    Rule,
    first_double,
    unsupported,
)

_CHANGES: Final = (
    "ProvisionedThroughput",
    "BillingMode",
    "StreamSpecification",
    "GlobalSecondaryIndexUpdates",
    "SSESpecification",
    "DeletionProtectionEnabled",
    "OnDemandThroughput",
    "WarmThroughput",
    "TableClass",
)
_UNSUPPORTED: Final = (
    "ReplicaUpdates",
    "MultiRegionConsistency",
    "GlobalTableWitnessUpdates",
    "GlobalTableSettingsReplicationMode",
    "DisassociationProtectionEnabled",
    "VectorIndexUpdates",
)

Parts = Iterable[tuple[Any, ...]]


def given_changes(request: UpdateTableInput) -> list[str]:
    """The members of a request that change something."""
    return [name for name in _CHANGES if _changes_something(getattr(request, name))]


def _changes_something(value: Any) -> bool:
    if isinstance(value, msgspec.Struct):
        return any(getattr(value, name) is not None for name in value.__struct_fields__)
    return value is not None and value != []


def index_update_name(update: GlobalSecondaryIndexUpdate) -> str:
    """The index that an update is about."""
    action = update.Update or update.Create or update.Delete
    assert action is not None
    return action.IndexName


def _nothing(request: UpdateTableInput) -> Broken:
    """AWS names what could have been given, without what was given but is empty."""
    if given_changes(request):
        return None
    empty = request.GlobalSecondaryIndexUpdates is not None
    return {"indexes": "" if empty else "GlobalSecondaryIndexUpdates, "}


# What must be alone, and what may not go together.


def _not_alone(member: str) -> Any:
    def broken(request: UpdateTableInput) -> Broken:
        given = given_changes(request)
        return member in given and len(given) > 1

    return broken


def _creates_or_deletes_index(request: UpdateTableInput) -> bool:
    return any(update.Create or update.Delete for update in request.GlobalSecondaryIndexUpdates or ())


def _warm_beside_others(request: UpdateTableInput) -> Broken:
    """Warm throughput of the table may go with that of its indexes."""
    given = set(given_changes(request))
    return "WarmThroughput" in given and (
        not given <= {"WarmThroughput", "GlobalSecondaryIndexUpdates"}
        or any(update.Delete for update in request.GlobalSecondaryIndexUpdates or ())
    )


def _warm_beside_creation(request: UpdateTableInput) -> Broken:
    created = any(update.Create for update in request.GlobalSecondaryIndexUpdates or ())
    return created and "WarmThroughput" in given_changes(request)


def _maximum_beside_others(request: UpdateTableInput) -> Broken:
    given = set(given_changes(request))
    return "OnDemandThroughput" in given and not given <= {"OnDemandThroughput", "BillingMode"}


def _capacity_and_stream(request: UpdateTableInput) -> Broken:
    return {"ProvisionedThroughput", "StreamSpecification"} <= set(given_changes(request))


def _capacity_and_index(request: UpdateTableInput) -> Broken:
    return request.ProvisionedThroughput is not None and _creates_or_deletes_index(request)


def _stream_and_index(request: UpdateTableInput) -> Broken:
    return request.StreamSpecification is not None and _creates_or_deletes_index(request)


_TOGETHER: Final = (
    Rule(
        f"{INVALID}Server-Side Encryption modification must be the only operation in the request",
        _not_alone("SSESpecification"),
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}TableClass modification must be the only operation in the request",
        _not_alone("TableClass"),
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}DeletionProtection modification must be the only operation in the request",
        _not_alone("DeletionProtectionEnabled"),
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}WarmThroughput must be the only operation in the request",
        _warm_beside_others,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}OnDemandThroughput can only be combined with BillingMode in an UpdateTable request",
        _maximum_beside_others,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Create global secondary index cannot be specified when updating WarmThroughput",
        _warm_beside_creation,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}You cannot modify stream status while updating table IOPS",
        _capacity_and_stream,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}You cannot create or delete index while updating table IOPS",
        _capacity_and_index,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}You cannot create or delete index while changing stream status",
        _stream_and_index,
        CAPTURE_2026,
    ),
)


# Updates of global indexes. Rules of one update are asked with (update,).


def _updates(request: UpdateTableInput) -> Parts:
    return [(update,) for update in request.GlobalSecondaryIndexUpdates or ()]


def _actions(update: GlobalSecondaryIndexUpdate) -> int:
    return sum(1 for action in (update.Update, update.Create, update.Delete) if action is not None)


def _named_twice(request: UpdateTableInput) -> Broken:
    name = first_double(index_update_name(update) for update in request.GlobalSecondaryIndexUpdates or ())
    return None if name is None else {"name": name}


def _created_keys(update: GlobalSecondaryIndexUpdate) -> Parts:
    return [(update.Create.KeySchema, ())] if update.Create else []


def _created_projection(update: GlobalSecondaryIndexUpdate) -> Parts:
    return [(update.Create.Projection,)] if update.Create else []


def _capacities(request: UpdateTableInput) -> Parts:
    for update in request.GlobalSecondaryIndexUpdates or ():
        for action in (update.Update, update.Create):
            if action is not None:
                yield (action.ProvisionedThroughput,)


_INDEX_UPDATES: Final = (
    Each("each global index", _capacities, settings.IN_BOUNDS),
    Each(
        "each index update",
        _updates,
        (
            Rule(
                f"{INVALID}One of GlobalSecondaryIndexUpdate.Update, GlobalSecondaryIndexUpdate.Create, "
                "GlobalSecondaryIndexUpdate.Delete must not be null",
                lambda update: _actions(update) == 0,
                CAPTURE_2026,
            ),
            Rule(
                f"{INVALID}Only one global secondary index action is allowed "
                "per GlobalSecondaryIndexUpdate object",
                lambda update: _actions(update) > 1,
                CAPTURE_2026,
            ),
        ),
    ),
    Rule(
        f"{INVALID}Only one global secondary index update per index is allowed simultaneously. "
        "Index: {name}",
        _named_twice,
        CAPTURE_2026,
    ),
    Each(
        "each index update",
        _updates,
        (
            Each("each new index", _created_keys, keys.UP_TO_EIGHT_KEYS),
            Each("each new index", _created_projection, keys.PROJECTION),
        ),
    ),
)


# Asked with (request,).
UPDATE_TABLE: Final = (
    unsupported(_UNSUPPORTED),
    Rule(
        "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, "
        "{indexes}SSESpecification, ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, "
        "MultiRegionConsistency, DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput "
        "or TableClass is required",
        _nothing,
        CAPTURE_2026,
    ),
    *_TOGETHER,
    Rule(
        f"{INVALID}ProvisionedThroughput must be specified when BillingMode is PROVISIONED",
        lambda request: request.BillingMode == "PROVISIONED" and request.ProvisionedThroughput is None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
        lambda request: (
            request.BillingMode == "PAY_PER_REQUEST" and request.ProvisionedThroughput is not None
        ),
        CAPTURE_2026,
    ),
    Each("the table", lambda request: [(request.ProvisionedThroughput,)], settings.IN_BOUNDS),
    *_INDEX_UPDATES,
    Each("the table", lambda request: [(request.TableClass,)], settings.TABLE_CLASS),
    Each("the table", lambda request: [(request.SSESpecification,)], settings.ENCRYPTION),
)
