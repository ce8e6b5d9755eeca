"""Backups: from the moment at which one is asked for to its file, and what there is of both.

    begin ──> job, hold ──> file under another name ──> file ──> no job, no hold
              CREATING                                            AVAILABLE

The transaction that asks for a backup decides its position, and holds the table as it is there. The job
writes the file beside live writes. As long as there is a job there is no backup, even if its file has its
name already; so a stop at any point leaves a job, which is done again, or a backup that is whole.

A table with recovery that is deleted is backed up in the same way (SYSTEM): its items stay until then.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from stator.copies import backup_file, backup_writer, jobs
from stator.copies.backup_directory import BackupDirectory, resource
from stator.copies.backup_file import BackupDamaged, Summary
from stator.copies.backup_header import BackupType, Header, new_header
from stator.copies.jobs import JobRow, job
from stator.copies.past import PastItems, hold, release
from stator.storage.engine import Reader, Transaction
from stator.tables import counters, slices
from stator.tables.database import Database
from stator.tables.keyspace import COPIES, copy_record_key, copy_records
from stator.tables.table import Table

KIND: Final = "backup"
EXPIRY_SECONDS: Final = 35 * 86_400  # of SYSTEM backups; "Backup and restore", developer guide
SYSTEM_NAME: Final = "{table}$DeletedTableBackup"

_RETRY_SECONDS: Final = 10.0
_log = logging.getLogger("stator.copies")


class Described(NamedTuple):
    """A backup, made or being made: `path` is None until it is made, and items and bytes are estimates."""

    header: Header
    items: int
    item_bytes: int
    path: Path | None

    @classmethod
    def of(cls, summary: Summary) -> "Described":
        """The backup in a file."""
        return cls(summary.header, summary.footer.items, summary.footer.item_bytes, summary.path)


class _Work(Struct, frozen=True):
    """What a job keeps."""

    header: Header
    position: int
    items: int
    item_bytes: int

    @classmethod
    def of(cls, row: JobRow) -> "_Work":
        return msgspec.convert(row.payload, cls)

    def described(self) -> Described:
        return Described(self.header, self.items, self.item_bytes, None)


def new_id(now: float, random: str) -> str:
    """The last part of an ARN: the time in milliseconds, and eight random digits, as AWS has it."""
    return f"{round(now * 1000):014d}-{random[:8]}"


def directory(database: Database) -> BackupDirectory:
    """The directory of a database's backups. Raises BackupsOff."""
    if database.backups is None:
        raise BackupsOff
    return BackupDirectory(database.backups)


class BackupsOff(Exception):
    """The database was opened without a place for backups."""


# Making one.


def begin(
    transaction: Transaction,
    database: Database,
    table: Table,
    *,
    table_arn: str,
    backup: str,
    name: str,
    type: BackupType = "USER",
) -> Described:
    """Ask for a backup of a table as it is now; `backup` is its id. Who calls sets `database.copies`."""
    now = database.clock.now()
    header = new_header(
        table.definition,
        arn=f"{table_arn}/backup/{backup}",
        table_arn=table_arn,
        name=name,
        type=type,
        created_at=now,
        expires_at=now + EXPIRY_SECONDS if type == "SYSTEM" else None,
    )
    position = hold(transaction, database.catalog, table, header.arn)
    count = counters.count(transaction, [table.space])[table.space]
    work = _Work(header, position, count.items, count.bytes)
    jobs.begin(transaction, header.arn, KIND, msgspec.to_builtins(work))
    if header.expires_at is not None:
        _note_expiry(transaction, header.arn, header.expires_at)
    return work.described()


def begin_system(
    transaction: Transaction, database: Database, table: Table, *, table_arn: str, backup: str
) -> Described:
    """Ask for the backup that a table with recovery leaves; its deletion is in this transaction."""
    name = SYSTEM_NAME.format(table=table.name)
    return begin(transaction, database, table, table_arn=table_arn, backup=backup, name=name, type="SYSTEM")


def being_made(reader: Reader) -> list[Described]:
    """The backups that are being made."""
    return [_Work.of(row).described() for row in jobs.unfinished(reader) if row.kind == KIND]


def is_being_made(reader: Reader, table: str) -> bool:
    """Whether a backup of a table is being made that somebody asked for."""
    return any(
        described.header.table.name == table and described.header.type == "USER"
        for described in being_made(reader)
    )


@job(KIND)
async def make(database: Database, row: JobRow) -> None:
    """Write the file of a backup, and declare it made.

    If the file cannot be written, a backup that somebody asked for is given up; that of a deleted table is
    tried again, since it is all that is left of the table.
    """
    work = _Work.of(row)
    while True:
        try:
            await _write(database, work)
            break
        except OSError as error:
            _log.error("backup %s cannot be written: %s", row.id, error)
            if work.header.type == "USER":
                break
        await asyncio.sleep(_RETRY_SECONDS)
    await database.engine.write(partial(_end, database, work.header))
    database.work.set()  # A deleted table's items may be dropped by now.


async def _write(database: Database, work: _Work) -> None:
    place = directory(database)
    path = place.place(work.header)
    if not await asyncio.to_thread(_is_written, path, work.header):
        await asyncio.to_thread(place.make)
        table = work.header.table
        items = PastItems(database, table.name, table.id, work.position)
        await backup_writer.write(path, work.header, _stored(items))


def _is_written(path: Path, header: Header) -> bool:
    """Whether an earlier run has come as far as to the file."""
    try:
        return backup_file.summary(path).header == header
    except (BackupDamaged, OSError):
        return False


async def _stored(items: PastItems) -> AsyncIterator[list[bytes]]:
    async for batch in items.batches():
        yield [value for _, value in batch]


def _end(database: Database, header: Header, transaction: Transaction) -> None:
    table = header.table
    release(transaction, database.catalog, table.name, table.id, header.arn)
    jobs.end(transaction, header.arn)


# What there is.


async def made(database: Database) -> dict[str, Described]:
    """All backups, made or being made, by what their ARNs name, in order. Raises OSError."""
    if database.backups is None:
        return {}
    unmade = database.engine.read(being_made)  # Read first: a job that ends meanwhile has left its file.
    found = await asyncio.to_thread(BackupDirectory(database.backups).backups)
    known = {name: Described.of(summary) for name, summary in found.items()}
    known |= {resource(described.header.arn): described for described in unmade}
    return dict(sorted(known.items()))


async def find(database: Database, arn: str) -> Described | None:
    """A backup by its ARN; None if there is none. Raises BackupDamaged and OSError."""
    if database.backups is None:
        return None
    for described in database.engine.read(being_made):
        if resource(described.header.arn) == resource(arn):
            return described
    summary = await asyncio.to_thread(BackupDirectory(database.backups).find, arn)
    return None if summary is None else Described.of(summary)


def is_being_restored(database: Database, arn: str) -> bool:
    """Whether a table is being filled from a backup."""
    return any(
        definition.filling
        and definition.restored is not None
        and resource(definition.restored.backup_arn or "") == resource(arn)
        for definition in (table.definition for table in database.catalog.tables(database.engine.reader))
    )


# Its end.


async def remove(database: Database, path: Path) -> None:
    """Delete a backup for ever. Raises OSError."""
    await asyncio.to_thread(directory(database).remove, path)


class _Expiry(Struct):
    """When a SYSTEM backup of this database's own is to be deleted (seconds since the epoch)."""

    at: float


_expiry = msgspec.json.Decoder(_Expiry).decode


def _note_expiry(transaction: Transaction, arn: str, at: float) -> None:
    transaction.put(COPIES, copy_record_key(KIND, arn), msgspec.json.encode(_Expiry(at)))


def expired(reader: Reader, now: float) -> list[str]:
    """The ARNs of SYSTEM backups of this database's own that are past their time.

    One that came here as a file is not among them: somebody may want to restore it.
    """
    start, end = copy_records(KIND)
    rows = slices.rows(reader, COPIES, start, end)
    return [key[len(start) :].decode() for key, row in rows if _expiry(row).at <= now]


async def remove_expired(database: Database, arn: str) -> None:
    """Delete a SYSTEM backup that is past its time, unless it is in use. Raises OSError, StorageError."""
    try:
        found = await find(database, arn)
    except BackupDamaged as error:
        _log.warning("a backup that has expired is left where it is: %s", error)
        found = None
    if found is not None and (found.path is None or is_being_restored(database, arn)):
        return
    if found is not None and found.path is not None:
        await remove(database, found.path)
    await database.engine.write(lambda transaction: transaction.delete(COPIES, copy_record_key(KIND, arn)))
