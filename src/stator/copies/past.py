"""A table as it was at a position of its change log, read beside live writes.

The log keeps old images, so the past is the present with what came later undone. Of the changes after the
position, an item's first one tells what the item was; of an item without such a change, the present does:

    log        ....|position  k1:old  k2:-  k1:old' ...   ->  k1 as `old`, k2 was not there
    present    k1'' k2'' k3                               ->  k3 as it lies

`PastItems` walks the log first, then the present items. Before each slice of them, in the same snapshot, it
walks what the log has gained: so whatever it has not met in the log is as it was. What is walked is the
table's size plus what has changed since, never the log's history.

Somebody who reads a table so holds it (`hold`, `release`), from the transaction that decides the position to
the end. A hold has the log keep what it needs, and the items stay even if the table is deleted meanwhile.
"""

import asyncio
from collections.abc import AsyncIterator
from math import inf, nextafter
from typing import Final

from stator.copies.seen import Seen
from stator.storage.engine import Reader
from stator.tables import change_log
from stator.tables.change_log import Change
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.holds import held, hold, release
from stator.tables.table import Table

__all__ = ["PastItems", "SourceGone", "Stored", "hold", "position_at", "release"]

Stored = tuple[bytes, bytes]
"""An item: its key in the table, and its stored form (`stator.tables.stored`)."""

_SLICE_ROWS: Final = 100
_SLICE_BYTES: Final = 256 * 1024


class SourceGone(Exception):
    """The table that is being read is gone: it was deleted, and nobody held it."""


def position_at(reader: Reader, table: Table, time: float) -> int:
    """The position of a past moment: what was recorded at `time` (seconds since the epoch) or before counts.

    True for the times that recovery covers (`stator.tables.recovery.span`).
    """
    log = table.definition.log
    last = None if log is None else change_log.newest(reader, log)
    if log is None or last is None:
        return 0
    return change_log.seek(reader, log, 0, last[0] + 1, nextafter(time, inf))


class PastItems:
    """The items of a table as of `position`, which the caller holds; the table may be deleted meanwhile.

    `name` and `table_id` tell the table; a younger one of the same name is another.
    """

    def __init__(self, database: Database, name: str, table_id: str, position: int) -> None:
        self._database = database
        self._name = name
        self._id = table_id
        self._next = position  # of the log: what comes before it has been walked
        self._cursor = b"\0"  # of the items: what comes before it has been walked
        self._seen = Seen()  # the keys of items that have changed since the position

    async def batches(self) -> AsyncIterator[list[Stored]]:
        """Each item once, in no particular order; other tasks run between two batches.

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
            self._seen.close()

    def _step(self, reader: Reader) -> tuple[list[Stored], bool]:
        """One slice in one snapshot: its items, and whether that was all."""
        definition = held(reader, self._database.catalog, self._name, self._id)
        if definition is None:
            raise SourceGone(self._name)
        batch, ended = self._walk_log(reader, definition)
        if ended:
            items, ended = self._walk_items(reader, definition)
            batch += items
        return batch, ended

    def _walk_log(self, reader: Reader, definition: TableDefinition) -> tuple[list[Stored], bool]:
        """The items that some changes since the position tell, and whether these were the last changes."""
        assert definition.log is not None, "a table that is held has a change log"
        changes, ended = change_log.read(
            reader, definition.log, self._next, None, limit=_SLICE_ROWS, size=_SLICE_BYTES
        )
        batch = [image for _, change in changes if (image := self._undone(change)) is not None]
        if changes:
            self._next = changes[-1][0] + 1
        return batch, ended

    def _undone(self, change: Change) -> Stored | None:
        """The item that a change tells, unless an earlier change, or the present before it, has told."""
        if change.key < self._cursor or not self._seen.add(change.key):
            return None
        return None if change.old is None else (change.key, change.old)

    def _walk_items(self, reader: Reader, definition: TableDefinition) -> tuple[list[Stored], bool]:
        """Some present items that have not changed since the position, and whether these were the last."""
        rows = reader.scan(definition.space, self._cursor, None, limit=_SLICE_ROWS, size=_SLICE_BYTES)
        if not rows:
            return [], True
        self._cursor = rows[-1][0] + b"\0"
        return [row for row in rows if row[0] not in self._seen], False
