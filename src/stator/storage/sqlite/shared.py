"""One database, several processes: one writes, the others read beside it (`follower`).

Every commit carries a row, `progress`: its number and the generation of the catalog. So whoever takes a
snapshot knows which commit it stands on, and data and generation always agree, in every process.

A reader may see a commit before the writer does: it is in the log as soon as it is durable, and the writer
publishes it a moment later. So whoever shows a commit first says so (`Company.shown`), and the writer's own
reader catches up with it as all others do. No read that begins after another has ended sees an older state.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final, Protocol

import apsw

from stator.base.errors import StorageError
from stator.storage.engine import ENGINE
from stator.storage.group import UnknownOutcome
from stator.storage.overlay import Overlay
from stator.storage.sqlite import own
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.chunks import Row
from stator.storage.sqlite.snapshot import Snapshot
from stator.storage.sqlite.store import SqliteStore

READERS_LEAVE_MS: Final = 100  # for how long a checkpoint in the writer's turn waits for readers

_PROGRESS: Final = "select v from kv where s=? and k=? and n=0"
_NUMBER_BYTES: Final = 8


class Company(Protocol):
    """The processes beside this one, as the storage knows them."""

    @property
    def holding(self) -> bool:
        """Whether the log is about to start again: who reads meanwhile leaves its snapshot at once."""
        ...

    def hold(self, holding: bool) -> None:
        """Say whether the log is about to start again. The writer's."""
        ...

    def make_way(self) -> None:
        """Ask all readers to leave their snapshots; they take a new one for the next read. The writer's."""
        ...

    def shown(self, commit: int) -> None:
        """Say that `commit` may be seen from now on: whoever begins to read now has to see it."""
        ...


class SharedSnapshot(Snapshot):
    """A snapshot that knows which commit it stands on."""

    __slots__ = ("commit",)

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self.commit = 0
        self.generation = -1  # unlike any, so that the first snapshot reads what was dropped

    def renew(self) -> None:
        """Stand in a transaction on the newest state."""
        self.release()
        self._execute("begin")
        row: bytes | None = self._execute(_PROGRESS, (ENGINE, own.PROGRESS)).get
        self.commit, generation = _numbers(row) if row else (0, 0)
        if generation != self.generation:
            self.generation = generation
            self.dropped = own.marked(self, own.DROPPED)


class SharedStore(SqliteStore):
    """The store of the process that writes."""

    reader_kind = SharedSnapshot
    overlaps = False

    def __init__(
        self,
        path: Path,
        *,
        company: Company,
        vfs: str | None,
        synchronous: str,
        sync: Callable[[int], None],
        ballast: Ballast,
        fatal: Callable[[StorageError], None],
    ) -> None:
        super().__init__(path, vfs=vfs, synchronous=synchronous, sync=sync, ballast=ballast, fatal=fatal)
        assert isinstance(self.reader, SharedSnapshot)
        self._shown = self.reader
        self._company = company
        self._writer.snapshot.generation = self.reader.generation
        self._checkpointer.wait_for_readers(READERS_LEAVE_MS)
        self._checkpointer.make_way = company.make_way
        company.hold(False)  # Whoever wrote before may have been killed in its turn.
        company.shown(self._shown.commit)

    def turn(self, resume: Callable[[], None]) -> None:
        """As in one process; the readers of others leave their snapshots meanwhile."""

        def done() -> None:
            self._company.hold(False)
            resume()

        self._company.hold(True)
        super().turn(done)

    def _end(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> None:
        # Other processes see a commit as soon as it is in the log: so it is synced within, and none overlaps.
        def committed(_: object, error: Exception | None) -> None:
            if error is None:
                self._committed(batch)
            done(error if error is None or isinstance(error, StorageError) else UnknownOutcome(repr(error)))

        self._helper.call(self._writer.commit, committed)

    def _give_way(self, resume: Callable[[], None]) -> None:
        def again() -> None:
            self._company.hold(False)
            resume()

        self._company.hold(True)
        self._company.make_way()
        super()._give_way(again)

    def catch_up(self, commit: int) -> None:
        """Let readers of this process see `commit`, which another one has shown before us."""
        if self._shown.commit < commit:
            self._renew_reader()

    def publish(self, batch: Overlay) -> None:
        """Let all processes see what was committed."""
        super().publish(batch)
        self._company.shown(self._shown.commit)

    def _moves(self, batch: Overlay) -> bool:
        # Others read the engine's own space again when the generation has moved.
        return super()._moves(batch) or ENGINE in batch.writes or bool(batch.dropped)

    def _own_rows(self, batch: Overlay, newly_cut: set[int]) -> list[Row]:
        rows = super()._own_rows(batch, newly_cut)
        generation = self._writer.snapshot.generation + self._moves(batch)
        progress = own.number(self._shown.commit + 1) + own.number(generation)
        rows.append((ENGINE, own.PROGRESS, 0, progress))
        return rows


def _numbers(row: bytes) -> tuple[int, int]:
    return int.from_bytes(row[:_NUMBER_BYTES], "big"), int.from_bytes(row[_NUMBER_BYTES:], "big")
