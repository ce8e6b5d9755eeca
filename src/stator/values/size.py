"""Sizes in bytes by DynamoDB's rules, which decide limits, pages and capacity.

Source: "DynamoDB item sizes and formats" of the developer guide; the rule for numbers as measured on AWS.
"""

from collections.abc import Callable
from typing import Any, Final

_CONTAINER_BYTES: Final = 3
_ELEMENT_BYTES: Final = 1


def text_size(text: str) -> int:
    """UTF-8 bytes of a string."""
    return len(text) if text.isascii() else len(text.encode())


def binary_size(base64: str) -> int:
    """Bytes of a binary value, from its canonical base64 text."""
    return len(base64) // 4 * 3 - base64[-2:].count("=")


def number_size(text: str) -> int:
    """Bytes of a number, from its canonical text: one, and half a byte a digit on each side of the point."""
    if text.isdigit():
        return 1 + (len(text.rstrip("0")) + 1) // 2
    unsigned = text[1:] if text[0] == "-" else text
    negative = 1 if unsigned is not text else 0
    whole, _, fraction = unsigned.partition(".")
    if not fraction:
        digits = whole.rstrip("0")
        return 1 + (len(digits) + 1) // 2 + negative
    if whole == "0":
        return 1 + (len(fraction.lstrip("0")) + 1) // 2 + negative
    return 1 + (len(whole) + 1) // 2 + (len(fraction) + 1) // 2 + negative


def list_size(elements: list[dict[str, Any]]) -> int:
    """Bytes of a list: its own, and one more per element."""
    return _CONTAINER_BYTES + sum(_ELEMENT_BYTES + value_size(element) for element in elements)


def map_size(members: dict[str, dict[str, Any]]) -> int:
    """Bytes of a map: its own, and one more per member."""
    return _CONTAINER_BYTES + sum(
        _ELEMENT_BYTES + text_size(name) + value_size(value) for name, value in members.items()
    )


_SIZES: Final[dict[str, Callable[[Any], int]]] = {
    "S": text_size,
    "N": number_size,
    "B": binary_size,
    "BOOL": lambda _: 1,
    "NULL": lambda _: 1,
    "SS": lambda elements: sum(map(text_size, elements)),
    "NS": lambda elements: sum(map(number_size, elements)),
    "BS": lambda elements: sum(map(binary_size, elements)),
    "L": list_size,
    "M": map_size,
}


def value_size(value: dict[str, Any]) -> int:
    """Bytes of a normalised attribute value."""
    ((kind, content),) = value.items()
    return _SIZES[kind](content)


def attribute_size(name: str, value: dict[str, Any]) -> int:
    """Bytes of an attribute: its name and its value."""
    return text_size(name) + value_size(value)


def item_size(item: dict[str, dict[str, Any]]) -> int:
    """Bytes of an item: names and values."""
    total = 0
    for name, value in item.items():
        total += text_size(name) + value_size(value)
    return total
