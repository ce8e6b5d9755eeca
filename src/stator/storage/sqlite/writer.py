"""The connection that writes, and the syncing of what it wrote.

COMMIT writes a batch's pages to the log and does not wait for the disk: to sync the log is a call of its own,
which a helper thread makes while the next transaction is already under way. SQLite itself syncs only where
the order of its own writes asks for it (synchronous=normal).
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from stator.base.errors import StorageError
from stator.storage.engine import Reader
from stator.storage.group import UnknownOutcome
from stator.storage.sqlite.chunks import Row
from stator.storage.sqlite.connection import WRITER_CACHE_KIB, connect, create
from stator.storage.sqlite.errors import storage_error
from stator.storage.sqlite.snapshot import Snapshot

LOG_SUFFIX: Final = "-wal"

_DELETE: Final = "delete from kv where s=? and k=?"
_TRIM: Final = "delete from kv where s=? and k=? and n>?"
_PUT: Final = "insert into kv values(?,?,?,?) on conflict do update set v=excluded.v"


class Rows(NamedTuple):
    """What a batch does to `kv`: rows to put, keys to delete, and keys whose pieces above a number go."""

    puts: Sequence[Row]
    deletes: Sequence[tuple[int, bytes]]
    trims: Sequence[tuple[int, bytes, int]]


def sync_file(descriptor: int) -> None:
    """Have the disk keep what was written to a file. Raises OSError."""
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
    else:
        os.fdatasync(descriptor)


class Writer:
    """The one connection that writes to the database, which is made if it is new.

    `snapshot` is what it sees: all that was committed, be it durable or not.
    """

    def __init__(self, path: Path, *, vfs: str | None, synchronous: str) -> None:
        self.connection = connect(path, vfs=vfs, synchronous=synchronous, cache=WRITER_CACHE_KIB)
        create(self.connection, path)
        self.snapshot = Snapshot(self.connection)
        # Cursors for ever: whenever one is closed, APSW 3.54 leaks a reference to every other that is open on
        # its connection. A cursor per commit thus stayed for good, and was searched through by the next ones.
        self._execute = self.connection.cursor().execute
        self._execute_many = self.connection.cursor().executemany

    def begin(self) -> Reader:
        """Open a transaction. Raises apsw.Error."""
        self._execute("begin immediate")
        return self.snapshot

    def apply(self, rows: Rows) -> None:
        """Write `rows`. Raises StorageError, or TypeError for what is not bytes."""
        try:
            if rows.deletes:
                self._execute_many(_DELETE, rows.deletes)
            if rows.trims:
                self._execute_many(_TRIM, rows.trims)
            self._execute_many(_PUT, rows.puts)
        except apsw.Error as error:
            raise storage_error(error) from error
        # SQLite may have rolled back all of it, and would make whatever follows durable row by row.
        if not self.connection.in_transaction:
            raise StorageError("SQLite ended the transaction of a batch")

    def commit(self) -> None:
        """Commit. Raises StorageFull, if nothing was committed for want of room, and UnknownOutcome."""
        try:
            self._execute("commit")
        except apsw.FullError as error:
            # The log's last frame makes a commit, and a full disk refused to take it.
            raise storage_error(error) from error
        except apsw.Error as error:
            raise UnknownOutcome(*storage_error(error).args) from error

    def rollback(self) -> None:
        """End the transaction, if one is open, without a trace."""
        if self.connection.in_transaction:
            self._execute("rollback")

    def frames(self) -> int:
        """How many frames the log holds."""
        return self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_NOOP)[0]

    def close(self) -> None:
        """Copy the log, and close."""
        try:
            self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        except (apsw.BusyError, apsw.FullError):
            # The log keeps what it has; SQLite would try again by itself.
            self.connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        finally:
            self.connection.close()
