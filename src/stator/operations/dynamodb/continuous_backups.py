"""DescribeContinuousBackups and UpdateContinuousBackups: point-in-time recovery of a table.

Times are whole seconds, as clients send them back: the earliest is rounded up and the latest down, so that a
restore to any second between them is exact.
"""

from collections.abc import Awaitable
from math import ceil, floor
from typing import Any, Final, NamedTuple

from stator.model.requests import DescribeContinuousBackupsInput, UpdateContinuousBackupsInput
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.rules.continuous_backups import (
    BACKUPS_ARE_ENABLED,
    TABLE_IS_THERE,
    UPDATE_CONTINUOUS_BACKUPS,
)
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import recovery
from stator.tables.definition import TableDefinition
from stator.tables.recovery import Span
from stator.tables.table import Table

_PERIOD_DAYS: Final = 35  # API reference: the default, whatever the period was before


class Shown(NamedTuple):
    """The times that are shown: seconds since the epoch."""

    earliest: int
    latest: int

    @classmethod
    def of(cls, span: Span) -> "Shown":
        """What is shown of a span. Within the second in which recovery was enabled, that second's end."""
        earliest = ceil(span.earliest)
        return cls(earliest, max(floor(span.latest), earliest))


@operation("DescribeContinuousBackups", access="control")
def describe_continuous_backups(call: Call, request: DescribeContinuousBackupsInput) -> Reply:
    """Show whether a table can be recovered, and to which times."""
    name = table_name(call, request.TableName)

    def body(reader: Reader) -> Reply:
        return _described(call, reader, _found(call, reader, name).definition)

    return call.database.engine.read(body)


@operation("UpdateContinuousBackups", access="control")
def update_continuous_backups(call: Call, request: UpdateContinuousBackupsInput) -> Awaitable[Reply]:
    """Enable or disable point-in-time recovery, or change its period."""
    database, wanted = call.database, request.PointInTimeRecoverySpecification
    enforce(UPDATE_CONTINUOUS_BACKUPS, wanted)
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> Reply:
        table = _found(call, transaction, name)
        now = database.clock.now()
        enforce(BACKUPS_ARE_ENABLED, name, table, now, database.lifecycle_delay)
        definition = table.definition
        if wanted.PointInTimeRecoveryEnabled:
            days = wanted.RecoveryPeriodInDays or _PERIOD_DAYS
            definition = recovery.enable(transaction, database.catalog, definition, days, now)
        elif definition.recovery is not None:
            definition = recovery.disable(transaction, database.catalog, definition)
        return _described(call, transaction, definition)

    return database.engine.write(body)


def _found(call: Call, reader: Reader, name: str) -> Table:
    table = call.database.catalog.table(reader, name)
    enforce(TABLE_IS_THERE, name, table)
    assert table is not None
    return table


def _described(call: Call, reader: Reader, definition: TableDefinition) -> Reply:
    shown: dict[str, Any] = {"PointInTimeRecoveryStatus": "DISABLED"}
    span = recovery.span(reader, definition, call.database.clock.now())
    if span is not None and definition.recovery is not None:
        times = Shown.of(span)
        shown = {
            "PointInTimeRecoveryStatus": "ENABLED",
            "RecoveryPeriodInDays": definition.recovery.period_days,
            "EarliestRestorableDateTime": float(times.earliest),
            "LatestRestorableDateTime": float(times.latest),
        }
    return {
        "ContinuousBackupsDescription": {
            "ContinuousBackupsStatus": "ENABLED",
            "PointInTimeRecoveryDescription": shown,
        }
    }
