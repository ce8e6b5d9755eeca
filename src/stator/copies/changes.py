"""The items of a table that changed between two positions of its change log: what each was and became.

    log     |start .... k1:old .... k1:old' ....|end .... k1:old'' ....  present
                       └ was                         └ became            (else the present tells)

An item's first change after `start` tells what it was; its first change after `end`, or the present if there
is none, tells what it became. So many changes of an item become one, and an item that was made and removed in
between is none. The keys met are kept in a temporary file (`stator.copies.temporary`).
"""

from typing import NamedTuple

from stator.copies.held_walk import HeldWalk
from stator.copies.temporary import Temporary
from stator.storage.engine import Reader
from stator.tables import change_log
from stator.tables.change_log import log_key
from stator.tables.database import Database
from stator.tables.definition import TableDefinition


class ItemChange(NamedTuple):
    """A changed item: its stored form before and after (None: it was not there), and when it last changed.

    `time` is seconds since the epoch.
    """

    old: bytes | None
    new: bytes | None
    time: float


class PastChanges(HeldWalk[ItemChange]):
    """The items of a table that changed from position `start` to before `end`, in the order of their keys."""

    def __init__(self, database: Database, name: str, table_id: str, start: int, end: int) -> None:
        super().__init__(database, name, table_id, start)
        self._end = end
        self._met = _Met()

    def _close(self) -> None:
        self._met.close()

    def _slice(self, reader: Reader, definition: TableDefinition) -> tuple[list[ItemChange], bool]:
        """Nothing while there are changes to note; then changed items."""
        if not self._note(reader, definition):
            return [], False
        rows = self._met.take(self.slice_rows)
        batch = [change for row in rows if (change := self._change(reader, definition, row)) is not None]
        return batch, not rows

    def _note(self, reader: Reader, definition: TableDefinition) -> bool:
        """Note the keys of some changes; whether these were the last."""
        changes, ended = self._changes(reader, definition)
        for position, change in changes:
            if position < self._end:
                self._met.changed(change.key, position, change.time)
            else:
                self._met.changed_later(change.key, position)
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
    """The items met, in a temporary file. Everything raises StorageError."""

    def __init__(self) -> None:
        self._file = Temporary(
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
        )
        if rows:
            self._cursor = rows[-1][0]
        return [
            _Row(key, int.from_bytes(first, "big"), time, later and int.from_bytes(later, "big"))
            for key, first, time, later in rows
        ]

    def close(self) -> None:
        self._file.close()
