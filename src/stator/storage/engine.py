"""The interface of every storage engine, and its contract.

An engine keeps *spaces*: ordered maps from bytes to bytes, numbered from 0. Space 0 is the catalog; the
numbers below 0 belong to the engine itself. Keys are at least one byte long.

Work is done by *bodies*, plain synchronous functions of what they read:

    engine.read(lambda reader: reader.get(7, b"key"))
    await engine.write(lambda transaction: transaction.put(7, b"key", b"value"))

- A body sees one snapshot: every write acknowledged before it, and none that is not yet durable, except for
  the writes of earlier bodies of its own batch (if those fail to become durable, the body is run again).
- A body may be run twice, so it keeps no state outside: it returns its result, and what else is to become of
  it, it leaves as a note. It must not await, and it must not call the engine.
- Writes are buffered. They are applied, all of them, if the body returns, and none of them if it raises.
- `write` answers when the batch that the body ran in is durable. That holds for an exception too, since
  what the body refused may rest on a write of the same batch.
- All calls come from the event loop's thread.
"""

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, TypeVar, runtime_checkable

CATALOG: Final = 0  # the space whose changes move `generation`
ENGINE: Final = -1  # an engine's own space: dropped spaces, reserved ids
UNLIMITED: Final = 1 << 62  # no limit on the bytes of a scan

T = TypeVar("T")


class Reader(Protocol):
    """Reading, from one snapshot."""

    @property
    def generation(self) -> int | None:
        """Grows whenever a commit that touched the catalog becomes visible.

        What was read from the catalog under a generation holds for as long as the generation stays. None in a
        transaction that sees changes of the catalog which are not durable yet: what it reads may not be kept.
        """
        ...

    def get(self, space: int, key: bytes) -> bytes | None:
        """The value of `key`, or None. Raises StorageError."""
        ...

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of `keys`, in their order, None for an absent one. Raises StorageError."""
        ...

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
        """The pairs with `start` <= key < `end` (None: all that follow), upwards, or downwards if `reverse`.

        At most `limit` pairs, and none after the one with which the bytes of the values reach `size`. A
        long scan is made of slices: its caller goes on after the last key. Raises StorageError.
        """
        ...


class Transaction(Reader, Protocol):
    """Reading and writing, as one body of a batch."""

    @property
    def id(self) -> int:
        """Unique to this run of this body; grows in the order in which bodies take effect, over restarts too.

        63 bits. It owes nothing to the clock.
        """
        ...

    @property
    def batch(self) -> int:
        """Shared by the bodies that become durable with one commit; unique to it, and growing. 63 bits."""
        ...

    def note(self, told: Callable[[], None]) -> None:
        """Have `told` called, once, if what this run of the body comes to is what its caller is told.

        That is when the batch is durable, also if the body raises. It may not raise, nor call the engine.
        """
        ...

    def put(self, space: int, key: bytes, value: bytes) -> None:
        """Set the value of `key`."""
        ...

    def delete(self, space: int, key: bytes) -> None:
        """Remove `key`, if it is there."""
        ...

    def drop_space(self, space: int) -> None:
        """Remove everything in `space`, for ever: nothing may be written to a space that was dropped."""
        ...


class Engine(Protocol):
    """A store of spaces."""

    name: str

    @property
    def reader(self) -> Reader:
        """The present state. What a caller reads before it next awaits comes from one snapshot."""
        ...

    def read(self, body: Callable[[Reader], T]) -> T:
        """Run `body` on a snapshot, now, on the caller's thread. Raises what it raises, and StorageError."""
        ...

    def write(self, body: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Run `body` soon, and answer with what it returned or raised once its batch is durable.

        The future fails with StorageFull if there is no room, with StorageClosed after `close`, and with
        StorageError if it cannot be known whether the writes are durable.
        """
        ...

    def reclaim(self, rows: int) -> asyncio.Future[bool]:
        """Free the room of about `rows` entries of dropped spaces. True while more remains."""
        ...

    def close(self) -> None:
        """Finish the commit that is on its way, fail the writes behind it with StorageClosed, and close."""
        ...

    async def aclose(self) -> None:
        """Finish all writes, then close."""
        ...


@runtime_checkable
class Copyable(Protocol):
    """An engine whose data is a file, of which it can make a copy while it works."""

    async def copy(self, target: Path, progress: Callable[[int, int], object]) -> None:
        """Make a copy at `target`, which must not be there: the state of one moment before this returns.

        All that was acknowledged before it is in it. `progress` is told how much is copied, of how much. The
        file is durable when this returns; when it raises, what is there is not a database. Raises
        StorageError and OSError.
        """
        ...
