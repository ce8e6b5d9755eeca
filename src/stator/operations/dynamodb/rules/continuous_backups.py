"""What DescribeContinuousBackups and UpdateContinuousBackups refuse, in AWS's order."""

from typing import Final

from stator.model.requests import PointInTimeRecoverySpecification
from stator.operations.dynamodb.rules.rule import API_REFERENCE, CAPTURE_OLD, UNVERIFIED, Broken, Rule
from stator.tables.table import Table

TABLE_NOT_FOUND: Final = "TableNotFoundException"


def not_found(name: str, table: Table | None) -> Broken:
    """A table that is being created or deleted is not found either."""
    return {"name": name} if table is None or not table.readable else None


def _period_of_nothing(wanted: PointInTimeRecoverySpecification) -> Broken:
    return not wanted.PointInTimeRecoveryEnabled and wanted.RecoveryPeriodInDays is not None


# Asked with (specification,).
UPDATE_CONTINUOUS_BACKUPS: Final = (
    Rule(
        "Invalid Request: Cannot specify RecoveryPeriodInDays when disabling point-in-time recovery.",
        _period_of_nothing,
        API_REFERENCE,
    ),
)
# Asked with (name of the table, the table or None).
TABLE_IS_THERE: Final = (Rule("Table not found: {name}", not_found, CAPTURE_OLD, TABLE_NOT_FOUND),)


def _just_made(name: str, table: Table, now: float, delay: float) -> Broken:
    """With a lifecycle delay, backups of a new table take as long again as its creation."""
    return {"name": name} if now < table.definition.created_at + 2 * delay else None


# Asked with (name of the table, the table, now, lifecycle delay).
BACKUPS_ARE_ENABLED: Final = (
    Rule(
        "Backups are being enabled for the table: {name}. Please retry later",
        _just_made,
        UNVERIFIED,
        "ContinuousBackupsUnavailableException",
    ),
)
