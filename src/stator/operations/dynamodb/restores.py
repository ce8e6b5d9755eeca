"""RestoreTableToPointInTime and RestoreTableFromBackup: a new table with the items of a past one.

The reply comes as soon as the new table is there, CREATING; a job fills it (`stator.copies.restore`).
"""

from collections.abc import Awaitable

from stator.copies import backup_header, restore
from stator.copies.past import position_at
from stator.model.requests import RestoreTableFromBackupInput, RestoreTableToPointInTimeInput
from stator.operations.dynamodb.background import then_copy
from stator.operations.dynamodb.backups import find_backup
from stator.operations.dynamodb.continuous_backups import Shown
from stator.operations.dynamodb.descriptions import describe
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.restored_definition import Request, restored_definition
from stator.operations.dynamodb.rules.restores import (
    BACKUP_IS_MADE,
    OVERRIDES,
    RECOVERY_IS_ENABLED,
    SOURCE_AND_TIME,
    SOURCE_IS_THERE,
    TARGET,
    TIME,
    UNSUPPORTED,
)
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Transaction
from stator.tables import recovery
from stator.tables.definition import Restored, TableDefinition
from stator.tables.recovery import Span
from stator.tables.table import Table


@operation("RestoreTableToPointInTime", access="control")
def restore_table_to_point_in_time(call: Call, request: RestoreTableToPointInTimeInput) -> Awaitable[Reply]:
    """Make a table with the items that another one had at a past second, or has now."""
    enforce(SOURCE_AND_TIME, request)
    enforce(UNSUPPORTED, request)
    database = call.database
    source_name = table_name(call, request.SourceTableArn or request.SourceTableName or "")
    table_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        _enforce_target(call, transaction, request)
        source, span = _source(call, transaction, request, source_name)
        time = span.latest if request.RestoreDateTime is None else request.RestoreDateTime
        origin = Restored(call.arn(f"table/{source_name}"), time)
        definition = _new_definition(call, transaction, source.definition, request, table_id, origin)
        position = position_at(transaction, source, time)
        restore.begin_from_past(transaction, database, source, position, definition)
        return _created(call, transaction, definition)

    return then_copy(call, database.engine.write(body))


def _source(
    call: Call, transaction: Transaction, request: RestoreTableToPointInTimeInput, name: str
) -> tuple[Table, Span]:
    """The source, which can be restored to the time that is asked for, and to which times it can be."""
    database = call.database
    source = database.catalog.table(transaction, name)
    enforce(SOURCE_IS_THERE, request, name, source)
    assert source is not None
    span = recovery.span(transaction, source.definition, database.clock.now())
    enforce(RECOVERY_IS_ENABLED, name, span)
    assert span is not None
    # What is shown as the latest time may be the end of the present second.
    enforce(TIME, request.RestoreDateTime, Span(span.earliest, max(span.latest, Shown.of(span).latest)))
    return source, span


@operation("RestoreTableFromBackup", access="control")
async def restore_table_from_backup(call: Call, request: RestoreTableFromBackupInput) -> Reply:
    """Make a table with the items of a backup."""
    enforce(UNSUPPORTED, request)
    database = call.database
    backup = await find_backup(call, request.BackupArn)
    enforce(BACKUP_IS_MADE, backup)
    header = backup.header
    source = backup_header.restored(header.table)
    table_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        _enforce_target(call, transaction, request)
        origin = Restored(header.table.arn, header.created_at, header.arn)
        definition = _new_definition(call, transaction, source, request, table_id, origin)
        restore.begin_from_backup(transaction, database, header.arn, definition)
        return _created(call, transaction, definition)

    return await then_copy(call, database.engine.write(body))


def _enforce_target(call: Call, transaction: Transaction, request: Request) -> None:
    existing = call.database.catalog.table(transaction, request.TargetTableName)
    enforce(TARGET, request.TargetTableName, existing, len(restore.under_way(transaction)))


def _new_definition(
    call: Call,
    transaction: Transaction,
    source: TableDefinition,
    request: Request,
    table_id: str,
    origin: Restored,
) -> TableDefinition:
    enforce(OVERRIDES, request, source)
    database = call.database
    now = database.clock.now()
    return restored_definition(
        source,
        request,
        table_id,
        now,
        now + database.lifecycle_delay,
        lambda: database.catalog.new_space(transaction),
        origin,
    )


def _created(call: Call, transaction: Transaction, definition: TableDefinition) -> Reply:
    """The reply: the table as it is kept now."""
    table = call.database.catalog.table(transaction, definition.name)
    assert table is not None
    return {"TableDescription": describe(call, table.definition, {})}
