"""DynamoDB JSON: one JSON object a line, `{"Item": {"Id": {"N": "103"}, …}}`, as AWS exports and imports it.

A bulk operation's lines may have more members beside `Item`, and an incremental export's have others instead
of it; `records` reads them all. Source: "DynamoDB table export output format" and "Amazon S3 import formats
for DynamoDB" of the developer guide.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, Final, TypedDict

import msgspec

from stator.formats.rows import ROW_BYTES_MAX, BadRow, Rows, Unreadable, broken, checked
from stator.values.attribute import Item

if TYPE_CHECKING:
    _Value = dict[str, Any]
else:

    class _Value(TypedDict, total=False):
        S: str
        N: str
        B: str
        SS: list[str]
        NS: list[str]
        BS: list[str]
        M: "dict[str, _Value]"
        L: "list[_Value]"
        NULL: bool
        BOOL: bool


class Record(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line: an item to put, maybe on a condition; the same members as PutItem's."""

    Item: dict[str, _Value]
    ConditionExpression: str | None = None
    ExpressionAttributeNames: dict[str, str] | None = None
    ExpressionAttributeValues: dict[str, _Value] | None = None


_DECODER: Final = msgspec.json.Decoder(Record)
_ENCODER: Final = msgspec.json.Encoder()


def line(item: Item) -> bytes:
    """The line of an item, with its newline. The item's values are canonical."""
    return b'{"Item":' + _ENCODER.encode(item) + b"}\n"


def line_of_stored(json: bytes) -> bytes:
    """The line of an item whose canonical JSON is at hand: nothing is parsed."""
    return b'{"Item":' + json + b"}\n"


def members_line(members: dict[str, Item]) -> bytes:
    """A line of other members than Item: an incremental export's Keys, NewImage and so on."""
    return _ENCODER.encode(members) + b"\n"


def records(stream: BinaryIO) -> Iterator[Record | BadRow]:
    """The records of a file, their `Item` checked and normalised.

    A line that is not JSON ends the file; one that is JSON but no record does not. Blank lines are skipped.
    """
    try:
        for text in lines(stream):
            yield _record(text)
    except (msgspec.DecodeError, UnicodeDecodeError, Unreadable, OSError, EOFError, RecursionError) as error:
        yield broken(error)


def items(stream: BinaryIO) -> Rows:
    """The items of a file, checked and normalised."""
    for record in records(stream):
        yield record if isinstance(record, BadRow) else record.Item


def lines(stream: BinaryIO) -> Iterator[bytes]:
    """The lines of a stream that are not blank. Raises Unreadable for a line that is too long for an item."""
    while text := stream.readline(ROW_BYTES_MAX + 1):
        if len(text) > ROW_BYTES_MAX:
            raise Unreadable(f"a line is longer than {ROW_BYTES_MAX} bytes")
        if not text.isspace():
            yield text


def _record(text: bytes) -> Record | BadRow:
    try:
        record = _DECODER.decode(text)
    except msgspec.ValidationError as error:
        return BadRow(f"The item is not in DynamoDB JSON: {error}")
    refusal = checked(record.Item)
    return refusal if isinstance(refusal, BadRow) else record
