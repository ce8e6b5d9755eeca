"""CreateBackup, DescribeBackup, ListBackups and DeleteBackup.

What is answered of a backup that is made comes from its file, wherever it was made; of one that is being made
from its job.
"""

from collections.abc import Awaitable
from itertools import islice
from typing import Any, Final

from stator.base.errors import ApiError, validation
from stator.copies import backups
from stator.copies.backup_directory import resource
from stator.copies.backup_file import BackupDamaged
from stator.copies.backup_header import BackedUpIndex, BackedUpTable
from stator.copies.backups import Described
from stator.model.requests import CreateBackupInput, DeleteBackupInput, DescribeBackupInput, ListBackupsInput
from stator.operations.dynamodb.background import then_copy
from stator.operations.dynamodb.descriptions import described_key, key_schema, projection, seconds
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.rules.backups import BACKUP_ARN, CREATE_BACKUP, DELETE_BACKUP, LIST_BACKUPS
from stator.operations.dynamodb.rules.continuous_backups import BACKUPS_ARE_ENABLED
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Transaction
from stator.tables.definition import Throughput

_LISTED_MAX: Final = 100  # BackupsInputLimit of the service model


@operation("CreateBackup", access="control")
def create_backup(call: Call, request: CreateBackupInput) -> Awaitable[Reply]:
    """Back a table up as it is now."""
    database = call.database
    name = table_name(call, request.TableName)
    if database.backups is None:
        raise ApiError("ContinuousBackupsUnavailableException", "Backups are not enabled for this server")
    backup = backups.new_id(database.clock.now(), database.ids.table_id())

    def body(transaction: Transaction) -> Reply:
        table = database.catalog.table(transaction, name)
        definition = None if table is None else table.definition
        enforce(CREATE_BACKUP, name, definition, backups.is_being_made(transaction, name))
        assert table is not None
        enforce(BACKUPS_ARE_ENABLED, name, table, database.clock.now(), database.lifecycle_delay)
        begun = backups.begin(
            transaction,
            database,
            table,
            table_arn=call.arn(f"table/{name}"),
            backup=backup,
            name=request.BackupName,
        )
        return {"BackupDetails": _details(begun)}

    return then_copy(call, database.engine.write(body))


@operation("DescribeBackup", access="control")
async def describe_backup(call: Call, request: DescribeBackupInput) -> Reply:
    """Show a backup, and the table as it was."""
    return {"BackupDescription": _description(call, await find_backup(call, request.BackupArn))}


@operation("ListBackups", access="control")
async def list_backups(call: Call, request: ListBackupsInput) -> Reply:
    """Backups in order of their tables' names and of their ids, which is that of time."""
    enforce(LIST_BACKUPS, request)
    limit = request.Limit or _LISTED_MAX
    start = resource(request.ExclusiveStartBackupArn) if request.ExclusiveStartBackupArn else ""
    table = table_name(call, request.TableName) if request.TableName else None
    found = (
        described
        for name, described in (await backups.made(call.database)).items()
        if name > start and _is_asked_for(described, table, request)
    )
    page = list(islice(found, limit + 1))
    reply: dict[str, Any] = {"BackupSummaries": [_summary(described) for described in page[:limit]]}
    if len(page) > limit:
        reply["LastEvaluatedBackupArn"] = page[limit - 1].header.arn
    return reply


def _is_asked_for(described: Described, table: str | None, request: ListBackupsInput) -> bool:
    """Whether a backup is listed: the lower bound of times is included, the upper is not."""
    header = described.header
    kind = request.BackupType or "USER"
    lower, upper = request.TimeRangeLowerBound, request.TimeRangeUpperBound
    return (
        (table is None or header.table.name == table)
        and kind in ("ALL", header.type)
        and (lower is None or header.created_at >= lower)
        and (upper is None or header.created_at < upper)
    )


@operation("DeleteBackup", access="control")
async def delete_backup(call: Call, request: DeleteBackupInput) -> Reply:
    """Delete a backup for ever."""
    database = call.database
    found = await find_backup(call, request.BackupArn)
    enforce(DELETE_BACKUP, found, backups.is_being_restored(database, found.header.arn))
    assert found.path is not None
    await backups.remove(database, found.path)
    return {"BackupDescription": _description(call, found, status="DELETED")}


async def find_backup(call: Call, arn: str) -> Described:
    """A backup by its ARN. Raises ApiError if there is none, or if its file is torn or altered."""
    enforce(BACKUP_ARN, arn)
    try:
        found = await backups.find(call.database, arn)
    except BackupDamaged as error:
        raise validation(f"Invalid Request: The backup cannot be used: {error}") from None
    if found is None:
        raise ApiError("BackupNotFoundException", f"Backup not found: {arn}")
    return found


# How a backup is shown.


def _details(described: Described, status: str | None = None) -> dict[str, Any]:
    header = described.header
    shown = {
        "BackupArn": header.arn,
        "BackupName": header.name,
        "BackupSizeBytes": described.item_bytes,
        "BackupStatus": status or ("CREATING" if described.path is None else "AVAILABLE"),
        "BackupType": header.type,
        "BackupCreationDateTime": seconds(header.created_at),
    }
    if header.expires_at is not None:
        shown["BackupExpiryDateTime"] = seconds(header.expires_at)
    return shown


def _summary(described: Described) -> dict[str, Any]:
    table = described.header.table
    return {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        **_details(described),
    }


def _description(call: Call, described: Described, status: str | None = None) -> dict[str, Any]:
    return {
        "BackupDetails": _details(described, status),
        "SourceTableDetails": _source(described),
        "SourceTableFeatureDetails": _features(call, described.header.table),
    }


def _source(described: Described) -> dict[str, Any]:
    """SourceTableDetails: the table as it was."""
    table = described.header.table
    shown = {
        "TableName": table.name,
        "TableId": table.id,
        "TableArn": table.arn,
        "TableSizeBytes": described.item_bytes,
        "KeySchema": key_schema(table.keys),
        "TableCreationDateTime": seconds(table.created_at),
        "ProvisionedThroughput": _throughput(table.throughput),
        "ItemCount": described.items,
        "BillingMode": table.billing_mode,
    }
    if table.on_demand:
        shown["OnDemandThroughput"] = table.on_demand
    return shown


def _features(call: Call, table: BackedUpTable) -> dict[str, Any]:
    """SourceTableFeatureDetails: what the table had; what it had not is left out."""
    shown: dict[str, Any] = {}
    local = [_index(index) for index in table.indexes if index.kind == "local"]
    if local:
        shown["LocalSecondaryIndexes"] = local
    global_ = [_global_index(index) for index in table.indexes if index.kind == "global"]
    if global_:
        shown["GlobalSecondaryIndexes"] = global_
    if table.stream is not None:
        shown["StreamDescription"] = {"StreamEnabled": True, "StreamViewType": table.stream}
    if table.ttl is not None:
        shown["TimeToLiveDescription"] = {"TimeToLiveStatus": "ENABLED", "AttributeName": table.ttl}
    if table.encryption is not None:
        shown["SSEDescription"] = described_key(call, table.encryption.key)
    return shown


def _index(index: BackedUpIndex) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.keys),
        "Projection": projection(index.projection, index.non_key_attributes),
    }


def _global_index(index: BackedUpIndex) -> dict[str, Any]:
    shown = _index(index) | {"ProvisionedThroughput": _throughput(index.throughput)}
    if index.on_demand:
        shown["OnDemandThroughput"] = index.on_demand
    return shown


def _throughput(units: Throughput) -> dict[str, int]:
    return {"ReadCapacityUnits": units.read, "WriteCapacityUnits": units.write}
