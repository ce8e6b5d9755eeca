"""Restores: a new table filled from the past of another one, or from a backup.

    begin ──> job, hold, table CREATING ──> items ──> table ACTIVE, no job, no hold

The transaction that asks for a restore makes the table and decides the position of the source's log; from
then on the source may be written to, or deleted. A stop at any point leaves the job, which fills the table
again from the beginning, or the finished table.
"""

import logging
from collections.abc import AsyncIterator
from functools import partial

import msgspec
from msgspec import Struct

from stator.copies import backup_file, backups, filling, jobs
from stator.copies.backup_file import BackupDamaged
from stator.copies.filling import TargetGone
from stator.copies.jobs import JobRow, job
from stator.copies.past import PastItems, SourceGone, Stored, hold, release
from stator.storage.engine import Reader, Transaction
from stator.tables import stored
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.table import Table

KIND = "restore"

_log = logging.getLogger("stator.copies")


class Source(Struct, frozen=True, omit_defaults=True):
    """What a table is restored from: a position of a table's log, or (`backup`, an ARN) a backup."""

    table: str = ""
    table_id: str = ""
    position: int = 0
    backup: str | None = None


class _Work(Struct, frozen=True):
    """What a job keeps, besides the id of the new table, which is its own."""

    target: str
    source: Source


def begin_from_past(
    transaction: Transaction, database: Database, source: Table, position: int, definition: TableDefinition
) -> None:
    """Ask for a table of `definition` with the items of `source` as of a position of its log."""
    hold(transaction, database.catalog, source, definition.id, position)
    _begin(transaction, database, definition, Source(source.name, source.definition.id, position))


def begin_from_backup(
    transaction: Transaction, database: Database, backup: str, definition: TableDefinition
) -> None:
    """Ask for a table of `definition` with the items of a backup, by its ARN."""
    _begin(transaction, database, definition, Source(backup=backup))


def _begin(transaction: Transaction, database: Database, definition: TableDefinition, source: Source) -> None:
    filling.begin(transaction, database.catalog, definition)
    jobs.begin(transaction, definition.id, KIND, msgspec.to_builtins(_Work(definition.name, source)))


def under_way(reader: Reader) -> list[Source]:
    """What the restores under way read from."""
    return [_work(row).source for row in jobs.unfinished(reader) if row.kind == KIND]


def _work(row: JobRow) -> _Work:
    return msgspec.convert(row.payload, _Work)


@job(KIND)
async def restore(database: Database, row: JobRow) -> None:
    """Fill the table of a restore, and declare it complete.

    If what it reads is gone or damaged, the table goes as well: half a table is none.
    """
    work, catalog, engine = _work(row), database.catalog, database.engine
    name, table_id = work.target, row.id
    try:
        await engine.write(partial(filling.restart, catalog=catalog, name=name, table_id=table_id))
        database.work.set()  # An earlier run may have left something to be freed.
        await filling.fill(database, name, table_id, _items(database, work))
    except TargetGone:
        await engine.write(partial(_end, database, row))
    except (SourceGone, BackupDamaged, OSError) as error:
        _log.error("restoring table %s failed: %s", name, error)
        await engine.write(partial(_give_up, database, row))
    else:
        await engine.write(partial(_finish, database, row))
    database.work.set()


def _items(database: Database, work: _Work) -> AsyncIterator[list[Stored]]:
    source = work.source
    if source.backup is not None:
        return _backed_up(database, work.target, source.backup)
    return PastItems(database, source.table, source.table_id, source.position).batches()


async def _backed_up(database: Database, target: str, arn: str) -> AsyncIterator[list[Stored]]:
    """The items of a backup, at the positions that they have in this database."""
    found = await backups.find(database, arn)
    if found is None or found.path is None:
        raise SourceGone(arn)
    table = database.catalog.table(database.engine.reader, target)
    if table is None:
        raise TargetGone(target)
    key = table.key
    unpack = stored.partial_unpack(frozenset(key.names))
    async for batch in backup_file.read(found.path).batches():
        yield [(key.position(unpack(value)), value) for value in batch]


def _finish(database: Database, row: JobRow, transaction: Transaction) -> None:
    filling.finish(transaction, database.catalog, _work(row).target, row.id)
    _end(database, row, transaction)


def _give_up(database: Database, row: JobRow, transaction: Transaction) -> None:
    filling.abandon(transaction, database.catalog, _work(row).target, row.id)
    _end(database, row, transaction)


def _end(database: Database, row: JobRow, transaction: Transaction) -> None:
    source = _work(row).source
    if source.backup is None:
        release(transaction, database.catalog, source.table, source.table_id, row.id)
    jobs.end(transaction, row.id)
