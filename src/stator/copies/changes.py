"""The items of a table that changed between two positions of its change log: what each was and became.

    log     |start .... k1:old .... k1:old' ....|end .... k1:old'' ....  present
                       └ was                         └ became            (else the present tells)

An item's first change after `start` tells what it was; its first change after `end`, or the present if there
is none, tells what it became. So many changes of an item become one, and an item that was made and removed in
between is none. The keys met are kept in a temporary file, as those of `stator.copies.seen` are.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from typing import Final, NamedTuple

from stator.copies.past import SourceGone
from stator.storage.engine import Reader
from stator.tables import change_log
from stator.tables.change_log import log_key
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.holds import held

_SLICE_ROWS: Final = 100
_SLICE_BYTES: Final = 256 * 1024


class ItemChange(NamedTuple):
    """A changed item: its stored form before and after (None: it was not there), and when it last changed.

    `time` is seconds since the epoch.
    """

    old: bytes | None
    new: bytes | None
    time: float


class PastChanges:
    """The items of a table that changed from position `start` to before `end`; the caller holds `start`."""

    def __init__(self, database: Database, name: str, table_id: str, start: int, end: int) -> None:
        self._database = database
        self._name = name
        self._id = table_id
        self._next = start  # of the log: what comes before it has been walked
        self._end = end
        self._met = _Met()

    async def batches(self) -> AsyncIterator[list[ItemChange]]:
        """Each changed item once; other tasks run between two batches.

        Raises SourceGone if the table goes. Raises StorageError.
        """
        try:
            ended = False
            while not ended:
                batch, ended = self._step(self._database.engine.reader)
                if batch:
                    yield batch
                await asyncio.sleep(0)
        finally:
            self._met.close()

    def _step(self, reader: Reader) -> tuple[list[ItemChange], bool]:
        """One slice in one snapshot: its changed items, and whether that was all."""
        definition = held(reader, self._database.catalog, self._name, self._id)
        if definition is None:
            raise SourceGone(self._name)
        if not self._walk_log(reader, definition):
            return [], False
        rows = self._met.take(_SLICE_ROWS)
        batch = [change for row in rows if (change := self._change(reader, definition, row)) is not None]
        return batch, not rows

    def _walk_log(self, reader: Reader, definition: TableDefinition) -> bool:
        """Note the keys of some changes; whether these were the last."""
        assert definition.log is not None, "a table that is held has a change log"
        changes, ended = change_log.read(
            reader, definition.log, self._next, None, limit=_SLICE_ROWS, size=_SLICE_BYTES
        )
        for position, change in changes:
            if position < self._end:
                self._met.changed(change.key, position, change.time)
            else:
                self._met.changed_later(change.key, position)
        if changes:
            self._next = changes[-1][0] + 1
        return ended

    def _change(self, reader: Reader, definition: TableDefinition, row: "_Row") -> ItemChange | None:
        old = self._image(reader, definition, row.first)
        if row.later is None:
            new = reader.get(definition.space, row.key)
        else:
            new = self._image(reader, definition, row.later)
        return None if old is None and new is None else ItemChange(old, new, row.time)

    def _image(self, reader: Reader, definition: TableDefinition, position: int) -> bytes | None:
        """What an item was before the change at a position."""
        assert definition.log is not None
        change = change_log.at(reader, definition.log, position)
        assert change is not None, "what is held is not trimmed"
        return change.old


class _Row(NamedTuple):
    """An item met in the log: its first change, when it last changed, its first change after the end."""

    key: bytes
    first: int
    time: float
    later: int | None


class _Met:
    """The items met, in SQLite's own temporary database, which has no name and leaves nothing behind."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._file.execute("PRAGMA journal_mode = OFF")
        self._file.execute("PRAGMA cache_size = -8192")
        self._file.execute(
            "CREATE TABLE met (key BLOB PRIMARY KEY, first BLOB, time REAL, later BLOB) WITHOUT ROWID"
        )
        self._cursor = b""

    def changed(self, key: bytes, position: int, time: float) -> None:
        self._file.execute(
            "INSERT INTO met VALUES (?, ?, ?, NULL) ON CONFLICT DO UPDATE SET time = excluded.time",
            (key, log_key(position), time),
        )

    def changed_later(self, key: bytes, position: int) -> None:
        self._file.execute(
            "UPDATE met SET later = ? WHERE key = ? AND later IS NULL", (log_key(position), key)
        )

    def take(self, count: int) -> list[_Row]:
        """The next items in the order of their keys."""
        rows = self._file.execute(
            "SELECT key, first, time, later FROM met WHERE key > ? ORDER BY key LIMIT ?",
            (self._cursor, count),
        ).fetchall()
        if rows:
            self._cursor = rows[-1][0]
        return [
            _Row(key, int.from_bytes(first, "big"), time, later and int.from_bytes(later, "big"))
            for key, first, time, later in rows
        ]

    def close(self) -> None:
        self._file.close()
