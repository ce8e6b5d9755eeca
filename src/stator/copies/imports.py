"""Imports: a new table from the objects of a bucket.

    begin ──> job ──> objects found ──> table, CREATING ──> filled ──> no job, table ACTIVE
              IN_PROGRESS                                             COMPLETED, or FAILED

As on AWS, the table is made once its objects are known to be there; a bucket that is not there leaves none. A
row that is no item is counted and logged, and the import has FAILED in the end, with the good rows in its
table. After a stop the table is emptied and filled anew; whether it was begun, only its definition tells.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.base.errors import ApiError
from stator.copies import filling, jobs, sources
from stator.copies.error_log import ErrorLog
from stator.copies.filling import Stored, TargetGone
from stator.copies.jobs import JobRow, job
from stator.copies.ledger import COMPLETED, FAILED, Ledger, Record
from stator.copies.places import PlaceError
from stator.copies.sources import Input, Source
from stator.formats.extras import MissingExtra
from stator.formats.rows import BadRow
from stator.storage.engine import Transaction
from stator.tables import stored
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.keyspace import Partitions
from stator.tables.schema import check_index_keys
from stator.tables.table import Table
from stator.values.size import item_size

KIND: Final = "import"
BAD_ROWS: Final = (
    "Some of the items failed validation checks and were not imported. "
    "Please check CloudWatch error logs for more details."
)


class Counts(Struct, omit_defaults=True):
    """How far an import has come: rows read, items put, rows refused, bytes read."""

    processed: int = 0
    imported: int = 0
    errors: int = 0
    size: int = 0


class Import(Record, kw_only=True, frozen=True, omit_defaults=True):
    """An import. `definition` is the table to be; its spaces are given when it is made.

    `shown` are the parameters of the table and the options of the format, as the request gave them.
    """

    input: Input
    definition: TableDefinition
    shown: dict[str, object]
    counts: Counts = msgspec.field(default_factory=Counts)


IMPORTS: Final = Ledger(KIND, Import)


def begin(transaction: Transaction, database: Database, asked: Import) -> None:
    """Ask for an import. Who calls sets `database.copies`."""
    IMPORTS.forget_old(transaction, database.clock.now())
    IMPORTS.put(transaction, asked)
    jobs.begin(transaction, asked.arn, KIND, {"id": asked.id})


def counts_of(database: Database, asked: Import) -> Counts:
    """How far an import has come, be it under way or ended."""
    live = database.progress.get(asked.arn)
    return live if isinstance(live, Counts) and asked.ended is None else asked.counts


@job(KIND)
async def make(database: Database, row: JobRow) -> None:
    """Fill the table of an import, and record how it ended."""
    asked = IMPORTS.get(database.engine.reader, row.payload["id"])
    assert asked is not None, "the record of an import goes after its job"
    filler = _Filler(database, asked)
    database.progress[asked.arn] = filler.counts
    try:
        failure = await filler.run()
    except PlaceError as error:
        failure = (error.code, error.message)
    except MissingExtra as error:
        failure = ("MissingLibrary", str(error))
    except TargetGone:
        failure = ("TableNotFound", "The table was deleted before the import was complete")
    finally:
        filler.log.close()
    ended = replace(asked, status=COMPLETED, counts=filler.counts)
    if failure is not None:
        ended = replace(ended, status=FAILED, failure_code=failure[0], failure_message=failure[1])
    await database.engine.write(partial(_end, database, ended))
    database.progress.pop(asked.arn, None)


def _end(database: Database, ended: Import, transaction: Transaction) -> None:
    """The table, if there is one, keeps what is in it, however the import ended."""
    if filling.is_being_filled(transaction, database.catalog, ended.table, ended.table_id):
        filling.finish(transaction, database.catalog, ended.table, ended.table_id)
    IMPORTS.put(transaction, replace(ended, ended=database.clock.now()))
    jobs.end(transaction, ended.arn)


@dataclass(slots=True)
class _Filler:
    """One run of an import's job."""

    database: Database
    asked: Import
    counts: Counts = field(default_factory=Counts)
    log: ErrorLog = field(init=False)

    def __post_init__(self) -> None:
        self.log = ErrorLog(self.database.logs, self.asked.arn, self.asked.input.bucket)

    async def run(self) -> tuple[str, str] | None:
        """Make the table and fill it. Returns AWS's code and text if the import fails.

        Raises PlaceError, MissingExtra, TargetGone, StorageError.
        """
        database, asked = self.database, self.asked
        source = await sources.find(database, asked.input, asked.definition.attributes)
        if not await database.engine.write(self._make_table):
            return "TableAlreadyExists", f"Table already exists: {asked.table}"
        table = Table(asked.definition, Partitions(database.secret))
        await filling.fill(database, asked.table, asked.table_id, self._batches(source, table))
        return ("ItemValidationError", BAD_ROWS) if self.counts.errors else None

    def _make_table(self, transaction: Transaction) -> bool:
        """Begin the table, or begin again; whether its name was free."""
        catalog, asked = self.database.catalog, self.asked
        if filling.is_being_filled(transaction, catalog, asked.table, asked.table_id):
            filling.restart(transaction, catalog, asked.table, asked.table_id)
            return True
        if catalog.table(transaction, asked.table) is not None:
            return False
        definition = asked.definition
        space = catalog.new_space(transaction)
        indexes = tuple(replace(index, space=catalog.new_space(transaction)) for index in definition.indexes)
        created = replace(definition, space=space, indexes=indexes, created_at=self.database.clock.now())
        filling.begin(transaction, catalog, created)
        return True

    async def _batches(self, source: Source, table: Table) -> AsyncIterator[list[Stored]]:
        async for some in source.slices():
            batch = []
            for number, row in enumerate(some.rows):
                item = row if isinstance(row, BadRow) else _stored(table, row.Item)
                if isinstance(item, BadRow):
                    self.counts.errors += 1
                    self.log.write(some, number, item)
                else:
                    batch.append(item)
            yield batch
            # What has been written by now is shown, and nothing before it is durable.
            self.counts.imported += len(batch)
            self.counts.processed += len(some.rows)
            self.counts.size = some.bytes_read


def _stored(table: Table, item: dict[str, dict[str, object]]) -> Stored | BadRow:
    """An item with its place in a table, or why it has none there (AWS's text)."""
    try:
        key = table.key.of_item(item)
        check_index_keys(table.index_rules, item)
    except ApiError as refusal:
        return BadRow(refusal.message or "The item is not valid")
    return key, stored.pack(item, item_size(item))
