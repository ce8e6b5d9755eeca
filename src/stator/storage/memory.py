"""The engine in memory: a sorted map per space. The oracle for the others, and `--in-memory`.

Writes go through the same group commit; its commit is immediate, and nothing outlives the process.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from sortedcontainers import SortedDict

from stator.base.errors import StorageClosed, StorageError
from stator.storage.engine import CATALOG, UNLIMITED, Reader, Transaction
from stator.storage.group import GroupCommit
from stator.storage.overlay import Overlay

T = TypeVar("T")


class _Spaces:
    """The committed state, as a reader."""

    def __init__(self) -> None:
        self.generation = 0
        self.spaces: dict[int, Any] = {}  # SortedDict[bytes, bytes]

    def get(self, space: int, key: bytes) -> bytes | None:
        entries = self.spaces.get(space)
        return None if entries is None else entries.get(key)

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.get(space, key) for key in keys]

    def scan(
        self,
        space: int,
        start: bytes,
        end: bytes | None,
        *,
        limit: int,
        reverse: bool = False,
        size: int = UNLIMITED,
    ) -> list[tuple[bytes, bytes]]:
        entries = self.spaces.get(space)
        pairs: list[tuple[bytes, bytes]] = []
        if entries is None:
            return pairs
        for key in islice(entries.irange(start, end, (True, False), reverse), max(limit, 0)):
            value = entries[key]
            pairs.append((key, value))
            size -= len(value)
            if size <= 0:
                break
        return pairs


class _MemoryStore(_Spaces):
    """The store's side of a group commit: to publish is all there is to it."""

    def __init__(self) -> None:
        super().__init__()
        self._id = 0

    overlaps = False
    is_turn_due = False

    def turn(self, resume: Callable[[], None]) -> None:
        resume()

    def begin(self) -> Reader:
        return self

    def next_id(self) -> int:
        self._id += 1
        return self._id

    def commit(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> bool:
        return True

    def publish(self, batch: Overlay) -> None:
        for space in batch.dropped:
            self.spaces.pop(space, None)
        for space, changes in batch.writes.items():
            entries = self.spaces.setdefault(space, SortedDict())
            for key, value in changes.items():
                if value is None:
                    entries.pop(key, None)
                else:
                    entries[key] = value
        if CATALOG in batch.writes or CATALOG in batch.dropped:
            self.generation += 1

    def rollback(self) -> None:
        pass

    def make_room(self, batch: Overlay) -> bool:
        return False


class MemoryEngine:
    """The engine in memory; see `stator.storage.engine` for what its methods promise."""

    name = "memory"

    def __init__(self) -> None:
        self._store = _MemoryStore()
        self._group = GroupCommit(self._store, fatal=_unreachable)
        self.reader: Reader = self._store

    def read(self, body: Callable[[Reader], T]) -> T:
        """Run `body` now."""
        return body(self.reader)

    def write(self, body: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Run `body` with the next batch."""
        return self._group.write(body)

    def reclaim(self, rows: int) -> asyncio.Future[bool]:
        """Nothing to do: a dropped space is gone at once."""
        return self._group.write(lambda transaction: False)

    def close(self) -> None:
        """Fail the writes that wait; later ones too."""
        self._group.refuse(StorageClosed("the store is closed"))

    async def aclose(self) -> None:
        """Finish all writes, then close."""
        await self._group.drain()
        self.close()


def _unreachable(error: StorageError) -> None:
    raise AssertionError("a commit in memory has no unknown outcome") from error
