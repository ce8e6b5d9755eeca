"""The rows of a bulk operation, put into its table some at a time, each of them once.

Each transaction puts some rows and notes, in the operation's job, with which row to go on. It keeps the
reports of rows that it did not put.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from msgspec import Struct

from stator.base.errors import ApiError
from stator.copies import bulk_reports, jobs
from stator.copies.sources import Slice
from stator.expressions.bind import Bindings
from stator.expressions.condition import Condition, condition
from stator.formats.dynamodb_json import Record
from stator.formats.rows import BadRow
from stator.storage.engine import Transaction
from stator.tables import records
from stator.tables.image import Image
from stator.tables.schema import check_index_keys
from stator.tables.table import Table
from stator.values.attribute import normalise
from stator.values.size import item_size

ERROR: Final = "ERROR"
CONDITION: Final = "CONDITION_CHECK_FAILURE"
_BYTES_PER_TRANSACTION: Final = 256 * 1024


class Usage(Struct):
    """Bytes put into the table, and into its indexes by their kind and name."""

    table: int = 0
    local: dict[str, int] = msgspec.field(default_factory=dict)
    global_: dict[str, int] = msgspec.field(default_factory=dict)

    @property
    def total(self) -> int:
        """Bytes put into the table and its indexes."""
        return self.table + sum(self.local.values()) + sum(self.global_.values())


class Progress(Struct):
    """How far a bulk operation has come: what its job keeps, and in the end its record.

    `after` is the object and the index of the row to go on with. `failed` rows were no items of the table,
    and of `refused` ones the condition did not hold. `outcome` is how it has ended but for its reports: a
    status, and AWS's code and text if it failed.
    """

    id: str
    after: tuple[str, int] | None = None
    processed: int = 0
    failed: int = 0
    refused: int = 0
    bytes_read: int = 0
    total_bytes: int | None = None
    usage: Usage = msgspec.field(default_factory=Usage)
    outcome: tuple[str, str | None, str | None] | None = None

    def copy(self) -> "Progress":
        """One that can be changed, so that a body may run twice."""
        return msgspec.convert(msgspec.to_builtins(self), Progress)


class Put(Struct):
    """A row that may be put: its index in its object, the item, and its condition if it has one."""

    index: int
    item: dict[str, Any]
    size: int
    condition: Condition | None


class Refused(Struct):
    """A row that cannot be put: its index, why, and the item if it is one."""

    index: int
    message: str
    item: dict[str, Any] | None = None


Row = Put | Refused


def prepared(index: int, row: Record | BadRow) -> Row:
    """A row of a file, with its condition compiled."""
    if isinstance(row, BadRow):
        return Refused(index, row.message)
    test = None
    try:
        values = row.ExpressionAttributeValues
        bound = Bindings(row.ExpressionAttributeNames, values)
        for value in (values or {}).values():
            normalise(value)
        if row.ConditionExpression is not None:
            test = condition(row.ConditionExpression, bound)
        bound.check_unused()
    except ApiError as refusal:
        return Refused(index, refusal.message or "The condition is not valid", row.Item)
    return Put(index, row.Item, item_size(row.Item), test)


def portions(rows: list[Row]) -> Iterator[list[Row]]:
    """Rows cut into what one transaction puts; one at least, if only of none."""
    portion: list[Row] = []
    size = 0
    for row in rows:
        portion.append(row)
        size += row.size if isinstance(row, Put) else 0
        if size >= _BYTES_PER_TRANSACTION:
            yield portion
            portion, size = [], 0
    if portion or not rows:
        yield portion


class Putter:
    """Puts rows from one bucket for one bulk operation, and keeps its reports of some kinds."""

    def __init__(self, bulk_id: str, job: str, bucket: str, kinds: tuple[str, ...]) -> None:
        self._id = bulk_id
        self._job = job
        self._bucket = bucket
        self._kinds = kinds

    def put(
        self, transaction: Transaction, table: Table, some: Slice, rows: list[Row], progress: Progress
    ) -> None:
        """Put rows of a slice, and note in `progress` and in the job how far that is.

        Raises ApiError if an item's collection grows too large: then nothing may be kept of it.
        """
        progress.bytes_read = some.bytes_read
        progress.after = (some.key, some.end)
        for row in rows:
            refused = (
                row if isinstance(row, Refused) else self._put_one(transaction, table, some, row, progress)
            )
            if isinstance(refused, Refused):
                progress.failed += 1
                report = bulk_reports.refusal(
                    self._bucket, some.key, row.index, refused.message, refused.item
                )
                self._keep(transaction, ERROR, progress, report)
            progress.processed += 1
            progress.after = (some.key, row.index + 1)
        jobs.update(transaction, self._job, msgspec.to_builtins(progress))

    def _put_one(
        self, transaction: Transaction, table: Table, some: Slice, row: Put, progress: Progress
    ) -> Refused | None:
        try:
            key = table.key.of_item(row.item)
            check_index_keys(table.index_rules, row.item)
        except ApiError as refusal:
            return Refused(row.index, refusal.message or "The item is not valid", row.item)
        before = records.read(transaction, table, key)
        if row.condition is not None and not row.condition.test(before.item if before else {}):
            progress.refused += 1
            report = bulk_reports.failed_condition(self._bucket, some.key, row.index, row.item, before)
            self._keep(transaction, CONDITION, progress, report)
            return None
        changes = records.write(transaction, table, key, before, Image.of(row.item, row.size))
        progress.usage.table += row.size
        for change in changes:
            used = progress.usage.local if change.kind == "local" else progress.usage.global_
            used[change.name] = used.get(change.name, 0) + change.after
        return None

    def _keep(self, transaction: Transaction, kind: str, progress: Progress, report: dict[str, Any]) -> None:
        if kind in self._kinds:
            bulk_reports.keep(transaction, self._id, kind, progress.processed, report)
