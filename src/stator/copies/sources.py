"""The objects that an import or a bulk operation reads: which they are, and their rows, in slices.

Objects are read one after the other in the order of their keys, each in its format and compression. Reading
and parsing block, so a slice is made on a helper thread.
"""

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any, BinaryIO, Final, NamedTuple, cast

from msgspec import Struct

from stator.copies.places import GONE, Bucket, Buckets, Object, PlaceError
from stator.formats import dynamodb_json
from stator.formats.dynamodb_json import Record
from stator.formats.rows import BadRow
from stator.tables.database import Database

_ROWS_PER_SLICE: Final = 100
_CHUNK_BYTES: Final = 128 * 1024


class Input(Struct, frozen=True, omit_defaults=True):
    """Where rows come from, and how they are written there."""

    bucket: str
    format: str
    compression: str = "NONE"
    owner: str | None = None
    prefix: str | None = None
    delimiter: str | None = None
    header: tuple[str, ...] | None = None


class Slice(NamedTuple):
    """Some rows of an object: its key, the index of the first, and the rows.

    `bytes_read` is how much has been read by now of all objects.
    """

    key: str
    first: int
    rows: list[Record | BadRow]
    bytes_read: int

    @property
    def end(self) -> int:
        """The index of the row that follows."""
        return self.first + len(self.rows)


@dataclass(slots=True)
class Source:
    """The objects of an input; `types` has those of CSV's key columns."""

    bucket: Bucket
    input: Input
    objects: list[Object]
    types: dict[str, str]

    @property
    def size(self) -> int:
        """Bytes of all objects, as they lie."""
        return sum(entry.size for entry in self.objects)

    async def slices(self, after: tuple[str, int] | None = None) -> AsyncIterator[Slice]:
        """The rows in order; `after` tells an object, and the index of the row in it, to begin at.

        Raises PlaceError, MissingExtra.
        """
        before = 0
        for entry in self.objects:
            if after is None or entry.key >= after[0]:
                skipped = after[1] if after is not None and entry.key == after[0] else 0
                reading = await asyncio.to_thread(_Reading, self, entry.key, skipped, before)
                try:
                    while some := await asyncio.to_thread(reading.slice):
                        yield some
                finally:
                    reading.close()
            before += entry.size


class _Reading:
    """One object that is being read, on whatever thread."""

    def __init__(self, source: Source, key: str, skipped: int, before: int) -> None:
        self._key = key
        self._next = skipped
        self._before = before
        self._counted, self._rows = _open(source, key)
        for _ in islice(self._rows, skipped):
            pass
        self._ended = False

    def slice(self) -> Slice | None:
        """The next rows; None after the last slice, which may be without rows."""
        if self._ended:
            return None
        first = self._next
        rows = list(islice(self._rows, _ROWS_PER_SLICE))
        self._next += len(rows)
        self._ended = len(rows) < _ROWS_PER_SLICE
        return Slice(self._key, first, rows, self._before + self._counted.bytes)

    def close(self) -> None:
        self._counted.stream.close()


class _Counted(io.RawIOBase):
    """A stream that counts what is read of it."""

    def __init__(self, stream: BinaryIO) -> None:
        self.bytes = 0
        self._below = stream
        self.stream = cast(BinaryIO, io.BufferedReader(self, _CHUNK_BYTES))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._below.read(len(buffer))
        buffer[: len(data)] = data
        self.bytes += len(data)
        return len(data)

    def close(self) -> None:
        self._below.close()
        super().close()


def _open(source: Source, key: str) -> tuple[_Counted, Iterator[Record | BadRow]]:
    """An object's stream and rows. One that has gone since it was listed is a bad row, as seen on AWS."""
    try:
        counted = _Counted(source.bucket.open(key))
    except PlaceError as error:
        if error.code != GONE:
            raise
        return _Counted(io.BytesIO()), iter([BadRow(error.message, last=True)])
    return counted, _rows(source, counted.stream)


def _rows(source: Source, stream: BinaryIO) -> Iterator[Record | BadRow]:
    # A server that imports nothing starts without them.
    from stator.formats import compression, csv, ion_text

    given = source.input
    plain = compression.reader(stream, given.compression)
    if given.format == "DYNAMODB_JSON":
        return dynamodb_json.records(plain)
    if given.format == "ION":
        return ion_text.records(plain)
    rows = csv.items(plain, source.types, given.delimiter or ",", given.header)
    return (row if isinstance(row, BadRow) else Record(Item=row) for row in rows)


async def find(database: Database, given: Input, types: dict[str, str]) -> Source:
    """The objects of an input. Raises PlaceError."""

    def look() -> Source:
        buckets: Buckets = database.buckets
        bucket = buckets.bucket(given.bucket, given.owner)
        return Source(bucket, given, bucket.list(given.prefix or ""), types)

    return await asyncio.to_thread(look)
