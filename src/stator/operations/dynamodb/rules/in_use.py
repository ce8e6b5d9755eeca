"""Who is in the way of whom: changes of a table that AWS refuses while another is under way."""

from collections.abc import Iterable
from typing import Any, Final

from stator.operations.dynamodb.rules.change import Change
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    CAPTURE_OLD,
    IN_USE,
    Broken,
    Each,
    Rule,
)
from stator.operations.dynamodb.rules.update_table import index_update_name
from stator.tables.definition import IndexDefinition, TableDefinition, index_status, table_status

Parts = Iterable[tuple[Any, ...]]

_IOPS: Final = {"ProvisionedThroughput", "BillingMode"}
_STREAM: Final = {"StreamSpecification"}
_TABLE_CLASS: Final = {"TableClass"}
_ENCRYPTION: Final = {"SSESpecification"}
_RESOURCE_IN_USE: Final = "ResourceInUseException"


def _in_use(text: str, broken: Any, evidence: str = CAPTURE_OLD) -> Rule:
    return Rule(f"{IN_USE}{text}", broken, evidence, _RESOURCE_IN_USE)


def _status(status: str) -> Any:
    def broken(change: Change) -> Broken:
        return {"name": change.definition.name} if change.status == status else None

    return broken


# One change of the table itself while another is under way.


def _beside(wanted: set[str], pending: set[str]) -> Any:
    def broken(change: Change) -> Broken:
        if not (wanted & change.members and pending & change.pending):
            return None
        stream = change.definition.stream
        return {
            "name": change.definition.name,
            "label": stream.label if stream else None,
            "operation": "ENABLE" if stream and stream.view_type else "DISABLE",
            "table_class": change.definition.table_class,
        }

    return broken


def _capacity_beside_new_index(change: Change) -> Broken:
    creating = [index.name for index in change.living if index_status(index) == "CREATING"]
    if not (creating and _IOPS & change.members):
        return None
    return {"name": change.definition.name, "indexes": ", ".join(creating)}


def _anything_else(change: Change) -> Broken:
    """Indexes have rules of their own, unless the table itself is being changed."""
    own = change.members <= {"GlobalSecondaryIndexUpdates"}
    if change.status == "UPDATING" and (change.pending or not own):
        return {"name": change.definition.name}
    return None


# One change of an index while it is under another. Asked with (name of the table, index, update).


def _indexes(change: Change) -> Parts:
    for update in change.updates:
        index = change.definition.index(index_update_name(update))
        if index is not None and index.kind == "global":
            yield change.definition.name, index, update


def _index_is(table: str, index: IndexDefinition, is_so: bool) -> Broken:
    return {"name": table, "index": index.name} if is_so else None


_INDEX: Final = (
    _in_use(
        "Index is being deleted. Table: {name} Index: {index}",
        lambda table, index, update: _index_is(table, index, index.deleting),
    ),
    _in_use(
        "Index creation is in resource allocation phase. Retry deletion during backfilling phase "
        "or when the index is active. Table: {name} Index: {index}",
        lambda table, index, update: _index_is(table, index, index.allocating and bool(update.Delete)),
    ),
    _in_use(
        "Index is being created but is not backfilling yet. Table: {name} Index: {index}",
        lambda table, index, update: _index_is(table, index, index.allocating and bool(update.Update)),
    ),
    _in_use(
        "Index is being updated. Table: {name} Index: {index}",
        lambda table, index, update: _index_is(table, index, index.update is not None),
    ),
)

# Asked with (change,).
UPDATE_TABLE_IN_USE: Final = (
    Rule(
        "Table needs to be in ACTIVE status to modify deletion protection setting.",
        lambda change: "DeletionProtectionEnabled" in change.members and change.status != "ACTIVE",
        CAPTURE_2026,
        _RESOURCE_IN_USE,
    ),
    _in_use("Table is being created: {name}", _status("CREATING"), CAPTURE_2026),
    _in_use("Table is being deleted: {name}", _status("DELETING"), CAPTURE_2026),
    _in_use("Table IOPS are currently being updated. Table: {name}", _beside(_IOPS, _IOPS)),
    _in_use(
        "Can't change table IOPS when stream status is being updated. "
        "Table: {name} Stream: {label} Operation: {operation}",
        _beside(_IOPS, _STREAM),
    ),
    _in_use(
        "Can't enable or disable stream while table IOPS are being updated. Table: {name}",
        _beside(_STREAM, _IOPS),
    ),
    _in_use(
        "A stream status change is currently in progress. "
        "Table: {name} Stream: {label} Operation: {operation}",
        _beside(_STREAM, _STREAM),
    ),
    _in_use(
        "Can't update table class when a table class update is in progress. "
        "Table: {name} TableClassUpdateInProgress: {table_class}",
        _beside(_TABLE_CLASS, _TABLE_CLASS),
    ),
    _in_use("Server-Side Encryption is still being updated", _beside(_ENCRYPTION, _ENCRYPTION)),
    _in_use(
        "Can't change table IOPS when an index is being created. Table: {name} Indexes: [{indexes}]",
        _capacity_beside_new_index,
    ),
    Each("each index update", _indexes, _INDEX),
    _in_use("Table is being updated: {name}", _anything_else),
)


def _deleted_while(definition: TableDefinition, is_so: bool) -> Broken:
    return {"name": definition.name} if is_so else None


def _stream_changes(definition: TableDefinition) -> bool:
    return definition.update is not None and bool(_STREAM & set(definition.update.members))


# Asked with (settled definition,).
DELETE_TABLE: Final = (
    Rule(
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first.",
        lambda definition: definition.deletion_protection,
        CAPTURE_2026,
    ),
    _in_use(
        "Table is being created: {name}",
        lambda definition: _deleted_while(definition, table_status(definition) == "CREATING"),
        CAPTURE_2026,
    ),
    _in_use(
        "Table is being deleted: {name}",
        lambda definition: _deleted_while(definition, table_status(definition) == "DELETING"),
        CAPTURE_2026,
    ),
    _in_use("Cannot delete table while stream is being enabled/disabled.", _stream_changes),
    _in_use(
        "Table: {name} is in the process of being updated.",
        lambda definition: _deleted_while(definition, definition.update is not None),
    ),
    _in_use(
        "Cannot delete table while indexes are being created, updated, or deleted.",
        lambda definition: table_status(definition) == "UPDATING",
    ),
)
