"""CreateTable, UpdateTable, DeleteTable, DescribeTable and ListTables.

A reply shows the state that AWS shows at that moment (CREATING, UPDATING, DELETING); the definition that is
kept says when that state ends. Without a lifecycle delay it has ended by the next request.
"""

from collections.abc import Awaitable
from itertools import islice
from typing import Any, Final

from msgspec.structs import replace

from stator.base.errors import ApiError, validation
from stator.base.limits import TABLES_LISTED_MAX
from stator.model.requests import (
    CreateTableInput,
    DeleteTableInput,
    DescribeTableInput,
    ListTablesInput,
    UpdateTableInput,
)
from stator.operations.dynamodb.create_rules import CREATE_TABLE
from stator.operations.dynamodb.descriptions import describe
from stator.operations.dynamodb.naming import control_table, table_name
from stator.operations.dynamodb.rules import enforce
from stator.operations.dynamodb.table_changes import new_definition, updated_definition
from stator.operations.dynamodb.update_rules import (
    UPDATE_TABLE,
    UPDATE_TABLE_AS_IT_IS,
    check_index_limits,
)
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import backfill, counters
from stator.tables.counters import Count
from stator.tables.definition import FOREVER, TableDefinition, settle

_IN_USE: Final = "Attempt to change a resource which is still in use: "
_PROTECTED: Final = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)


@operation("CreateTable", access="control")
def create_table(call: Call, request: CreateTableInput) -> Awaitable[Reply]:
    """Make a table and its indexes."""
    enforce(CREATE_TABLE, request)
    database = call.database
    name = table_name(call, request.TableName)
    table_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        if database.catalog.table(transaction, name) is not None:
            raise ApiError("ResourceInUseException", f"Table already exists: {name}")
        now = database.clock.now()
        definition = new_definition(
            request,
            name,
            table_id,
            now,
            now + database.lifecycle_delay,
            lambda: database.catalog.new_space(transaction),
        )
        database.catalog.save(transaction, definition)
        indexes = tuple(replace(index, active_at=FOREVER) for index in definition.indexes)
        shown = replace(definition, active_at=FOREVER, indexes=indexes)
        return {"TableDescription": describe(call, shown, {})}

    return database.engine.write(body)


@operation("DescribeTable", access="control")
def describe_table(call: Call, request: DescribeTableInput) -> Reply:
    """Show a table."""
    name = table_name(call, request.TableName)

    def body(reader: Reader) -> Reply:
        definition = control_table(call, reader, name).definition
        return {"Table": describe(call, definition, _counts(reader, definition))}

    return call.database.engine.read(body)


@operation("DeleteTable", access="control")
def delete_table(call: Call, request: DeleteTableInput) -> Awaitable[Reply]:
    """Delete a table with its items and indexes."""
    database = call.database
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> Reply:
        table = control_table(call, transaction, name)
        definition = table.definition
        _check_deletable(definition, table.status)
        counts = _counts(transaction, definition)
        gone_at = database.clock.now() + database.lifecycle_delay
        deleted = replace(definition, gone_at=gone_at, next=None)
        if database.lifecycle_delay:
            database.catalog.save(transaction, deleted)
        else:
            database.catalog.remove(transaction, name)
        _drop(transaction, definition)
        shown = replace(deleted, gone_at=FOREVER, indexes=definition.local_indexes)
        return {"TableDescription": describe(call, shown, counts)}

    return _then_work(call, database.engine.write(body))


def _check_deletable(definition: TableDefinition, status: str) -> None:
    name = definition.name
    if status == "CREATING":
        raise ApiError("ResourceInUseException", f"{_IN_USE}Table is being created: {name}")
    if status == "DELETING":
        raise ApiError("ResourceInUseException", f"{_IN_USE}Table is being deleted: {name}")
    if definition.deletion_protection:
        raise validation(_PROTECTED)
    if status == "UPDATING":
        raise ApiError(
            "ResourceInUseException", f"{_IN_USE}Table: {name} is in the process of being updated."
        )


def _drop(transaction: Transaction, definition: TableDefinition) -> None:
    for index in definition.indexes:
        if not index.deleting:
            _drop_space(transaction, index.space)
    _drop_space(transaction, definition.space)


def _drop_space(transaction: Transaction, space: int) -> None:
    transaction.drop_space(space)
    counters.forget(transaction, space)
    backfill.cancel(transaction, space)


@operation("UpdateTable", access="control")
def update_table(call: Call, request: UpdateTableInput) -> Awaitable[Reply]:
    """Change a table's capacity, settings or global indexes."""
    enforce(UPDATE_TABLE, request)
    database = call.database
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> Reply:
        table = control_table(call, transaction, name)
        before = table.definition
        _check_updatable(before, table.status)
        check_index_limits(before, request)
        enforce(UPDATE_TABLE_AS_IT_IS, before, request)
        now = database.clock.now()
        changed_at = now + database.lifecycle_delay
        after = updated_definition(
            before, request, now, changed_at, lambda: database.catalog.new_space(transaction)
        )
        after = _maintain_indexes(transaction, before, after)
        _save_changed(call, transaction, before, after, now, changed_at)
        shown = replace(after, next=after, next_at=FOREVER, indexes=_shown_indexes(before, after))
        shown = replace(shown, throughput=before.throughput)
        return {"TableDescription": describe(call, shown, _counts(transaction, before))}

    return _then_work(call, database.engine.write(body))


def _check_updatable(definition: TableDefinition, status: str) -> None:
    texts = {
        "CREATING": f"Table is being created: {definition.name}",
        "DELETING": f"Table is being deleted: {definition.name}",
        "UPDATING": f"Table: {definition.name} is in the process of being updated.",
    }
    if status in texts:
        raise ApiError("ResourceInUseException", _IN_USE + texts[status])


def _maintain_indexes(
    transaction: Transaction, before: TableDefinition, after: TableDefinition
) -> TableDefinition:
    """Drop deleted indexes and begin to fill new ones; one of an empty table is full already."""
    empty = not transaction.scan(before.space, b"", None, limit=1)
    known = {index.space: index for index in before.indexes}
    indexes = []
    for index in after.indexes:
        if index.space not in known:
            if not empty:
                backfill.begin(transaction, after.name, index.space)
            indexes.append(replace(index, filled=empty))
            continue
        if index.deleting and not known[index.space].deleting:
            _drop_space(transaction, index.space)
        indexes.append(index)
    return replace(after, indexes=tuple(indexes))


def _save_changed(
    call: Call,
    transaction: Transaction,
    before: TableDefinition,
    after: TableDefinition,
    now: float,
    changed_at: float,
) -> None:
    """Keep the changed definition; with a lifecycle delay, new capacity only comes when the delay is over."""
    catalog = call.database.catalog
    if changed_at == now:
        settled = settle(after, now)
        assert settled is not None
        catalog.save(transaction, settled)
        return
    pending = replace(after, throughput=before.throughput, next=after, next_at=changed_at)
    catalog.save(transaction, pending)


def _shown_indexes(before: TableDefinition, after: TableDefinition) -> tuple[Any, ...]:
    """Indexes as the reply shows them: new ones CREATING, deleted ones DELETING, others with old capacity."""
    known = {index.space: index for index in before.indexes}
    shown = []
    for index in after.indexes:
        old = known.get(index.space)
        if old is None:
            shown.append(replace(index, active_at=FOREVER))
        elif index.deleting:
            shown.append(replace(index, gone_at=FOREVER))
        elif index != old:
            shown.append(replace(index, throughput=old.throughput, updating_until=FOREVER))
        else:
            shown.append(index)
    return tuple(shown)


@operation("ListTables", access="control")
def list_tables(call: Call, request: ListTablesInput) -> Reply:
    """Names of tables, in order."""
    limit = request.Limit or TABLES_LISTED_MAX

    def body(reader: Reader) -> Reply:
        tables = call.database.catalog.tables(reader, after=request.ExclusiveStartTableName or "")
        names = [table.name for table in islice(tables, limit + 1)]
        reply: dict[str, Any] = {"TableNames": names[:limit]}
        if len(names) > limit:
            reply["LastEvaluatedTableName"] = names[limit - 1]
        return reply

    return call.database.engine.read(body)


def _counts(reader: Reader, definition: TableDefinition) -> dict[int, Count]:
    return counters.count(reader, [definition.space, *(index.space for index in definition.indexes)])


async def _then_work(call: Call, reply: Awaitable[Reply]) -> Reply:
    """Wake the background jobs once a change is durable: indexes to fill, dropped spaces to free."""
    result = await reply
    call.database.work.set()
    return result
