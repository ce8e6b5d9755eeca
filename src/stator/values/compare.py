"""Equality and order of normalised attribute values.

Values of different type are never equal. Numbers compare by value, sets without regard to order, lists and
maps deeply. Only strings, numbers and binaries have an order.
"""

import binascii
from collections.abc import Callable
from typing import Any, Final

from stator.values.attribute import AttributeValue
from stator.values.number import decimal

_SETS: Final = frozenset({"SS", "NS", "BS"})

ORDERED: Final[dict[str, Callable[[str], Any]]] = {
    # Code points order as UTF-8 bytes do.
    "S": lambda text: text,
    "N": decimal,
    "B": binascii.a2b_base64,
}


def kind_of(value: AttributeValue) -> str:
    """The type letter of a value: "S", "NS", "BOOL" …"""
    return next(iter(value))


def equal(left: AttributeValue, right: AttributeValue) -> bool:
    """Whether two values are the same, deeply."""
    if left == right:
        return True
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    if kind in _SETS:
        return len(left[kind]) == len(right[kind]) and set(left[kind]) == set(right[kind])
    if kind == "L":
        return len(left["L"]) == len(right["L"]) and all(map(equal, left["L"], right["L"]))
    if kind == "M":
        mine, theirs = left["M"], right["M"]
        return mine.keys() == theirs.keys() and all(equal(mine[name], theirs[name]) for name in mine)
    return False


def less(left: AttributeValue, right: AttributeValue) -> bool | None:
    """Whether `left` comes before `right`; None where the two have no order."""
    ((kind, content),) = left.items()
    other = right.get(kind)
    key = ORDERED.get(kind)
    if other is None or key is None:
        return None
    result: bool = key(content) < key(other)
    return result
