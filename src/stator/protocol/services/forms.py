"""The form of a query request, taken apart: names with dots are the way to a value.

    Dimensions.member.1.Name=TableName      {"Dimensions": {"member": {"1": {"Name": "TableName"}}}}

Then read by shape: lists are `member.N`, in the order of N and empty as `X=`; maps are `entry.N.key` and
`entry.N.value`; numbers, booleans and moments are text.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import parse_qsl

from stator.base.errors import ApiError, serialization
from stator.model.catalogue import Kind
from stator.model.services.values import moment, whole
from stator.model.shapes import Shape

FIELDS_MAX: Final = 200_000  # which is as many as fit into a body, with names of their usual length
_DEPTH_MAX: Final = 16  # no request has longer ways

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,9})?")
_SPECIAL: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
_BOOLEANS: Final = {"true": True, "false": False}

Node = dict[str, Any] | str


def taken_apart(form: bytes) -> dict[str, Any]:
    """The tree of a form. Raises ApiError (SerializationException)."""
    try:
        pairs = parse_qsl(
            form.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=FIELDS_MAX
        )
    except ValueError:  # not a form; UnicodeDecodeError is one of these
        raise serialization("The form cannot be read") from None
    tree: dict[str, Any] = {}
    for name, value in pairs:
        *way, last = name.split(".")
        if len(way) > _DEPTH_MAX:
            continue
        node = tree
        for part in way:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise serialization(f"{name} is both a value and a structure")
        if isinstance(node.get(last), dict):
            raise serialization(f"{name} is both a value and a structure")
        node[last] = value
    return tree


def read(shape: Shape, node: Node) -> Any:
    """The value that `shape` makes of a node. Raises ApiError (SerializationException)."""
    return _READERS[shape.kind](shape, node)


def _structure(shape: Shape, node: Node) -> dict[str, Any]:
    inside = _inside(node)
    return {
        field.name: read(field.shape, inside[field.name]) for field in shape.fields if field.name in inside
    }


def _list(shape: Shape, node: Node) -> list[Any]:
    return [read(shape.member, each) for each in _numbered(_inside(node).get("member", ""))]


def _map(shape: Shape, node: Node) -> dict[str, Any]:
    assert shape.key is not None
    entries = [_inside(entry) for entry in _numbered(_inside(node).get("entry", ""))]
    return {
        read(shape.key, entry.get("key", "")): read(shape.member, entry.get("value", "")) for entry in entries
    }


def _inside(node: Node) -> dict[str, Any]:
    if isinstance(node, dict):
        return node
    if node:
        raise serialization("Unexpected value where a structure, list or map was expected")
    return {}


def _numbered(node: Node) -> list[Any]:
    """The elements of a list, in their order."""
    elements = _inside(node)
    if not all(_WHOLE.fullmatch(number) for number in elements):
        raise serialization("An element of a list has no number")
    return [elements[number] for number in sorted(elements, key=int)]


def _string(_shape: Shape, node: Node) -> str:
    if isinstance(node, str):
        return node
    raise serialization("Start of structure or map found where not expected.")


def _whole_number(shape: Shape, node: Node) -> int:
    text = _string(shape, node)
    if _WHOLE.fullmatch(text):
        return whole(shape, int(text))
    raise _wrong(text, "Integer")


def _number(shape: Shape, node: Node) -> float:
    text = _string(shape, node)
    if text in _SPECIAL:
        return _SPECIAL[text]
    if _NUMBER.fullmatch(text):
        return float(text)
    raise _wrong(text, "Double")


def _boolean(shape: Shape, node: Node) -> bool:
    text = _string(shape, node)
    if text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    raise _wrong(text, "Boolean")


def _timestamp(shape: Shape, node: Node) -> float:
    text = _string(shape, node)
    if _NUMBER.fullmatch(text) and "-" not in text[1:]:
        return moment(float(text))
    try:
        found = datetime.fromisoformat(text)
        return moment(found.replace(tzinfo=found.tzinfo or UTC).timestamp())
    except (ValueError, OverflowError):
        raise serialization("timestamp must follow ISO8601") from None


def _blob(shape: Shape, node: Node) -> bytes:
    from stator.model.services.values import typed

    value: bytes = typed(shape, _string(shape, node))
    return value


_READERS: Final[Mapping[Kind, Callable[[Shape, Node], Any]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _whole_number,
    "long": _whole_number,
    "double": _number,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "blob": _blob,
}


def _wrong(text: str, wanted: str) -> ApiError:
    return serialization(f"'{text[:100]}' can not be converted to {wanted}")
