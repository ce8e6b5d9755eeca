"""Items as Amazon Ion, in the text form of AWS's exports: `$ion_1_0 {Item:{Id:103.,Tags:["a"]}}`.

    S string    N decimal    B blob    BOOL bool    NULL null    L list    M struct
    SS, NS, BS  a list with the annotation $dynamodb_SS, $dynamodb_NS or $dynamodb_BS

Writing is ours, since AWS's form is a few lines. Reading is the `amazon.ion` library's (the extra `formats`),
which knows all of Ion, binary too. Source: "DynamoDB table export output format" of the developer guide.
"""

import base64
import json
import re
from collections.abc import Callable, Iterator
from decimal import Context, Decimal
from typing import Any, BinaryIO, Final

from stator.formats.dynamodb_json import Record
from stator.formats.extras import need
from stator.formats.rows import ROW_BYTES_MAX, BadRow, Rows, broken, checked
from stator.values.attribute import AttributeValue, Item

_VERSION: Final = "$ion_1_0 "
_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_KEYWORDS: Final = frozenset({"null", "true", "false", "nan"})
_CONTROLS: Final = {code: f"\\x{code:02x}" for code in (*range(0x20), 0x7F)}
_QUOTED: Final = {**_CONTROLS, ord("'"): "\\'", ord("\\"): "\\\\"}
_EXACT: Final = Context(prec=300)
_PLAIN_ZEROS_MAX: Final = 6  # more zeros behind the point are written with an exponent

# --- Writing ---


def line(item: Item) -> bytes:
    """The line of an item, with its newline. The item's values are canonical."""
    return f"{_VERSION}{{Item:{_struct(item)}}}\n".encode()


def members_line(members: dict[str, Item]) -> bytes:
    """A line of other members than Item: an incremental export's Keys, NewImage and so on."""
    fields = ",".join(f"{_symbol(name)}:{_struct(item)}" for name, item in members.items())
    return f"{_VERSION}{{{fields}}}\n".encode()


def _text(value: AttributeValue) -> str:
    ((kind, content),) = value.items()
    return _WRITERS[kind](content)


def _struct(members: Item) -> str:
    return "{" + ",".join(f"{_symbol(name)}:{_text(value)}" for name, value in members.items()) + "}"


def _symbol(name: str) -> str:
    if _IDENTIFIER.match(name) and name not in _KEYWORDS:
        return name
    return "'" + name.translate(_QUOTED) + "'"


def _string(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)  # JSON's strings are Ion's


def _blob(text: str) -> str:
    return "{{" + text + "}}"


def _decimal(text: str) -> str:
    sign, digits, exponent = Decimal(text).normalize(_EXACT).as_tuple()
    assert isinstance(exponent, int)
    number = "".join(map(str, digits))
    minus = "-" if sign else ""
    if exponent > 0:
        return f"{minus}{number}d{exponent}"
    whole = len(number) + exponent  # digits before the point
    if whole > 0:
        return f"{minus}{number[:whole]}.{number[whole:]}"
    if -whole < _PLAIN_ZEROS_MAX:
        return f"{minus}0.{'0' * -whole}{number}"
    return f"{minus}{number}d{exponent}"


def _list_of(write: Callable[[Any], str], annotation: str = "") -> Callable[[list[Any]], str]:
    return lambda content: f"{annotation}[{','.join(map(write, content))}]"


_WRITERS: Final[dict[str, Callable[[Any], str]]] = {
    "S": _string,
    "N": _decimal,
    "B": _blob,
    "BOOL": lambda truth: "true" if truth else "false",
    "NULL": lambda _: "null",
    "SS": _list_of(_string, "$dynamodb_SS::"),
    "NS": _list_of(_decimal, "$dynamodb_NS::"),
    "BS": _list_of(_blob, "$dynamodb_BS::"),
    "L": _list_of(_text),
    "M": _struct,
}

# --- Reading ---

_SETS: Final = {"$dynamodb_SS": ("SS", "S"), "$dynamodb_NS": ("NS", "N"), "$dynamodb_BS": ("BS", "B")}


def records(stream: BinaryIO) -> Iterator[Record | BadRow]:
    """The records of a file, their `Item` checked and normalised; text or binary Ion.

    A struct is a record; so is each element of a list at the top. Raises MissingExtra without the library.
    """
    ion = need("amazon.ion.simpleion", "formats")
    try:
        for value in ion.load(
            stream, single_value=False, parse_eagerly=False, text_buffer_size_limit=ROW_BYTES_MAX
        ):
            for element in value if _type(value) == "LIST" else [value]:
                yield _record(element)
    except Exception as error:  # the library's errors share no base with the standard ones
        yield broken(error)


def items(stream: BinaryIO) -> Rows:
    """The items of a file, checked and normalised. Raises MissingExtra without the library."""
    for record in records(stream):
        yield record if isinstance(record, BadRow) else record.Item


def _type(value: Any) -> str:
    """The name of a value's Ion type."""
    return str(value.ion_type.name)


def _record(struct: Any) -> Record | BadRow:
    try:
        members = _members(struct)
        if "Item" not in members:
            return BadRow("The struct has no member Item")
        names = members.get("ExpressionAttributeNames")
        values = members.get("ExpressionAttributeValues")
        condition = members.get("ConditionExpression")
        record = Record(
            Item=_item(members["Item"]),
            ConditionExpression=None if condition is None else _scalar(condition, "S"),
            ExpressionAttributeNames=names and {k: _scalar(v, "S") for k, v in _members(names).items()},
            ExpressionAttributeValues=values and _item(values),
        )
    except ValueError as error:
        return BadRow(f"The item is not in Amazon Ion as DynamoDB writes it: {error}")
    refusal = checked(record.Item)
    return refusal if isinstance(refusal, BadRow) else record


def _members(struct: Any) -> dict[str, Any]:
    if _type(struct) != "STRUCT":
        raise ValueError(f"a struct is expected, not {_type(struct).lower()}")
    pairs = list(struct.items())
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a struct has two fields of one name")
    return members


def _item(struct: Any) -> Item:
    return {name: _value(value) for name, value in _members(struct).items()}


def _value(value: Any) -> AttributeValue:
    annotations = [symbol.text for symbol in value.ion_annotations]
    if annotations:
        return _set(value, annotations)
    read = _READERS.get(_type(value))
    if read is None or _is_typed_null(value):
        raise ValueError(f"{_type(value).lower()} is no type of DynamoDB")
    return read(value)


def _is_typed_null(value: Any) -> bool:
    """Whether it is Ion's null.string and its like, which DynamoDB never writes."""
    return type(value).__name__ == "IonPyNull" and _type(value) != "NULL"


def _set(value: Any, annotations: list[str]) -> AttributeValue:
    kinds = _SETS.get(annotations[0]) if len(annotations) == 1 and _type(value) == "LIST" else None
    if kinds is None:
        raise ValueError(f"the annotation {'::'.join(map(str, annotations))} is unknown")
    return {kinds[0]: [_scalar(element, kinds[1]) for element in value]}


def _scalar(value: Any, wanted: str) -> Any:
    ((kind, content),) = _value(value).items()
    if kind != wanted:
        raise ValueError(f"{wanted} is expected, not {kind}")
    return content


_READERS: Final[dict[str, Callable[[Any], AttributeValue]]] = {
    "STRING": lambda text: {"S": str(text)},
    "DECIMAL": lambda number: {"N": str(Decimal(number))},
    "INT": lambda number: {"N": str(int(number))},
    "BOOL": lambda truth: {"BOOL": bool(truth)},
    "NULL": lambda _: {"NULL": True},
    "BLOB": lambda data: {"B": base64.b64encode(bytes(data)).decode()},
    "LIST": lambda elements: {"L": [_value(each) for each in elements]},
    "STRUCT": lambda struct: {"M": _item(struct)},
}
