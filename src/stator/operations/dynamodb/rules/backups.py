"""What CreateBackup, DescribeBackup, ListBackups and DeleteBackup refuse.

Source of what is refused: the API reference of these operations, and of the texts as each rule says.
"""

from typing import Any, Final

from stator.copies.backup_header import ARN
from stator.copies.backups import Described
from stator.model.requests import ListBackupsInput
from stator.operations.dynamodb.rules.rule import (
    API_REFERENCE,
    CAPTURE_OLD,
    GUIDE,
    IN_USE,
    INVALID,
    UNVERIFIED,
    Broken,
    Rule,
    moment,
)
from stator.tables.definition import TableDefinition, table_status


def _malformed(arn: str | None) -> Broken:
    return arn is not None and ARN.fullmatch(arn) is None


# Asked with (ARN or None,).
BACKUP_ARN: Final = (Rule("Invalid Backup ARN", _malformed, CAPTURE_OLD),)


def _absent(name: str, definition: TableDefinition | None, being_made: bool) -> Broken:
    absent = definition is None or table_status(definition) == "CREATING"
    return {"name": name} if absent else None


def _being_deleted(name: str, definition: TableDefinition, being_made: bool) -> Broken:
    return {"name": name} if table_status(definition) == "DELETING" else None


def _being_backed_up(name: str, definition: TableDefinition, being_made: bool) -> Broken:
    return {"name": name} if being_made else None


# Asked with (name, settled definition or None, whether a backup of the table is being made).
CREATE_BACKUP: Final = (
    Rule("Table not found: {name}", _absent, CAPTURE_OLD, "TableNotFoundException"),
    Rule("Table is being deleted: {name}", _being_deleted, UNVERIFIED, "TableInUseException"),
    Rule(
        "Backup is being created for the table: {name}. Please retry later",
        _being_backed_up,
        UNVERIFIED,
        "BackupInUseException",
    ),
)

# Asked with (name, whether a backup of the table is being made).
DELETE_WHILE_BACKED_UP: Final = (
    Rule(
        f"{IN_USE}Table is being backed up: {{name}}",
        lambda name, being_made: {"name": name} if being_made else None,
        f"{GUIDE}; {UNVERIFIED}",
        "ResourceInUseException",
    ),
)


def _is_system(backup: Described, being_restored: bool) -> Broken:
    header = backup.header
    if header.type != "SYSTEM":
        return None
    return {"arn": header.arn, "expiry": moment(header.expires_at or header.created_at)}


def _is_in_use(doing: str) -> Any:
    def broken(backup: Described, being_restored: bool) -> Broken:
        in_use = {"created": backup.path is None, "restored": being_restored}
        return {"arn": backup.header.arn} if in_use[doing] else None

    return broken


# Asked with (backup, whether a table is being restored from it).
DELETE_BACKUP: Final = (
    Rule(
        "Invalid Request: User is not allowed to delete the system backup with arn {arn}. "
        "It will automatically expire on {expiry}",
        _is_system,
        CAPTURE_OLD,
    ),
    Rule("Backup is being created: {arn}", _is_in_use("created"), UNVERIFIED, "BackupInUseException"),
    Rule("Backup is being restored: {arn}", _is_in_use("restored"), UNVERIFIED, "BackupInUseException"),
)


def _upside_down(request: ListBackupsInput) -> Broken:
    lower, upper = request.TimeRangeLowerBound, request.TimeRangeUpperBound
    return lower is not None and upper is not None and lower > upper


# Asked with (request,).
LIST_BACKUPS: Final = (
    Rule(
        f"{INVALID}Time range lower bound must be less than or equal to upper bound",
        _upside_down,
        CAPTURE_OLD,
    ),
    Rule(
        "Invalid Backup ARN",
        lambda request: _malformed(request.ExclusiveStartBackupArn),
        API_REFERENCE,
    ),
)
