"""Bulk operations: items from the objects of a bucket, put into a table that is there already.

    begin ──> job: rows put, some in a transaction ──> reports written ──> reports forgotten ──> no job
              IN_PROGRESS, CANCELLING                                                 COMPLETED and so on

A row may carry a condition, so it must not be put twice, and the report of one that was not put must not be
lost. So each transaction notes with which row to go on, and keeps its reports (`stator.copies.bulk_rows`).
After a stop the work goes on there.
"""

import asyncio
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.base.errors import ApiError
from stator.copies import bulk_reports, jobs, sources
from stator.copies.bulk_rows import Progress, Put, Putter, Refused, Row, portions, prepared
from stator.copies.jobs import JobRow, job
from stator.copies.ledger import COMPLETED, FAILED, IN_PROGRESS, Ledger, Record
from stator.copies.places import Bucket, Buckets, Encryption, PlaceError
from stator.copies.sources import Input, Slice
from stator.formats.extras import MissingExtra
from stator.storage.engine import Reader, Transaction
from stator.tables.database import Database

KIND: Final = "bulk"
CANCELLING: Final = "CANCELLING"
CANCELLED: Final = "CANCELLED"
WITH_ERRORS: Final = "COMPLETED_WITH_ERRORS"
_UNIT_BYTES: Final = 1024

Outcome = tuple[str, str | None, str | None]
"""A status, and AWS's code and text if it failed."""


class Output(Struct, frozen=True, omit_defaults=True):
    """Where reports go, and which are wanted: ERROR, CONDITION_CHECK_FAILURE."""

    bucket: str
    kinds: tuple[str, ...]
    owner: str | None = None
    prefix: str | None = None
    algorithm: str | None = None
    key_id: str | None = None


class Bulk(Record, kw_only=True, frozen=True, omit_defaults=True):
    """A bulk operation. `progress` is as of its end; `shown` are the places, as the request gave them."""

    input: Input
    output: Output
    shown: dict[str, object]
    units_max: int | None = None
    tier: str = "STANDARD"
    progress: Progress | None = None


BULKS: Final = Ledger(KIND, Bulk)


def begin(transaction: Transaction, database: Database, bulk: Bulk) -> None:
    """Ask for a bulk operation. Who calls sets `database.copies`."""
    BULKS.forget_old(transaction, database.clock.now())
    BULKS.put(transaction, bulk)
    jobs.begin(transaction, bulk.arn, KIND, msgspec.to_builtins(Progress(bulk.id)))


def cancel(transaction: Transaction, bulk: Bulk) -> Bulk:
    """Ask for the end of a bulk operation that is under way."""
    cancelling = replace(bulk, status=CANCELLING)
    BULKS.put(transaction, cancelling)
    return cancelling


def is_under_way(bulk: Bulk) -> bool:
    """Whether it has not ended."""
    return bulk.status in (IN_PROGRESS, CANCELLING)


def progress_of(reader: Reader, bulk: Bulk) -> Progress:
    """How far a bulk operation has come, be it under way or ended."""
    row = jobs.load(reader, bulk.arn)
    if row is not None:
        return msgspec.convert(row.payload, Progress)
    return bulk.progress or Progress(bulk.id)


class _TableGone(Exception):
    """The table is gone, or cannot be written to."""


@job(KIND)
async def make(database: Database, row: JobRow) -> None:
    """Put the rows of a bulk operation, write its reports, and record how it ended."""
    progress = msgspec.convert(row.payload, Progress)
    bulk = BULKS.get(database.engine.reader, progress.id)
    assert bulk is not None, "the record of a bulk operation goes after its job"
    if progress.outcome is None:
        putting = _Putting(database, bulk, progress)
        outcome = await _outcome(putting)
        progress = putting.progress.copy()
        progress.outcome = outcome
        await _note(database, bulk, progress)
    try:
        await _report(database, bulk, progress)
    except PlaceError as error:
        # What was put stays put, but nobody is told which rows were not.
        progress.outcome = (FAILED, error.code, error.message)
        await _note(database, bulk, progress)
    await bulk_reports.forget(database, bulk.id)
    await database.engine.write(partial(_end, database, bulk, progress))


async def _outcome(putting: "_Putting") -> Outcome:
    try:
        await putting.run()
    except PlaceError as error:
        return FAILED, error.code, error.message
    except MissingExtra as error:
        return FAILED, "MissingLibrary", str(error)
    except _TableGone:
        return FAILED, "TableNotFound", "The table was deleted, or cannot be written to any more"
    if putting.cancelled:
        return CANCELLED, "Cancelled", "The bulk operation was cancelled by a request"
    return (WITH_ERRORS if putting.progress.failed else COMPLETED), None, None


async def _note(database: Database, bulk: Bulk, progress: Progress) -> None:
    payload = msgspec.to_builtins(progress)
    await database.engine.write(lambda transaction: jobs.update(transaction, bulk.arn, payload))


def _end(database: Database, bulk: Bulk, progress: Progress, transaction: Transaction) -> None:
    assert progress.outcome is not None
    status, code, text = progress.outcome
    ended = replace(
        bulk,
        status=status,
        failure_code=code,
        failure_message=text,
        ended=database.clock.now(),
        progress=progress,
    )
    BULKS.put(transaction, ended)
    jobs.end(transaction, bulk.arn)


async def _report(database: Database, bulk: Bulk, progress: Progress) -> None:
    output = bulk.output
    assert progress.outcome is not None
    await bulk_reports.write(
        database,
        await asyncio.to_thread(_output_bucket, database, bulk),
        bulk.id,
        prefix=output.prefix,
        kinds=output.kinds,
        encryption=Encryption(output.algorithm, output.key_id),
        summary={
            "bulkOperationArn": bulk.arn,
            "bulkOperationStatus": progress.outcome[0],
            "tableArn": bulk.table_arn,
            "processedItemCount": progress.processed,
            "failedItemCount": progress.failed,
            "conditionCheckFailureCount": progress.refused,
        },
    )


def _output_bucket(database: Database, bulk: Bulk) -> Bucket:
    buckets: Buckets = database.buckets
    return buckets.bucket(bulk.output.bucket, bulk.output.owner)


@dataclass(slots=True)
class _Putting:
    """One run of a bulk operation's job, from where the last one came to."""

    database: Database
    bulk: Bulk
    progress: Progress
    cancelled: bool = field(default=False)

    async def run(self) -> None:
        """Put all rows that follow. Raises PlaceError, MissingExtra, _TableGone, StorageError."""
        database, bulk = self.database, self.bulk
        await asyncio.to_thread(_output_bucket, database, bulk)
        source = await sources.find(database, bulk.input, {})
        putter = Putter(bulk.id, bulk.arn, bulk.input.bucket, bulk.output.kinds)
        self.progress.total_bytes = source.size
        async for some in source.slices(self.progress.after):
            rows = [prepared(some.first + number, row) for number, row in enumerate(some.rows)]
            for portion in portions(rows):
                before = self.progress.usage.total
                await self._put(putter, some, portion)
                if self.cancelled:
                    return
                await self._pace(self.progress.usage.total - before)

    async def _put(self, putter: Putter, some: Slice, rows: list[Row]) -> None:
        """Put rows in one transaction, or each in its own if one of them is too much for its collection."""
        try:
            await self._put_together(putter, some, rows)
        except ApiError as refusal:
            row = rows[0]
            if len(rows) > 1:
                for each in rows:
                    await self._put(putter, some, [each])
                return
            assert isinstance(row, Put)
            refused = Refused(row.index, refusal.message or "The item is not valid", row.item)
            await self._put_together(putter, some, [refused])

    async def _put_together(self, putter: Putter, some: Slice, rows: list[Row]) -> None:
        progress = await self.database.engine.write(partial(self._body, putter, some, rows))
        if progress is None:
            self.cancelled = True
        else:
            self.progress = progress

    def _body(
        self, putter: Putter, some: Slice, rows: list[Row], transaction: Transaction
    ) -> Progress | None:
        """How far it has come by these rows; None if it has been cancelled."""
        bulk = BULKS.get(transaction, self.bulk.id)
        if bulk is not None and bulk.status == CANCELLING:
            return None
        table = self.database.catalog.table(transaction, self.bulk.table)
        if table is None or table.definition.id != self.bulk.table_id or not table.readable:
            raise _TableGone
        progress = self.progress.copy()
        putter.put(transaction, table, some, rows, progress)
        return progress

    async def _pace(self, written: int) -> None:
        """Wait for as long as the rate that was asked for wants it."""
        limit = self.bulk.units_max
        await asyncio.sleep(0 if limit is None else -(-written // _UNIT_BYTES) / limit)
