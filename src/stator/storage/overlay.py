"""Buffered writes over a reader: what a body writes, and what a batch of bodies has written so far.

    body's overlay  ->  batch's overlay  ->  the committed state

Each level answers from its own writes first and asks the one below for the rest. A body that returns is
absorbed by its batch; one that raises is forgotten. `None` as a value says that the key was deleted.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from stator.storage.engine import CATALOG, UNLIMITED, Reader

Changes = dict[bytes, bytes | None]
Pair = tuple[bytes, bytes]

_NONE_DROPPED: Final[frozenset[int]] = frozenset()
_UNWRITTEN: Final = object()


class Overlay:
    """A reader that sees `writes` (and `dropped` spaces as empty) on top of `base`."""

    __slots__ = ("_base", "dropped", "writes")

    def __init__(self, base: Reader) -> None:
        self._base = base
        self.writes: dict[int, Changes] = {}
        self.dropped = _NONE_DROPPED

    def __bool__(self) -> bool:
        """Whether anything was written."""
        return bool(self.writes or self.dropped)

    @property
    def generation(self) -> int | None:
        """None if the catalog's visible state is not durable."""
        return None if CATALOG in self.writes or CATALOG in self.dropped else self._base.generation

    def get(self, space: int, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        changes = self.writes.get(space)
        if changes is not None:
            value = changes.get(key, _UNWRITTEN)
            if value is not _UNWRITTEN:
                return value  # type: ignore[return-value]
        if space in self.dropped:
            return None
        return self._base.get(space, key)

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of `keys`, in their order."""
        get = self.get
        return [get(space, key) for key in keys]

    def scan(
        self,
        space: int,
        start: bytes,
        end: bytes | None,
        *,
        limit: int,
        reverse: bool = False,
        size: int = UNLIMITED,
    ) -> list[Pair]:
        """The pairs of a range; see `Reader.scan`."""
        if space in self.dropped:
            return []
        changes = self.writes.get(space)
        if not changes:
            return self._base.scan(space, start, end, limit=limit, reverse=reverse, size=size)
        written = [key for key in changes if start <= key and (end is None or key < end)]
        written.sort(reverse=reverse)
        stored = self._pairs(space, start, end, limit, reverse)
        return _take(_merge(stored, written, changes, reverse), limit, size)

    def _pairs(
        self, space: int, start: bytes, end: bytes | None, limit: int, reverse: bool
    ) -> Iterator[Pair]:
        """The base's pairs, read in slices, since nobody knows how many of them the overlay hides."""
        while True:
            pairs = self._base.scan(space, start, end, limit=limit, reverse=reverse)
            yield from pairs
            if len(pairs) < limit:
                return
            last = pairs[-1][0]
            if reverse:
                end = last
            else:
                start = last + b"\0"

    def put(self, space: int, key: bytes, value: bytes) -> None:
        """Set the value of `key`."""
        assert space not in self.dropped, "a dropped space is never written again"
        changes = self.writes.get(space)
        if changes is None:
            changes = self.writes[space] = {}
        changes[key] = value

    def delete(self, space: int, key: bytes) -> None:
        """Remove `key`, if it is there."""
        changes = self.writes.get(space)
        if changes is None:
            changes = self.writes[space] = {}
        changes[key] = None

    def drop_space(self, space: int) -> None:
        """Remove everything in `space`."""
        self.writes.pop(space, None)
        self.dropped |= {space}

    def absorb(self, above: "Overlay") -> None:
        """Take over the writes of an overlay that stands on this one."""
        for space in above.dropped:
            self.drop_space(space)
        for space, changes in above.writes.items():
            own = self.writes.get(space)
            if own is None:
                self.writes[space] = changes
            else:
                own.update(changes)


def _merge(stored: Iterator[Pair], written: list[bytes], changes: Changes, reverse: bool) -> Iterator[Pair]:
    """The pairs of both, in key order (`written` is sorted); a written key hides the stored one."""
    position = 0
    for pair in stored:
        key = pair[0]
        while position < len(written) and (written[position] > key if reverse else written[position] < key):
            value = changes[written[position]]
            if value is not None:
                yield written[position], value
            position += 1
        if key not in changes:
            yield pair
    for key in written[position:]:
        value = changes[key]
        if value is not None:
            yield key, value


def _take(pairs: Iterator[Pair], limit: int, size: int) -> list[Pair]:
    """The first `limit` pairs, ending with the one that reaches `size` bytes of values."""
    taken: list[Pair] = []
    if limit <= 0:
        return taken
    for pair in pairs:
        taken.append(pair)
        size -= len(pair[1])
        if size <= 0 or len(taken) == limit:
            break
    return taken


class BodyTransaction(Overlay):
    """What a body is given: an overlay on its batch, with the numbers that order it among all others.

    `notes` are called if this run of the body counts.
    """

    __slots__ = ("batch", "id", "notes")

    def __init__(self, base: Overlay, id_: int, batch: int) -> None:
        self._base = base
        self.writes = {}
        self.dropped = _NONE_DROPPED
        self.id = id_
        self.batch = batch
        self.notes: list[Callable[[], None]] | None = None

    def note(self, told: Callable[[], None]) -> None:
        """Have `told` called if this run of the body counts."""
        if self.notes is None:
            self.notes = [told]
        else:
            self.notes.append(told)
