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

from math import inf, nextafter

from stator.copies.held_walk import HeldWalk, SourceGone
from stator.copies.seen import Seen
from stator.storage.engine import Reader
from stator.tables import change_log
from stator.tables.change_log import Change
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.holds import hold, release
from stator.tables.table import Table

__all__ = ["PastItems", "SourceGone", "Stored", "hold", "position_at", "release"]

Stored = tuple[bytes, bytes]
"""An item: its key in the table, and its stored form (`stator.tables.stored`)."""


def position_at(reader: Reader, table: Table, time: float) -> int:
    """The position of a past moment: what was recorded at `time` (seconds since the epoch) or before counts.

    True for the times that recovery covers (`stator.tables.recovery.span`).
    """
    log = table.definition.log
    last = None if log is None else change_log.newest(reader, log)
    if log is None or last is None:
        return 0
    return change_log.seek(reader, log, 0, last[0] + 1, nextafter(time, inf))


class PastItems(HeldWalk[Stored]):
    """The items of a table as of `position`, in no particular order; the table may be deleted meanwhile."""

    def __init__(self, database: Database, name: str, table_id: str, position: int) -> None:
        super().__init__(database, name, table_id, position)
        self._cursor = b"\0"  # of the items: what comes before it has been walked
        self._seen = Seen()  # the keys of items that have changed since the position

    def _close(self) -> None:
        self._seen.close()

    def _slice(self, reader: Reader, definition: TableDefinition) -> tuple[list[Stored], bool]:
        """Items that changes since the position tell; after the last of these, present items too."""
        changes, ended = self._changes(reader, definition)
        batch = [image for _, change in changes if (image := self._undone(change)) is not None]
        if ended:
            items, ended = self._walk_items(reader, definition)
            batch += items
        return batch, ended

    def _undone(self, change: Change) -> Stored | None:
        """The item that a change tells, unless an earlier change, or the present before it, has told."""
        if change.key < self._cursor or not self._seen.add(change.key):
            return None
        return None if change.old is None else (change.key, change.old)

    def _walk_items(self, reader: Reader, definition: TableDefinition) -> tuple[list[Stored], bool]:
        """Some present items that have not changed since the position, and whether these were the last."""
        rows = reader.scan(definition.space, self._cursor, None, limit=self.slice_rows, size=self.slice_bytes)
        if not rows:
            return [], True
        self._cursor = rows[-1][0] + b"\0"
        return [row for row in rows if row[0] not in self._seen], False
