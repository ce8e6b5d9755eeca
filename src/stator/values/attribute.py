"""Checks and normalisation of attribute values, once, on the way in.

`normalise` walks a value in AWS's order of checks, writes the canonical texts of numbers back into it and
returns its size. Afterwards the value may be stored, compared and answered as it is.
"""

import binascii
from collections.abc import Callable
from typing import Any, Final

from stator.base.errors import ApiError, serialization
from stator.base.limits import ATTRIBUTE_NAME_BYTES_MAX, NESTING_LEVELS_MAX
from stator.values import number
from stator.values.size import binary_size, number_size, text_size

AttributeValue = dict[str, Any]
Item = dict[str, AttributeValue]

_INVALID: Final = "One or more parameter values were invalid: "
EMPTY_VALUE: Final = "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes"
MULTIPLE: Final = (
    "Supplied AttributeValue has more than one datatypes set, "
    "must contain exactly one of the supported datatypes"
)
NULL_FALSE: Final = _INVALID + "Null attribute value types must have the value of true"
NESTING: Final = (
    "Nesting Levels have exceeded supported limits: "
    "Attributes in the item have nested levels beyond supported limit"
)
_EMPTY_NAME: Final = _INVALID + "An attribute name must not be empty"
_LONG_NAME: Final = (
    "1 validation error detected: "
    f"Attribute name is too large, must be less than {ATTRIBUTE_NAME_BYTES_MAX + 1} bytes"
)
_EMPTY_SETS: Final = {
    "SS": _INVALID + "An string set  may not be empty",
    "NS": _INVALID + "An number set  may not be empty",
    "BS": _INVALID + "Binary sets should not be empty",
}
_BASE64_LENGTH: Final = "Base64 encoded length is expected a multiple of 4 bytes but found: "
_BASE64_TRAILING: Final = "Invalid last non-pad Base64 character dectected"
_BASE64_ALPHABET: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")


class InvalidValue(ApiError):
    """A value that AWS refuses.

    `reason` is "empty", "multiple", "null", "set", "nesting" or "name"; operations wrap them differently.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__("ValidationException", message)
        self.reason = reason


def normalise(value: AttributeValue, depth: int = 1) -> int:
    """Check a value, make its texts canonical in place, and return its size in bytes.

    `depth` is the value's nesting level; a top-level attribute's is 1. Raises InvalidValue, ApiError
    (ValidationException for numbers, SerializationException for base64).
    """
    if len(value) != 1:
        _refuse_count(value, depth)
    for kind, content in value.items():
        return _NORMALISERS[kind](value, content, depth)
    raise AssertionError("unreachable")


def normalise_item(item: Item) -> int:
    """Check and normalise every attribute of an item; return the item's size in bytes, with names.

    Raises as `normalise`.
    """
    total = 0
    for name, value in item.items():
        size = len(name) if name.isascii() else text_size(name)
        if not 0 < size <= ATTRIBUTE_NAME_BYTES_MAX:
            raise _bad_name(name)
        total += size + normalise(value)
    return total


def check_nesting(value: AttributeValue, depth: int = 1) -> None:
    """Refuse a normalised value with too many levels, its own being `depth` (InvalidValue)."""
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    members = value.get("M")
    for element in value.get("L", ()) if members is None else members.values():
        check_nesting(element, depth + 1)


def _bad_name(name: str) -> InvalidValue:
    return InvalidValue("name", _LONG_NAME if name else _EMPTY_NAME)


def _refuse_count(value: AttributeValue, depth: int) -> None:
    if not value:
        raise InvalidValue("empty", EMPTY_VALUE)
    for kind, content in value.items():
        _NORMALISERS[kind](value, content, depth)
    raise InvalidValue("multiple", MULTIPLE)


def _string(_value: AttributeValue, content: str, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    return len(content) if content.isascii() else len(content.encode())


def _number(value: AttributeValue, content: str, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    canonical = number.normalise(content)
    value["N"] = canonical
    return number_size(canonical)


def _binary(_value: AttributeValue, content: str, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    check_base64(content)
    return binary_size(content)


def _boolean(_value: AttributeValue, _content: bool, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    return 1


def _null(_value: AttributeValue, content: bool, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    if content is not True:
        raise InvalidValue("null", NULL_FALSE)
    return 1


def _string_set(_value: AttributeValue, content: list[str], depth: int) -> int:
    _check_set("SS", content, depth)
    if len(set(content)) != len(content):
        raise InvalidValue("set", f"{_INVALID}Input collection [{', '.join(content)}] contains duplicates.")
    return sum(map(text_size, content))


def _number_set(value: AttributeValue, content: list[str], depth: int) -> int:
    _check_set("NS", content, depth)
    canonical = [number.normalise(text) for text in content]
    if len(set(canonical)) != len(canonical):
        raise InvalidValue("set", "Input collection contains duplicates")
    value["NS"] = canonical
    return sum(map(number_size, canonical))


def _binary_set(_value: AttributeValue, content: list[str], depth: int) -> int:
    _check_set("BS", content, depth)
    for text in content:
        check_base64(text)
    if len(set(content)) != len(content):
        raise InvalidValue(
            "set", f"{_INVALID}Input collection [{', '.join(content)}]of type BS contains duplicates."
        )
    return sum(map(binary_size, content))


def _check_set(kind: str, content: list[str], depth: int) -> None:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    if not content:
        raise InvalidValue("set", _EMPTY_SETS[kind])


def _list(_value: AttributeValue, content: list[AttributeValue], depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    total = 3 + len(content)
    for element in content:
        total += normalise(element, depth + 1)
    return total


def _map(_value: AttributeValue, content: Item, depth: int) -> int:
    if depth > NESTING_LEVELS_MAX:
        raise InvalidValue("nesting", NESTING)
    total = 3 + len(content)
    for name, member in content.items():
        size = text_size(name)
        if not 0 < size <= ATTRIBUTE_NAME_BYTES_MAX:
            raise _bad_name(name)
        total += size + normalise(member, depth + 1)
    return total


_NORMALISERS: Final[dict[str, Callable[[AttributeValue, Any, int], int]]] = {
    "S": _string,
    "N": _number,
    "B": _binary,
    "BOOL": _boolean,
    "NULL": _null,
    "SS": _string_set,
    "NS": _number_set,
    "BS": _binary_set,
    "L": _list,
    "M": _map,
}


def check_base64(text: str) -> None:
    """Refuse a text that is not the base64 of some bytes, in AWS's words (SerializationException)."""
    if len(text) % 4:
        raise serialization(f"{_BASE64_LENGTH}{len(text)}")
    try:
        decoded = binascii.a2b_base64(text, strict_mode=True) if text else b""
    except ValueError:
        # strict_mode is absent of a reason; find the character that AWS would name.
        wrong = next((c for c in text.rstrip("=") if c not in _BASE64_ALPHABET), "=")
        raise serialization(f"Invalid Base64 character: '{wrong}'") from None
    if text and binascii.b2a_base64(decoded, newline=False)[-4:] != text[-4:].encode():
        raise serialization(_BASE64_TRAILING)
