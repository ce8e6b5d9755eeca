"""What the two restores refuse, in AWS's order: where from, when, into which table, with which settings."""

from collections.abc import Iterable
from typing import Any, Final

from stator.model.requests import RestoreTableToPointInTimeInput
from stator.operations.dynamodb.rules import settings
from stator.operations.dynamodb.rules.continuous_backups import TABLE_NOT_FOUND, not_found
from stator.operations.dynamodb.rules.rule import (
    API_REFERENCE,
    CAPTURE_OLD,
    UNVERIFIED,
    Broken,
    Each,
    Rule,
    first_double,
    unsupported,
)
from stator.tables.definition import IndexDefinition, TableDefinition
from stator.tables.recovery import Span
from stator.tables.table import Table

RESTORES_MAX: Final = 50  # API reference: concurrent restores of an account

Parts = Iterable[tuple[Any, ...]]

# What a point-in-time restore asks for. Asked with (request,).
SOURCE_AND_TIME: Final = (
    Rule(
        "Must provide exactly one of: sourceTableArn, sourceTableName",
        lambda request: (request.SourceTableArn is None) == (request.SourceTableName is None),
        CAPTURE_OLD,
    ),
    Rule(
        "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be specified, "
        "but not both",
        lambda request: (request.RestoreDateTime is None) == (not request.UseLatestRestorableTime),
        CAPTURE_OLD,
    ),
)


# The new table. Asked with (its name, the table that has it or None, the restores under way).


def _taken(*statuses: str) -> Any:
    def broken(name: str, existing: Table | None, restores: int) -> Broken:
        if existing is None or existing.status not in statuses:
            return None
        return {"name": name, "status": "created" if existing.status == "CREATING" else "deleted"}

    return broken


TARGET: Final = (
    Rule(
        "Table is being {status}: {name}", _taken("CREATING", "DELETING"), UNVERIFIED, "TableInUseException"
    ),
    Rule(
        "Table already exists: {name}",
        _taken("ACTIVE", "UPDATING"),
        CAPTURE_OLD,
        "TableAlreadyExistsException",
    ),
    Rule(
        f"Subscriber limit exceeded: There is a limit of {RESTORES_MAX} concurrent restores",
        lambda name, existing, restores: restores >= RESTORES_MAX,
        UNVERIFIED,
        "LimitExceededException",
    ),
)


# The source of a point-in-time restore.


def _source_not_found(request: RestoreTableToPointInTimeInput, name: str, source: Table | None) -> Broken:
    return None if request.SourceTableName is None else not_found(name, source)


def _source_of_arn_not_found(
    request: RestoreTableToPointInTimeInput, name: str, source: Table | None
) -> Broken:
    return request.SourceTableArn is not None and bool(not_found(name, source))


# Asked with (request, name of the source, the source or None).
SOURCE_IS_THERE: Final = (
    Rule("Source table not found: {name}", _source_not_found, CAPTURE_OLD, TABLE_NOT_FOUND),
    Rule("Table not found", _source_of_arn_not_found, CAPTURE_OLD, TABLE_NOT_FOUND),
)


def _out_of_reach(time: float | None, span: Span) -> Broken:
    return time is not None and not span.earliest <= time <= span.latest


# Asked with (name of the source, the times it can be restored to or None).
RECOVERY_IS_ENABLED: Final = (
    Rule(
        "Point in time recovery is not enabled for table '{name}'",
        lambda name, span: {"name": name} if span is None else None,
        CAPTURE_OLD,
        "PointInTimeRecoveryUnavailableException",
    ),
)
# Asked with (time or None for the latest, the times that the source can be restored to).
TIME: Final = (
    Rule(
        "An invalid restore time was specified. RestoreDateTime must be between "
        "EarliestRestorableDateTime and LatestRestorableDateTime.",
        _out_of_reach,
        API_REFERENCE,
        "InvalidRestoreTimeException",
    ),
)


# Asked with (backup,).
BACKUP_IS_MADE: Final = (
    Rule(
        "Backup is being created: {arn}",
        lambda backup: {"arn": backup.header.arn} if backup.path is None else None,
        UNVERIFIED,
        "BackupInUseException",
    ),
)


# Settings that a restore may override. Asked with (request, definition of the source).


def billing_mode(request: Any, source: TableDefinition) -> str:
    """The billing mode of the new table."""
    mode: str = request.BillingModeOverride or source.billing_mode
    return mode


def _capacity_of_on_demand(request: Any, source: TableDefinition) -> Broken:
    override = request.ProvisionedThroughputOverride
    return request.BillingModeOverride == "PAY_PER_REQUEST" and override is not None


def _no_capacity(request: Any, source: TableDefinition) -> Broken:
    return request.BillingModeOverride == "PROVISIONED" and request.ProvisionedThroughputOverride is None


def _capacity_unless_provisioned(request: Any, source: TableDefinition) -> Broken:
    override = request.ProvisionedThroughputOverride
    return override is not None and billing_mode(request, source) != "PROVISIONED"


def _indexes(request: Any, source: TableDefinition) -> Parts:
    for given in request.LocalSecondaryIndexOverride or ():
        yield given, source.local_indexes
    for given in request.GlobalSecondaryIndexOverride or ():
        yield given, tuple(index for index in source.global_indexes if not index.deleting)


def _other_index(given: Any, existing: tuple[IndexDefinition, ...]) -> Broken:
    """Which indexes the new table has may be chosen, and nothing of what they are."""
    return None if any(is_index(given, index) for index in existing) else {"index": given.IndexName}


def is_index(given: Any, index: IndexDefinition) -> bool:
    """Whether an index of a request is one that exists: the same name, key and projection."""
    keys = [(name, "HASH") for name in index.keys.hash] + [(name, "RANGE") for name in index.keys.range]
    return (
        given.IndexName == index.name
        and [(element.AttributeName, element.KeyType) for element in given.KeySchema] == keys
        and given.Projection.ProjectionType == index.projection
        and set(given.Projection.NonKeyAttributes or ()) == set(index.non_key_attributes)
    )


def _twice(request: Any, source: TableDefinition) -> Broken:
    name = first_double(given.IndexName for given, _ in _indexes(request, source))
    return None if name is None else {"name": name}


def _maximums(request: Any, source: TableDefinition) -> Parts:
    on_demand = billing_mode(request, source) == "PAY_PER_REQUEST"
    yield request.OnDemandThroughputOverride, None, on_demand, False
    for given in request.GlobalSecondaryIndexOverride or ():
        yield given.OnDemandThroughput, given.IndexName, on_demand, False


def _capacities(request: Any, source: TableDefinition) -> Parts:
    yield (request.ProvisionedThroughputOverride,)
    for given in request.GlobalSecondaryIndexOverride or ():
        yield (given.ProvisionedThroughput,)


# Asked with (request,).
UNSUPPORTED: Final = (unsupported(("VectorIndexOverride",)),)
# Asked with (request, definition of the source).
OVERRIDES: Final = (
    Rule(
        "Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to "
        "PAY_PER_REQUEST",
        _capacity_of_on_demand,
        CAPTURE_OLD,
    ),
    Rule(
        "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to PROVISIONED",
        _no_capacity,
        CAPTURE_OLD,
    ),
    Rule(
        "Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        _capacity_unless_provisioned,
        CAPTURE_OLD,
    ),
    Each("the table, each global index", _capacities, settings.IN_BOUNDS),
    Each(
        "each index",
        _indexes,
        (
            Rule(
                "Invalid Request: Index {index} does not match a secondary index that existed in the source "
                "table and cannot be created during the restore operation",
                _other_index,
                CAPTURE_OLD,
            ),
        ),
    ),
    Rule("One or more parameter values were invalid: Duplicate index name: {name}", _twice, UNVERIFIED),
    Each("the table", lambda request, source: [(request.SSESpecificationOverride,)], settings.ENCRYPTION),
    Each("the table, each global index", _maximums, settings.ON_DEMAND),
)
