"""Plain JSON values and attribute values: `{"id": 7, "tags": ["a"]}` and `{"id": {"N": "7"}, …}`.

Plain JSON has no sets and no binary: a set becomes an array and binary becomes its base64 text. So the way
from an item to plain JSON and back is exact for S, N, BOOL, NULL, L and M only; `is_exact` tells. Numbers
keep all their 38 digits: they are written as they are and read without binary floats.
"""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, BinaryIO, Final

import msgspec

from stator.formats.dynamodb_json import lines
from stator.formats.rows import BadRow, Rows, Unreadable, broken, checked
from stator.values.attribute import AttributeValue, Item


class _Number(str):
    """A number as it is written in JSON."""

    __slots__ = ()


def to_value(plain: Any) -> AttributeValue:
    """The attribute value of a parsed JSON value. Raises TypeError for what JSON has not."""
    if plain is None:
        return {"NULL": True}
    return _TO_VALUE[type(plain)](plain) if type(plain) in _TO_VALUE else _unknown(plain)


def to_item(plain: dict[str, Any]) -> Item:
    """The item of a parsed JSON object; not yet normalised."""
    return {name: to_value(value) for name, value in plain.items()}


def from_value(value: AttributeValue) -> Any:
    """The plain value of a canonical attribute value; a number is a `msgspec.Raw` of its digits."""
    ((kind, content),) = value.items()
    return _FROM_VALUE[kind](content)


def from_item(item: Item) -> dict[str, Any]:
    """The plain object of an item, for `line` or `msgspec.json.encode`."""
    return {name: from_value(value) for name, value in item.items()}


def line(item: Item) -> bytes:
    """The line of an item in plain JSON, with its newline."""
    return msgspec.json.encode(from_item(item)) + b"\n"


def is_exact(value: AttributeValue) -> bool:
    """Whether the value survives the way through plain JSON."""
    ((kind, content),) = value.items()
    if kind == "L":
        return all(map(is_exact, content))
    if kind == "M":
        return all(map(is_exact, content.values()))
    return kind in {"S", "N", "BOOL", "NULL"}


def items(stream: BinaryIO) -> Rows:
    """The items of a file with one JSON object a line, checked and normalised."""
    try:
        for text in lines(stream):
            plain = json.loads(text, parse_float=_Number, parse_int=_Number, parse_constant=_refuse_constant)
            yield _item(plain)
    except (ValueError, Unreadable, OSError, EOFError, RecursionError) as error:
        yield broken(error)


def _item(plain: Any) -> Item | BadRow:
    if not isinstance(plain, dict):
        return BadRow("The row is not a JSON object")
    return checked(to_item(plain))


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _unknown(plain: Any) -> AttributeValue:
    raise TypeError(f"{type(plain).__name__} is no type of JSON")


def _list(content: list[Any]) -> list[Any]:
    return [from_value(each) for each in content]


def _number(text: str) -> msgspec.Raw:
    return msgspec.Raw(text.encode())


_TO_VALUE: Final[dict[type, Callable[[Any], AttributeValue]]] = {
    str: lambda text: {"S": text},
    bool: lambda truth: {"BOOL": truth},
    int: lambda number: {"N": str(number)},
    Decimal: lambda number: {"N": str(number)},
    _Number: lambda text: {"N": str(text)},
    list: lambda elements: {"L": [to_value(each) for each in elements]},
    dict: lambda members: {"M": to_item(members)},
}
_FROM_VALUE: Final[dict[str, Callable[[Any], Any]]] = {
    "S": lambda text: text,
    "N": _number,
    "B": lambda base64: base64,
    "BOOL": lambda truth: truth,
    "NULL": lambda _: None,
    "SS": list,
    "NS": lambda texts: [_number(text) for text in texts],
    "BS": list,
    "L": _list,
    "M": from_item,
}
