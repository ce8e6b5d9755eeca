"""The engine on SQLite; see `stator.storage.engine` for what its methods promise."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

from stator.base.errors import StorageClosed, StorageError
from stator.storage.engine import Reader, Transaction
from stator.storage.group import GroupCommit
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.copy import Progress, follow
from stator.storage.sqlite.store import SqliteStore
from stator.storage.sqlite.writer import sync_file

EXIT_STATUS: Final = 70  # EX_SOFTWARE

T = TypeVar("T")
_log = logging.getLogger(__name__)


def leave_process(error: StorageError) -> None:
    """Nobody knows what is on the disk: end at once, so that the next start finds out from the log."""
    _log.critical("the outcome of a write to the disk is unknown, leaving", extra={"error": str(error)})
    logging.shutdown()
    os._exit(EXIT_STATUS)


class SqliteEngine:
    """One database file, `path`, with its log beside it.

    `fatal` is called, on the loop's thread, when the outcome of a commit or of a checkpoint is unknown,
    after the writes concerned were answered with StorageError. `vfs` names the SQLite VFS to use, and `sync`
    syncs the log's descriptor; these and `synchronous` are for tests.
    """

    name = "sqlite"

    def __init__(
        self,
        path: Path,
        *,
        ballast: Ballast,
        fatal: Callable[[StorageError], None] = leave_process,
        vfs: str | None = None,
        synchronous: str = "normal",
        sync: Callable[[int], None] = sync_file,
        on_close: Callable[[], None] = lambda: None,
        store: Callable[..., SqliteStore] = SqliteStore,
    ) -> None:
        self._store = store(
            path,
            vfs=vfs,
            synchronous=synchronous,
            sync=sync,
            ballast=ballast,
            fatal=self._broken,
        )
        self._fatal = fatal
        self._group = GroupCommit(self._store, self._broken)
        self._on_close = on_close
        self._closed = False
        self.reader: Reader = self._store.reader

    def read(self, body: Callable[[Reader], T]) -> T:
        """Run `body` now."""
        return body(self.reader)

    def write(self, body: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Run `body` with the next batch."""
        return self._group.write(body)

    def reclaim(self, rows: int) -> asyncio.Future[bool]:
        """Free about `rows` rows of dropped spaces."""
        return self._group.write(lambda transaction: self._store.reclaim(transaction, rows))

    async def copy(self, target: Path, progress: Progress) -> None:
        """Make a copy of the database at `target`; see `Copyable`."""
        await follow(self._store.copy(target), target, self._group.write, progress)

    def _broken(self, error: StorageError) -> None:
        self._group.refuse(error)
        self._fatal(error)

    def close(self) -> None:
        """Finish the commit under way, fail the writes behind it, and close."""
        if self._closed:
            return
        self._closed = True
        self._group.refuse(StorageClosed("the store is closed"))
        self._store.close()
        self._on_close()

    async def aclose(self) -> None:
        """Finish all writes, then close."""
        await self._group.drain()
        self.close()
