"""A copy of the database, made while the server goes on writing to it.

SQLite's online backup starts again whenever another connection has written. But of what its own connection
writes it keeps the copy informed: a page that is already copied is copied again with the commit that changes
it. So the copy is made from the connection that writes, some pages at a time, in the writer's turn between
two batches:

    batch -> step -> batch -> step -> ... -> the last step: now the copy is what the database is

No lock is held in between, so the log is copied and starts again as ever. The copy is the state of one
moment, that of its last step. Until then its file is not a database, whatever it looks like.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any, Final

import apsw

from stator.base.durable import sync
from stator.base.errors import StorageError
from stator.storage.engine import Transaction
from stator.storage.sqlite.errors import storage_error
from stator.storage.sqlite.helper import Helper

STEP_PAGES: Final = 64  # half a megabyte: a writer waits for about a millisecond
FLUSH_STEPS: Final = 128  # a disk that is given much more at once keeps the log waiting
RESTARTS_MAX: Final = 20
_TARGET: Final = "pragma journal_mode=off; pragma synchronous=off; pragma cache_size=-4096;"

Progress = Callable[[int, int], object]  # pages copied, of how many


class Copy:
    """A copy of what `source` sees, made at `target`, which must not be there.

    `copied` and `total` count pages. `ended` is set when all is copied, when `error` tells why it is not, or
    when the copy was abandoned.
    """

    def __init__(self, source: apsw.Connection, target: Path) -> None:
        self.copied = self.total = 0
        self.due = False  # a step is wanted of the next turn
        self.step_seconds = 0.0  # which the last step took
        self.ended = False
        self.error: StorageError | None = None
        self._abandoned = False
        self._source = source
        self._path = target
        self._target: apsw.Connection | None = None
        self._backup: Any = None
        self._restarts = 0

    def step(self) -> None:
        """Copy some pages, while nothing is being written."""
        if self.ended:
            return
        begun = perf_counter()
        try:
            if self._abandoned or self._advanced():
                self.close()
        except (apsw.Error, StorageError) as error:
            self.fail(storage_error(error))
        self.step_seconds = perf_counter() - begun

    @property
    def is_due(self) -> bool:
        """Whether a step is wanted of the next turn."""
        return self.due and not self.ended

    def in_turn(self, helper: Helper, resume: Callable[[], None]) -> None:
        """Make a step on the helper's thread, then call `resume`."""
        self.due = False
        helper.call(self.step, lambda _result, _error: resume())

    def fail(self, error: StorageError) -> None:
        """Give up because of `error`, while nothing is being written."""
        if not self.ended:
            self.error = error
            self.close()

    def abandon(self) -> None:
        """Copy no more; the next turn gives up what is held."""
        self.due = self._abandoned = True

    def close(self) -> None:
        """Give up what is held; nothing may be written meanwhile. The file stays."""
        self.ended = True
        if self._backup is not None:
            self._backup.close(force=True)
        if self._target is not None:
            self._target.close(force=True)
        self._backup = self._target = None

    def _advanced(self) -> bool:
        """Copy some pages. True if those were the last ones."""
        if self._backup is None:
            if self._path.exists():
                raise StorageError(f"{self._path} is there already")
            self._target = apsw.Connection(str(self._path))
            self._target.execute(_TARGET).fetchall()
            self._backup = self._target.backup("main", self._source, "main")
        done = self._backup.step(STEP_PAGES)
        total = self._backup.page_count
        copied = total - self._backup.remaining
        if (
            copied <= self.copied and not done
        ):  # another program wrote, or SQLite had to take back what it had copied
            self._restarts += 1
            if self._restarts > RESTARTS_MAX:
                raise StorageError("another program keeps writing to the database")
        self.copied, self.total = copied, total
        if done:
            self._backup.finish()  # commits; closing alone would hide that it failed
        return bool(done)


async def follow(
    copy: Copy,
    target: Path,
    write: Callable[[Callable[[Transaction], None]], "asyncio.Future[None]"],
    progress: Progress,
) -> None:
    """See `copy` through, one writer's turn after the other, until `target` is on the disk.

    Each `write` of nothing brings a turn, also when no client writes. What a step takes of the writer's time
    the clients have for themselves before the next one. Raises StorageError.
    """
    steps = 0
    try:
        while not copy.ended:
            copy.due = True
            await write(_nothing)
            progress(copy.copied, copy.total)
            steps += 1
            if steps % FLUSH_STEPS == 0:
                await asyncio.to_thread(sync, target)
            await asyncio.sleep(copy.step_seconds)
    finally:
        if not copy.ended:
            copy.abandon()
            await write(_nothing)
    if copy.error is not None:
        raise copy.error
    await asyncio.to_thread(sync, target)


def _nothing(_: Transaction) -> None:
    """A body that only wants a turn."""
