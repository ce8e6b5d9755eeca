"""The engine of a process that reads a database which another process writes to.

It stands on one snapshot until it is told of a newer commit (`catch_up`), or to leave (`leave`), because a
snapshot keeps the log from being copied and from starting again. Both come between two requests or two
iterations of the loop, so what a caller reads before it next awaits comes from one snapshot here too.

    away ──a read──> standing on a commit ──catch_up──> standing on a newer one
      ^                       └── leave; or, while the log starts again, the end of the iteration ──┐
      └─────────────────────────────────────────────────────────────────────────────────────────────┘
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, NoReturn, TypeVar

import apsw

from stator.base.errors import NotHere
from stator.storage.engine import Reader
from stator.storage.sqlite.connection import MAPPED_BYTES, check_format, connect
from stator.storage.sqlite.errors import storage_error
from stator.storage.sqlite.shared import Company, SharedSnapshot

_RECOVERY_WAIT_MS: Final = 5_000  # for whoever recovers the log after its writer was killed

T = TypeVar("T")


class FollowerEngine:
    """One database file, read beside its writer; see `stator.storage.engine` for what reading promises."""

    name = "sqlite"

    def __init__(self, path: Path, company: Company) -> None:
        """Open it. Raises StorageError."""
        connection = connect(path, mapped=MAPPED_BYTES)
        try:
            check_format(connection, path)
            connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            connection.pragma("query_only", 1)
            connection.set_busy_timeout(_RECOVERY_WAIT_MS)
        except apsw.Error as error:
            raise storage_error(error) from error
        self._company = company
        self._snapshot = SharedSnapshot(connection)
        self._standing = False

    @property
    def reader(self) -> Reader:
        """The present state. What a caller reads before it next awaits comes from one snapshot."""
        if not self._standing:
            self._stand()
        return self._snapshot

    def catch_up(self, commit: int) -> None:
        """Stand on a state that is no older than `commit`. Raises StorageError."""
        if not self._standing or self._snapshot.commit < commit:
            self._stand()

    def leave(self) -> None:
        """Leave the snapshot, so that the log is free of it."""
        self._standing = False
        self._snapshot.release()

    def read(self, body: Callable[[Reader], T]) -> T:
        """Run `body` now."""
        return body(self.reader)

    def write(self, body: Callable[..., Any]) -> NoReturn:
        """Raises NotHere."""
        raise NotHere

    def reclaim(self, rows: int) -> NoReturn:
        """Raises NotHere."""
        raise NotHere

    def close(self) -> None:
        """Close the file."""
        self.leave()
        self._snapshot.connection.close()

    async def aclose(self) -> None:
        """Close the file."""
        self.close()

    def _stand(self) -> None:
        self._standing = False
        try:
            self._snapshot.renew()
        except apsw.Error as error:
            raise storage_error(error) from error
        self._standing = True
        self._company.shown(self._snapshot.commit)
        if self._company.holding:
            asyncio.get_running_loop().call_soon(self.leave)
