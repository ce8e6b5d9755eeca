"""CSV by the rules of DynamoDB's import: a header, then one item a row.

Every column is a string, except those that are keys of the table or of an index: their types are given. An
empty field is no attribute. A file without a header takes its names from the caller, and then its first line
is an item. Quotes are those of RFC 4180; a stray one makes the file unreadable. Source: "Amazon S3 import
formats for DynamoDB" of the developer guide.
"""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import BinaryIO, Final

from stator.formats.rows import ROW_BYTES_MAX, BadRow, Row, Rows, broken, checked
from stator.values.attribute import AttributeValue, Item

DELIMITERS: Final = frozenset(",;:|\t ")
_COLUMNS: Final = "The number of columns in the row does not match the header: {given} instead of {wanted}"

# The standard library refuses fields above 128 KB, but an attribute may be as long as an item.
csv.field_size_limit(ROW_BYTES_MAX)


def items(
    stream: BinaryIO,
    types: Mapping[str, str] | None = None,
    delimiter: str = ",",
    header: Sequence[str] | None = None,
) -> Rows:
    """The items of a CSV file in UTF-8, checked and normalised.

    `types` has the types ("S", "N" or "B" in base64) of the key attributes; other columns are strings.
    """
    types = types or {}
    try:
        rows = csv.reader(_texts(stream), delimiter=delimiter, strict=True)
        names = list(header) if header else next(rows, [])
        for fields in rows:
            if fields:
                yield _item(names, fields, types)
    except (csv.Error, UnicodeDecodeError, OSError, EOFError) as error:
        yield broken(error)


def _texts(stream: BinaryIO) -> Iterator[str]:
    """The lines as text, without a byte order mark; a line's end inside quotes stays as it is."""
    decode = codecs.getincrementaldecoder("utf-8-sig")().decode
    while line := stream.readline(ROW_BYTES_MAX):
        yield decode(line)
    decode(b"", final=True)


def _item(names: Sequence[str], fields: Sequence[str], types: Mapping[str, str]) -> Row:
    if len(fields) != len(names):
        return BadRow(_COLUMNS.format(given=len(fields), wanted=len(names)))
    pairs = zip(names, fields, strict=True)
    return checked({name: {types.get(name, "S"): field} for name, field in pairs if field})


# --- Writing ---


def header_line(names: Iterable[str], delimiter: str = ",") -> bytes:
    """The first line of a file."""
    return _line(names, delimiter)


def line(item: Item, names: Iterable[str], delimiter: str = ",") -> bytes:
    """The row of an item; an attribute that it has not is an empty field.

    Raises ValueError for a value that CSV cannot carry: an empty string, and what is no S, N or B.
    """
    return _line((_field(name, item.get(name)) for name in names), delimiter)


def _field(name: str, value: AttributeValue | None) -> str:
    if value is None:
        return ""
    ((kind, content),) = value.items()
    if kind not in ("S", "N", "B") or not content:
        raise ValueError(f"CSV cannot carry the attribute {name}: its type is {kind}, or it is empty")
    return str(content)


def _line(fields: Iterable[str], delimiter: str) -> bytes:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=delimiter, lineterminator="\n").writerow(list(fields))
    return buffer.getvalue().encode()
