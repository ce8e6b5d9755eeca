"""CreateTable, UpdateTable, DeleteTable, DescribeTable and ListTables.

A reply shows the state that AWS shows at that moment (CREATING, UPDATING, DELETING); the definition that is
kept says when that state ends. Without a lifecycle delay it has ended by the next request.
"""

from collections.abc import Awaitable
from itertools import islice
from typing import Any

from msgspec.structs import replace

from stator.base.limits import TABLES_LISTED_MAX
from stator.model.requests import (
    CreateTableInput,
    DeleteTableInput,
    DescribeTableInput,
    ListTablesInput,
    UpdateTableInput,
)
from stator.operations.dynamodb.background import then_copy, then_work
from stator.operations.dynamodb.descriptions import describe
from stator.operations.dynamodb.naming import control_table, table_name
from stator.operations.dynamodb.rules.change import Change
from stator.operations.dynamodb.rules.create_table import CREATE_TABLE, CREATE_TABLE_AS_IT_IS
from stator.operations.dynamodb.rules.in_use import DELETE_TABLE
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.dynamodb.rules.update_existing import UPDATE_TABLE_AS_IT_IS
from stator.operations.dynamodb.rules.update_table import UPDATE_TABLE
from stator.operations.dynamodb.table_changes import new_definition, updated_definition
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import backfill, counters, holds, logs, removal, streams
from stator.tables.counters import Count
from stator.tables.definition import TableDefinition, settle


@operation("CreateTable", access="control")
def create_table(call: Call, request: CreateTableInput) -> Awaitable[Reply]:
    """Make a table and its indexes."""
    enforce(CREATE_TABLE, request)
    database = call.database
    name = table_name(call, request.TableName)
    table_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        existing = database.catalog.table(transaction, name)
        enforce(CREATE_TABLE_AS_IT_IS, request, name, existing, call.region)
        now = database.clock.now()
        until = now + database.lifecycle_delay
        created = new_definition(
            request,
            name,
            table_id,
            now,
            until,
            lambda: database.catalog.new_space(transaction),
            streams.new_label(transaction, name, now),
        )
        _maintain_stream(transaction, None, created, now, until)
        _keep(call, transaction, created, now)
        return {"TableDescription": describe(call, created, {})}

    return database.engine.write(body)


@operation("DescribeTable", access="control", from_snapshot=True)
def describe_table(call: Call, request: DescribeTableInput) -> Reply:
    """Show a table."""
    name = table_name(call, request.TableName)

    def body(reader: Reader) -> Reply:
        definition = control_table(call, reader, name).definition
        return {"Table": describe(call, definition, _counts(reader, definition))}

    return call.database.engine.read(body)


@operation("DeleteTable", access="control")
def delete_table(call: Call, request: DeleteTableInput) -> Awaitable[Reply]:
    """Delete a table with its items and indexes; one with recovery leaves a backup, as AWS leaves it."""
    # A start-up does without these.
    from stator.copies import backups
    from stator.operations.dynamodb.rules.backups import DELETE_WHILE_BACKED_UP

    database = call.database
    name = table_name(call, request.TableName)
    backup = backups.new_id(database.clock.now(), database.ids.table_id())

    def body(transaction: Transaction) -> Reply:
        table = control_table(call, transaction, name)
        enforce(DELETE_TABLE, table.definition)
        enforce(DELETE_WHILE_BACKED_UP, name, backups.is_being_made(transaction, name))
        if table.definition.recovery is not None and database.backups is not None:
            arn = call.arn(f"table/{name}")
            backups.begin_system(transaction, database, table, table_arn=arn, backup=backup)
            table = control_table(call, transaction, name)  # It is held now.
        definition = table.definition
        counts = _counts(transaction, definition)
        now = database.clock.now()
        until = now + database.lifecycle_delay
        deleted = replace(definition, gone_at=until)
        _maintain_stream(transaction, definition, None, now, until)
        holds.drop_table(transaction, definition)
        _keep(call, transaction, deleted, now)
        shown = replace(deleted, indexes=definition.local_indexes)
        return {"TableDescription": describe(call, shown, counts)}

    return then_copy(call, then_work(call, database.engine.write(body)))


@operation("UpdateTable", access="control")
def update_table(call: Call, request: UpdateTableInput) -> Awaitable[Reply]:
    """Change a table's capacity, settings or global indexes."""
    enforce(UPDATE_TABLE, request)
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> Reply:
        shown, before = change_table(call, transaction, name, request)
        return {"TableDescription": describe(call, shown, _counts(transaction, before))}

    return then_work(call, call.database.engine.write(body))


def change_table(
    call: Call, transaction: Transaction, name: str, request: UpdateTableInput
) -> tuple[TableDefinition, TableDefinition]:
    """Change a table as a request asks that is right in itself. What is shown of it, and what it was.

    Raises ApiError for what the table as it is does not allow, before anything is written. The caller wakes
    the background jobs.
    """
    database = call.database
    before = control_table(call, transaction, name).definition
    now = database.clock.now()
    change = Change(before, request, now, call.region, pacing=database.lifecycle_delay > 0)
    enforce(UPDATE_TABLE_AS_IT_IS, change)
    until = now + database.lifecycle_delay
    shown = updated_definition(
        before,
        request,
        now,
        until,
        lambda: database.catalog.new_space(transaction),
        streams.new_label(transaction, name, now, before.stream.label if before.stream else ""),
    )
    after = _maintain_indexes(transaction, before, shown)
    _maintain_stream(transaction, before, after, now, until)
    _keep(call, transaction, after, now)
    return shown, before


def _maintain_indexes(
    transaction: Transaction, before: TableDefinition, after: TableDefinition
) -> TableDefinition:
    """Drop deleted indexes and begin to fill new ones; one of an empty table is full already."""
    is_empty = not transaction.scan(before.space, b"", None, limit=1)
    known = {index.space: index for index in before.indexes}
    indexes = []
    for index in after.indexes:
        if index.space not in known:
            if not is_empty:
                backfill.begin(transaction, after.name, index.space)
            index = replace(index, filled=is_empty)
        elif index.deleting and not known[index.space].deleting:
            removal.drop_index(transaction, index)
        indexes.append(index)
    return replace(after, indexes=tuple(indexes))


def _maintain_stream(
    transaction: Transaction,
    before: TableDefinition | None,
    after: TableDefinition | None,
    now: float,
    until: float,
) -> None:
    """Begin a stream that has been enabled; end one that has been disabled, or whose table is deleted.

    That is shown as under way until `until`.
    """
    ended = before.stream if before else None
    begun = after.stream if after else None
    if before and ended and ended.view_type and (begun is None or begun.view_type is None):
        streams.close(transaction, before.name, ended.label, now, until)
    if after and after.log is not None and (before is None or before.log is None):
        logs.begin(transaction, after.name, after.log)
    if after and begun and begun.view_type and (ended is None or ended.label != begun.label):
        streams.begin(transaction, after, now, until)


@operation("ListTables", access="control", from_snapshot=True)
def list_tables(call: Call, request: ListTablesInput) -> Reply:
    """Names of tables, in order."""
    limit = request.Limit or TABLES_LISTED_MAX

    def body(reader: Reader) -> Reply:
        names = list(
            islice(call.database.catalog.names(reader, request.ExclusiveStartTableName or ""), limit + 1)
        )
        reply: dict[str, Any] = {"TableNames": names[:limit]}
        if len(names) > limit:
            reply["LastEvaluatedTableName"] = names[limit - 1]
        return reply

    return call.database.engine.read(body)


def _keep(call: Call, transaction: Transaction, definition: TableDefinition, now: float) -> None:
    """Keep a definition as of now; without a lifecycle delay what was under way is complete."""
    catalog = call.database.catalog
    settled = settle(definition, now)
    if settled is None:
        catalog.remove(transaction, definition.name)
        return
    if settled.deleting:
        removal.begin(transaction, settled.name)
    catalog.save(transaction, settled)


def _counts(reader: Reader, definition: TableDefinition) -> dict[int, Count]:
    return counters.count(reader, [definition.space, *(index.space for index in definition.indexes)])
