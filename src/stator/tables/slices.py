"""Walking a whole range of a space, in slices, so that no cursor is held and memory stays small."""

from collections.abc import Iterator
from typing import Final

from stator.storage.engine import Reader

_SLICE_ROWS: Final = 500
_SLICE_BYTES: Final = 1 << 20


def rows(
    reader: Reader, space: int, start: bytes = b"", end: bytes | None = None, *, limit: int = _SLICE_ROWS
) -> Iterator[tuple[bytes, bytes]]:
    """The rows of a range, upwards; `limit` is how many are read at a time."""
    while slice_ := reader.scan(space, start, end, limit=limit, size=_SLICE_BYTES):
        yield from slice_
        start = slice_[-1][0] + b"\0"
