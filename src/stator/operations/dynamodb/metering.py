"""What operations on items tell the meter (`Database.meter`), if there is one.

Reads tell it at once. The body of a write may run twice, so it leaves a note in its transaction, which is
heeded for the run that counts. A request that names several items of a table is told of once, with what all
of them have consumed; an event of throttling is told of for each item.

Units of local indexes are the table's, those of a global index its own.
"""

from functools import partial
from typing import Final

from stator.base.errors import ApiError
from stator.operations.dynamodb.capacity import Capacity
from stator.operations.registry import Call
from stator.storage.engine import Transaction
from stator.tables.definition import BillingMode
from stator.tables.meter import (
    CONDITION_FAILURES,
    CONFLICTS,
    RETURNED_ITEMS,
    SEPARATOR,
    THROTTLES,
    Meter,
)
from stator.tables.table import Table
from stator.tables.throttle import Direction, Exhausted

KEY_RANGE: Final = "KeyRangeThroughput"
_CAUSES: Final[dict[BillingMode, str]] = {
    "PROVISIONED": "ProvisionedThroughput",
    "PAY_PER_REQUEST": "MaxOnDemandThroughput",
}
# Errors of a statement in a batch, whose request as a whole is answered.
_STATEMENT_ERRORS: Final[dict[str, int]] = {
    "ConditionalCheckFailedException": CONDITION_FAILURES,
    "TransactionConflictException": CONFLICTS,
}


def read(call: Call, table: Table, capacity: Capacity) -> None:
    """Tell what a read has consumed of a table and its indexes."""
    meter: Meter | None = call.database.meter
    if meter is not None:
        _count(meter, table.name, "read", capacity)


def written(call: Call, transaction: Transaction, table: Table, capacity: Capacity) -> None:
    """Tell what a write has consumed of a table and its indexes."""
    meter: Meter | None = call.database.meter
    if meter is not None:
        transaction.note(partial(_count, meter, table.name, "write", capacity))


def read_in(call: Call, transaction: Transaction, table: Table, capacity: Capacity) -> None:
    """The same of reads that the body of a write makes instead of writing."""
    meter: Meter | None = call.database.meter
    if meter is not None:
        transaction.note(partial(_count, meter, table.name, "read", capacity))


def returned(call: Call, table: Table, operation: str, items: int) -> None:
    """Tell how many items a page has."""
    meter: Meter | None = call.database.meter
    if meter is not None:
        meter.value(RETURNED_ITEMS, table.name + SEPARATOR + operation, items)


def throttled(
    call: Call, exhausted: Exhausted, transaction: Transaction | None = None, cause: str | None = None
) -> None:
    """Tell that a limit has kept something from being read or written; in the body of a `transaction`."""
    meter: Meter | None = call.database.meter
    if meter is None:
        return
    index_name = exhausted.index_name or ""
    parts = (exhausted.table, index_name, exhausted.direction, cause or _CAUSES[exhausted.mode])
    if transaction is None:
        meter.count(THROTTLES, SEPARATOR.join(parts))
    else:
        transaction.note(partial(meter.count, THROTTLES, SEPARATOR.join(parts)))


def statement_refused(call: Call, transaction: Transaction, table: Table, error: ApiError) -> None:
    """Tell what one statement of a batch was refused for."""
    meter: Meter | None = call.database.meter
    kind = _STATEMENT_ERRORS.get(error.name)
    if meter is not None and kind is not None:
        transaction.note(partial(meter.count, kind, table.name))


def _count(meter: Meter, table: str, direction: Direction, capacity: Capacity) -> None:
    units = capacity.table
    if capacity.local:
        units += sum(capacity.local.values())
    if direction == "read":
        if units:
            meter.reads(table, int(units * 2))
        for index, of_index in capacity.global_.items():
            meter.reads(table + SEPARATOR + index, int(of_index * 2))
    else:
        if units:
            meter.writes(table, int(units * 2))
        for index, of_index in capacity.global_.items():
            meter.writes(table + SEPARATOR + index, int(of_index * 2))
