"""The SQLite side of a group commit: one connection that writes, one that reads, and what keeps them going.

The reader stands on the state of the last published commit, also while the next one is on its way: a commit
becomes visible on the loop's thread, together with its generation, and never in the middle of a caller's
reads.
"""

import asyncio
import os
from collections.abc import Callable
from math import inf
from pathlib import Path
from time import perf_counter
from typing import Any, ClassVar, Final

import apsw

from stator.base.errors import StorageClosed, StorageError, StorageFull
from stator.storage.engine import CATALOG, ENGINE, Reader, Transaction
from stator.storage.group import StoreOccupied, UnknownOutcome
from stator.storage.overlay import Overlay
from stator.storage.sqlite import chunks, own
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.checkpoint import Checkpointer
from stator.storage.sqlite.connection import MAPPED_BYTES, check_format, connect
from stator.storage.sqlite.copy import Copy
from stator.storage.sqlite.errors import storage_error
from stator.storage.sqlite.helper import Helper
from stator.storage.sqlite.snapshot import Snapshot
from stator.storage.sqlite.writer import LOG_SUFFIX, Rows, Writer

IDS_RESERVED: Final = 1_000_000  # transaction ids per write of the reservation
RECLAIM_BYTES: Final = 1 << 20  # of values freed by one transaction, which bounds its time

# Another program, such as one that streams the log elsewhere, may want the writer's turn now and then.
OCCUPIED_SECONDS: Final = 0.002  # until the next attempt
GIVE_WAY_SECONDS: Final = 10.0  # until its writes are refused

_ROWS: Final = "select k, length(v) from kv where s=? order by k, n limit ?"


class SqliteStore:
    """See `stator.storage.group.Store` for what its methods are called for."""

    reader_kind: ClassVar[type[Snapshot]] = Snapshot
    overlaps = True

    def __init__(
        self,
        path: Path,
        *,
        vfs: str | None,
        synchronous: str,
        sync: Callable[[int], None],
        ballast: Ballast,
        fatal: Callable[[StorageError], None],
    ) -> None:
        self._writer = Writer(path, vfs=vfs, synchronous=synchronous)
        self.reader = self.reader_kind(connect(path, vfs=vfs, mapped=MAPPED_BYTES))
        self.reader.renew()
        self._helper = Helper("stator-sync")
        # For syncing only. To close the database's takes SQLite's locks on it away, so that comes last.
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._log = os.open(f"{path}{LOG_SUFFIX}", os.O_RDONLY | os.O_CLOEXEC)
        self._sync_log = lambda: sync(self._log)
        self._fatal = fatal
        self._ballast = ballast
        self._sought_room = False
        self._copy: Copy | None = None
        self._give_way_until = inf
        self._attempt: asyncio.TimerHandle | None = None
        self._checkpointer = Checkpointer(
            connect(path, vfs=vfs, synchronous=synchronous),
            sync=lambda: os.fsync(self._file),
            full=ballast.release,
            fatal=fatal,
        )
        self._load(self._writer.snapshot)
        self.reader.dropped = self._writer.snapshot.dropped
        self._next_id = self._reserved_id

    def _load(self, committed: Snapshot) -> None:
        """Read the engine's own space."""
        committed.dropped = own.marked(committed, own.DROPPED)
        self._cut = own.marked(committed, own.CUT)
        self._reserved_id = own.first_free_id(committed)

    # The order of a batch's life.

    @property
    def is_turn_due(self) -> bool:
        """Whether the log is to be copied, the disk is full, or a copy wants to go on."""
        return self._checkpointer.due or self._ballast.spent or (self._copy is not None and self._copy.is_due)

    def turn(self, resume: Callable[[], None]) -> None:
        """Let the log be copied if it is time, or if the disk is full; else some pages of a copy."""
        if not (self._checkpointer.due or self._ballast.spent):
            assert self._copy is not None
            self._copy.in_turn(self._helper, resume)
            return
        if self._ballast.spent and self._copy is not None:
            self._copy.fail(StorageFull("the disk is full"))

        def done() -> None:
            self._renew_reader()
            if self._ballast.spent:
                self._ballast.restore()
            resume()

        self.reader.release()
        self._checkpointer.in_turn(done, truncate=self._ballast.spent or self._sought_room)

    def begin(self) -> Reader:
        """Open the writer's transaction."""
        try:
            snapshot = self._writer.begin()
        except apsw.BusyError as error:
            if perf_counter() < self._give_way_until:
                raise StoreOccupied(self._give_way) from None
            raise StorageError("another program keeps the database locked") from error
        except apsw.Error as error:
            raise storage_error(error) from error
        self._give_way_until = inf
        return snapshot

    def _give_way(self, resume: Callable[[], None]) -> None:
        """Leave the snapshot, which another program may be waiting for, and call `resume` soon."""
        self._give_way_until = min(self._give_way_until, perf_counter() + GIVE_WAY_SECONDS)
        self.reader.release()

        def again() -> None:
            self._renew_reader()
            resume()

        self._attempt = asyncio.get_running_loop().call_later(OCCUPIED_SECONDS, again)

    def next_id(self) -> int:
        """The next transaction id."""
        id_ = self._next_id
        self._next_id = id_ + 1
        return id_

    def commit(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> bool:
        """Write the batch's rows in key order, commit, and sync the log on the helper thread."""
        if self._ballast.spent and not _frees(batch):
            raise StorageFull("the disk is full: only deletes are accepted")
        self._writer.apply(self._rows(batch))
        self._end(batch, done)
        return False

    def _end(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> None:
        self._writer.commit()
        self._committed(batch)

        def synced(_: object, error: Exception | None) -> None:
            done(None if error is None else UnknownOutcome(f"the log was not synced: {error}"))

        self._helper.call(self._sync_log, synced)

    def _committed(self, batch: Overlay) -> None:
        """Note what the next batch has to know of this one."""
        snapshot = self._writer.snapshot
        snapshot.generation += self._moves(batch)
        if ENGINE in batch.writes or batch.dropped:
            self._load(snapshot)
        self._checkpointer.committed(self._writer.frames())

    def _moves(self, batch: Overlay) -> bool:
        """Whether a batch moves the generation on."""
        return CATALOG in batch.writes or CATALOG in batch.dropped

    def publish(self, batch: Overlay) -> None:
        """Move the reader on to the new commit."""
        self._sought_room = False
        self._renew_reader()
        self.reader.generation = self._writer.snapshot.generation
        self.reader.dropped = self._writer.snapshot.dropped

    def _renew_reader(self) -> None:
        try:
            self.reader.renew()
        except apsw.Error as error:
            self._fatal(storage_error(error))

    def rollback(self) -> None:
        """End the writer's transaction without a trace."""
        self._writer.rollback()

    def make_room(self, batch: Overlay) -> bool:
        """Spend the ballast for deletes; for anything else, once, shorten the log."""
        if _frees(batch) and self._ballast.release():
            return True
        if self._sought_room:
            return False
        self._sought_room = self._checkpointer.due = True
        return True

    # Dropped spaces.

    def reclaim(self, transaction: Transaction, rows: int) -> bool:
        """A body that deletes about `rows` rows of the first dropped space. True while more remains."""
        if not self._writer.snapshot.dropped:
            return False
        space = min(self._writer.snapshot.dropped)
        found: list[tuple[Any, ...]] = self._writer.snapshot.connection.execute(
            _ROWS, (space, rows)
        ).fetchall()
        size = 0
        for key, length in found:
            transaction.delete(space, key)
            size += length
            if size >= RECLAIM_BYTES:
                return True
        if len(found) == rows:
            return True
        transaction.delete(ENGINE, own.DROPPED + own.number(space))
        transaction.delete(ENGINE, own.CUT + own.number(space))
        return len(self._writer.snapshot.dropped) > 1

    def copy(self, target: Path) -> Copy:
        """Begin a copy of the database, which the writer's turns from here on see through."""
        if self._copy is not None and not self._copy.ended:
            raise StorageError("a copy is being made already")
        self._copy = Copy(self._writer.connection, target)
        return self._copy

    # Rows.

    def _rows(self, batch: Overlay) -> Rows:
        """What to put, what to delete, and the pieces to trim from values that may have been longer."""
        puts: list[chunks.Row] = []
        deletes: list[tuple[int, bytes]] = []
        trims: list[tuple[int, bytes, int]] = []
        newly_cut: set[int] = set()
        for space in sorted(batch.writes):
            changes = batch.writes[space]
            may_be_cut = space in self._cut
            for key in sorted(changes):
                value = changes[key]
                if value is None:
                    deletes.append((space, key))
                elif len(value) + len(key) > chunks.ROW_BYTES and chunks.is_cut(key, value):
                    rows = chunks.rows(space, key, value)
                    puts += rows
                    newly_cut.add(space)
                    if may_be_cut:
                        trims.append((space, key, len(rows) - 1))
                else:
                    puts.append((space, key, 0, value))
                    if may_be_cut:
                        trims.append((space, key, 0))
        return Rows(self._own_rows(batch, newly_cut) + puts, deletes, trims)

    def _own_rows(self, batch: Overlay, newly_cut: set[int]) -> list[chunks.Row]:
        """The engine's own entries that go with a batch."""
        rows: list[chunks.Row] = [
            (ENGINE, own.DROPPED + own.number(space), 0, b"") for space in batch.dropped
        ]
        rows += [(ENGINE, own.CUT + own.number(space), 0, b"") for space in newly_cut - self._cut]
        if self._next_id > self._reserved_id:
            rows.append((ENGINE, own.IDS, 0, own.number(self._next_id + IDS_RESERVED)))
        if rows:
            batch.writes.setdefault(ENGINE, {})  # so that `publish` reads them
        return rows

    def close(self) -> None:
        """Finish what is under way, copy the log, and close."""
        self._helper.close()
        if self._attempt is not None:
            self._attempt.cancel()
        if self._copy is not None:
            self._copy.fail(StorageClosed("the store is closed"))
        self._checkpointer.close()
        self.reader.release()
        self.reader.connection.close()
        try:
            self._writer.close()
        finally:
            os.close(self._log)
            os.close(self._file)


def open_snapshot(path: Path) -> Snapshot:
    """The state of a database that another process may be writing to. Raises StorageError."""
    connection = connect(path, mapped=MAPPED_BYTES)
    check_format(connection, path)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.pragma("query_only", 1)
    snapshot = Snapshot(connection)
    snapshot.renew()
    snapshot.dropped = own.marked(snapshot, own.DROPPED)
    return snapshot


def _frees(batch: Overlay) -> bool:
    """Whether a batch deletes anything."""
    return bool(batch.dropped) or any(None in changes.values() for changes in batch.writes.values())
