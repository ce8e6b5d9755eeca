"""A page of Query or Scan: a walk over a range of one space, in slices, until AWS's page rules end it.

A page ends with the `limit`-th row, or with the row with which the sizes of the rows seen reach 1 MB; rows
that a filter drops count. A slice is one short read, so that other requests are answered between two slices.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

from stator.base.limits import PAGE_BYTES_MAX
from stator.storage.engine import Reader
from stator.tables.stored import HEADER_BYTES

_SLICE_ROWS: Final = 100
_SLICE_BYTES: Final = 512 * 1024
# As `stored.size_of`, in half its time, which matters fifty times per page.
_size_of: Final = Struct(">xI").unpack_from

# What is made of a row (its stored form): the JSON to answer, or None if the filter drops it.
Shape = Callable[[Reader, bytes], bytes | None]


class Walk:
    """One page being collected.

    Afterwards `items` are the JSON texts to answer, `count` how many rows passed the filter, `scanned` and
    `size` how many rows were seen and their bytes by DynamoDB's rules, and `last` the stored form of the last
    row seen if the page ended before the range did.
    """

    __slots__ = (
        "_end",
        "_limit",
        "_reverse",
        "_shape",
        "_space",
        "_start",
        "items",
        "last",
        "scanned",
        "size",
    )

    def __init__(
        self,
        space: int,
        start: bytes,
        end: bytes | None,
        *,
        limit: int | None = None,
        reverse: bool = False,
        shape: Shape | None = None,
    ) -> None:
        self._space = space
        self._start = start
        self._end = end
        self._limit = limit
        self._reverse = reverse
        self._shape = shape
        self.items: list[bytes] = []
        self.scanned = 0
        self.size = 0
        self.last: bytes | None = None

    def go_on(self, start: bytes, end: bytes | None, shape: Shape | None) -> None:
        """Collect more of the same page, in another range of the space."""
        self._start = start
        self._end = end
        self._shape = shape

    @property
    def count(self) -> int:
        """How many rows passed the filter."""
        return len(self.items)

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""
        wanted = _SLICE_ROWS
        if self._limit is not None:
            wanted = min(wanted, self._limit - self.scanned)
        rows = reader.scan(
            self._space, self._start, self._end, limit=wanted, reverse=self._reverse, size=_SLICE_BYTES
        )
        if not rows:
            return True
        values = [value for _, value in rows]
        if self._take(reader, values):
            return True
        if self._reverse:
            self._end = rows[-1][0]
        else:
            self._start = rows[-1][0] + b"\0"
        return len(rows) < wanted and sum(map(len, values)) < _SLICE_BYTES

    def _take(self, reader: Reader, values: list[bytes]) -> bool:
        """Count and collect rows; whether they end the page."""
        sizes = [size for (size,) in map(_size_of, values)]
        total = self.size + sum(sizes)
        if total >= PAGE_BYTES_MAX:
            values, total = self._up_to_page_end(values, sizes)
            self.last = values[-1]
        self.size = total
        self.scanned += len(values)
        if self._shape is None:
            self.items += [value[HEADER_BYTES:] for value in values]
        else:
            shaped = [self._shape(reader, value) for value in values]
            self.items += [json for json in shaped if json is not None]
        if self.scanned == self._limit:
            self.last = values[-1]
        return self.last is not None

    def _up_to_page_end(self, values: list[bytes], sizes: list[int]) -> tuple[list[bytes], int]:
        """The rows up to the one that fills the page, and the page's size with them."""
        total = self.size
        taken = 0
        while total < PAGE_BYTES_MAX:
            total += sizes[taken]
            taken += 1
        return values[:taken], total


def counted(_reader: Reader, _value: bytes) -> bytes:
    """The shape of a row that is only counted."""
    return b""
