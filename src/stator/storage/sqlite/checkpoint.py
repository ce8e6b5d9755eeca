"""Moving the log into the database, at moments of our choosing.

    resting --log is long--> copying (background, beside readers and writers) --few frames left--> due
       ^                                                                                            |
       +------------------------ the writer's turn: copy the rest; the log starts again <-----------+

SQLite restarts its log only when all of it was copied and nobody reads from it. Left to itself it either
makes one commit in a thousand wait for the copying, or, beside steady readers, lets the log grow without
end. All methods are called on the loop's thread; the copying itself is C code on a helper thread.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import apsw

from stator.base.errors import StorageError
from stator.storage.sqlite.chunks import PAGE_BYTES
from stator.storage.sqlite.errors import storage_error
from stator.storage.sqlite.helper import Helper

_MIB: Final = 1024 * 1024 // PAGE_BYTES  # frames
START_FRAMES: Final = 16 * _MIB  # a log this long is worth copying
FEW_FRAMES: Final = 1 * _MIB  # that many may be copied while the writer waits
LONG_FRAMES: Final = 128 * _MIB  # the writer waits for the rest, however much it is
PATIENCE_FRAMES: Final = 16 * _MIB  # until the next attempt, if a reader kept the log from starting again
LIMIT_FRAMES: Final = 1024 * _MIB  # writers wait until the log has started again
RETRY_SECONDS: Final = 0.05

Frames = tuple[int, int]  # in the log; of these, copied


class Checkpointer:
    """Decides when to copy, and does.

    `sync` makes what was copied durable: SQLite does so only when it has copied the whole log, and then the
    writer would wait for all of it (p99 of 64 writers: 16 ms instead of 43).
    `due` says that the next moment between two batches is wanted, for `in_turn`. `full` is told when
    copying finds the disk full, `fatal` when its outcome is unknown.
    """

    def __init__(
        self,
        connection: apsw.Connection,
        *,
        sync: Callable[[], None],
        full: Callable[[], object],
        fatal: Callable[[StorageError], None],
    ) -> None:
        self._connection = connection
        self._sync = sync
        self._full = full
        self._fatal = fatal
        self._helper = Helper("stator-checkpoint")
        self._copying = False
        self._after_copying: Callable[[], None] | None = None
        self._frames = 0  # in the log
        self._start, self._long = START_FRAMES, LONG_FRAMES
        self._closed = False
        self.due = False
        # Asks other processes to leave their snapshots, which would keep the log from being copied.
        self.make_way: Callable[[], None] = _nobody_reads

    def wait_for_readers(self, milliseconds: int) -> None:
        """Let the turn's checkpoint wait for the readers of other processes to leave their snapshots."""
        self._connection.set_busy_timeout(milliseconds)

    def committed(self, frames: int) -> None:
        """The log holds `frames` frames now."""
        self._frames = frames
        if frames >= self._long:
            self.due = True
        elif frames >= self._start and not (self._copying or self.due):
            self._copy(0)

    def in_turn(self, resume: Callable[[], None], *, truncate: bool) -> None:
        """While nobody writes or keeps a snapshot: copy the rest, let the log start again, and call `resume`.

        With `truncate`, its room goes back to the file system.
        """
        if self._copying:
            self._after_copying = lambda: self.in_turn(resume, truncate=truncate)
            return
        mode = apsw.SQLITE_CHECKPOINT_TRUNCATE if truncate else apsw.SQLITE_CHECKPOINT_RESTART

        def retry() -> None:
            if not self._closed:
                self.in_turn(resume, truncate=truncate)

        def done(frames: Frames | None) -> None:
            if frames is not None:
                self._frames, self._start, self._long = 0, START_FRAMES, LONG_FRAMES
            elif self._frames >= LIMIT_FRAMES and not self._closed:
                asyncio.get_running_loop().call_later(RETRY_SECONDS, retry)
                return
            else:
                self._be_patient()
            self.due = False
            resume()

        self._checkpoint(mode, done)

    def close(self) -> None:
        """Wait for the copying under way, and do no more."""
        self._closed = True
        self._helper.close()
        self._connection.close()

    def _copy(self, copied_before: int) -> None:
        """Copy in the background, until little is left or a reader is in the way."""
        self._copying = True
        self.make_way()

        def done(frames: Frames | None) -> None:
            self._copying = False
            if self._closed:
                return
            if self._after_copying is not None:
                resume, self._after_copying = self._after_copying, None
                resume()
            elif frames is not None and frames[0] - frames[1] <= FEW_FRAMES:
                self.due = True
            elif frames is not None and frames[1] > copied_before:
                self._copy(frames[1])
            else:
                self._be_patient()

        self._checkpoint(apsw.SQLITE_CHECKPOINT_PASSIVE, done)

    def _be_patient(self) -> None:
        """A reader is in the way: trying again at every commit would only cost."""
        self._start = max(START_FRAMES, self._frames + PATIENCE_FRAMES)
        self._long = max(LONG_FRAMES, self._frames + PATIENCE_FRAMES)

    def _checkpoint(self, mode: int, done: Callable[[Frames | None], None]) -> None:
        """Run a checkpoint on the helper thread; `done` gets None if it could not do all of its work."""

        def work() -> Frames:
            frames = self._connection.wal_checkpoint(mode=mode)
            if mode == apsw.SQLITE_CHECKPOINT_PASSIVE:
                self._sync()
            return frames

        def delivered(frames: Any, error: Exception | None) -> None:
            if isinstance(error, apsw.FullError):
                self._full()
            elif error is not None and not isinstance(error, apsw.BusyError):
                self._fatal(storage_error(error))
            done(frames if error is None else None)

        self._helper.call(work, delivered)


def _nobody_reads() -> None:
    """Who else reads, where one process does it all."""
