"""Files of items: which format and compression a name stands for, and how items become lines.

| Format | Endings | |
|---|---|---|
| dynamodb-json | .json .jsonl | one `{"Item": ...}` a line, as AWS exports and imports it: exact |
| json | | one plain object a line: sets and binary become lists and base64 |
| csv | .csv | a header, then a row an item: no sets, lists, maps and empty strings |
| ion | .ion | Amazon Ion text, as AWS exports it: exact |

Any of them may be compressed: .gz, .zst.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple

import msgspec

from stator.formats import csv, dynamodb_json, ion_text, plain_json
from stator.formats.compression import reader
from stator.formats.rows import Rows
from stator.transfer.endpoint import TransferError
from stator.values.attribute import Item

DYNAMODB_JSON: Final = "dynamodb-json"
JSON: Final = "json"
CSV: Final = "csv"
ION: Final = "ion"
FORMATS: Final = (DYNAMODB_JSON, JSON, CSV, ION)
_ENDINGS: Final = {".json": DYNAMODB_JSON, ".jsonl": DYNAMODB_JSON, ".csv": CSV, ".ion": ION}
_COMPRESSIONS: Final = {".gz": "GZIP", ".zst": "ZSTD"}

Line = Callable[[msgspec.Raw], bytes]


class Kind(NamedTuple):
    """How the items of a file are written: one of FORMATS; GZIP, ZSTD or NONE."""

    format: str
    compression: str


def kind_of(path: Path, format_: str | None) -> Kind | None:
    """The kind of a file by its name and by what the caller says; None if neither tells the format."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    compression = _COMPRESSIONS.get(
        suffixes.pop() if suffixes and suffixes[-1] in _COMPRESSIONS else "", "NONE"
    )
    if format_ is None:
        format_ = _ENDINGS.get(suffixes[-1] if suffixes else "")
    return None if format_ is None else Kind(format_, compression)


# --- Writing ---


class Lines:
    """From an item, as its JSON text, to the line of a file; notes if a format does not keep one whole."""

    def __init__(self, format_: str, columns: Sequence[str] = ()) -> None:
        self.inexact = False
        self._columns = columns
        self.line: Line = {
            DYNAMODB_JSON: _dynamodb_json,
            JSON: self._plain,
            CSV: self._csv,
            ION: lambda raw: ion_text.line(_item(raw)),
        }[format_]

    def _plain(self, raw: msgspec.Raw) -> bytes:
        item = _item(raw)
        self.inexact |= not all(map(plain_json.is_exact, item.values()))
        return plain_json.line(item)

    def _csv(self, raw: msgspec.Raw) -> bytes:
        item = _item(raw)
        if missing := item.keys() - set(self._columns):
            raise TransferError(f"an item has attributes that are no columns: {', '.join(sorted(missing))}")
        try:
            return csv.line(item, self._columns)
        except ValueError as error:
            raise TransferError(str(error)) from None


def _item(raw: msgspec.Raw) -> Item:
    return msgspec.json.decode(raw, type=dict[str, Any])


def _dynamodb_json(raw: msgspec.Raw) -> bytes:
    text = bytes(raw)
    if b"\n" in text:  # an endpoint that prints its replies prettily
        text = msgspec.json.format(text, indent=-1)
    return dynamodb_json.line_of_stored(text)


# --- Reading ---


class Numbered:
    """A stream that knows which line was read last, from 1."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.line = 0

    def readline(self, size: int = -1) -> bytes:
        """The next line."""
        self.line += 1
        return self._stream.readline(size)

    def read(self, size: int = -1) -> bytes:
        """Some bytes: where lines do not count."""
        return self._stream.read(size)


def rows(stream: BinaryIO, kind: Kind, types: dict[str, str], delimiter: str = ",") -> tuple[Rows, Numbered]:
    """The rows of a file, and what knows the line of the last one. Raises MissingExtra."""
    numbered = Numbered(reader(stream, kind.compression))
    source: Any = numbered
    if kind.format == CSV:
        return csv.items(source, types, delimiter), numbered
    readers = {DYNAMODB_JSON: dynamodb_json.items, JSON: plain_json.items, ION: ion_text.items}
    return readers[kind.format](source), numbered
