"""Values of requests to other services, given the types of their shapes.

What comes is decoded JSON or CBOR; what goes is a tree with only the members that the model knows, without
nulls (but a null element of a list or map stays, for the rules to refuse), timestamps as seconds since the
epoch in floats, blobs as bytes. A value of another type is a SerializationException, in AWS's words.

The numbers' own checks are also for those who read numbers out of text.
"""

import base64
import binascii
import math
from collections.abc import Callable, Mapping
from typing import Any, Final

from stator.base.errors import ApiError, serialization
from stator.model.catalogue import Kind
from stator.model.shapes import Shape

_BITS: Final[Mapping[Kind, int]] = {"integer": 31, "long": 63}
# The years 1 to 9999, which is what calendars here can tell.
MOMENT_MIN: Final = -62_135_596_800.0
MOMENT_MAX: Final = 253_402_300_799.0
# JSON has no words for these, so they come as strings.
_NO_NUMBERS: Final = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

# Types as AWS's texts name them, with their article.
_WANTED: Final[Mapping[Kind, str]] = {
    "string": "a String",
    "integer": "an Integer",
    "long": "a Long",
    "double": "a Double",
    "boolean": "a Boolean",
    "timestamp": "a Timestamp",
    "blob": "a Blob",
}
_STARTS: Final[Mapping[Kind, str]] = {"structure": "structure", "map": "map", "list": "list"}


def typed(shape: Shape, value: Any) -> Any:
    """The value as `shape` wants it; `value` is not None. Raises ApiError (SerializationException)."""
    return _READERS[shape.kind](shape, value)


def whole(shape: Shape, number: int) -> int:
    """A whole number that the shape has room for."""
    if number.bit_length() > _BITS[shape.kind]:
        raise serialization(f"The number is too large for {_WANTED[shape.kind]}")
    return number


def moment(seconds: float) -> float:
    """Seconds since the epoch that a calendar can tell."""
    if MOMENT_MIN <= seconds <= MOMENT_MAX:
        return seconds
    raise serialization("The timestamp is out of range")


def _structure(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(shape, value)
    return {
        field.name: typed(field.shape, value[field.name])
        for field in shape.fields
        if value.get(field.name) is not None
    }


def _list(shape: Shape, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong(shape, value)
    member = shape.member
    return [None if element is None else typed(member, element) for element in value]


def _map(shape: Shape, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong(shape, value)
    assert shape.key is not None
    member = shape.member
    return {
        typed(shape.key, key): None if element is None else typed(member, element)
        for key, element in value.items()
    }


def _string(shape: Shape, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise _wrong(shape, value)


def _whole_number(shape: Shape, value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return whole(shape, value)
    raise _wrong(shape, value)


def _number(shape: Shape, value: Any) -> float:
    if isinstance(value, str) and value in _NO_NUMBERS:
        return _NO_NUMBERS[value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            return float(value)
        except OverflowError:
            raise serialization("The number is too large for a Double") from None
    raise _wrong(shape, value)


def _timestamp(shape: Shape, value: Any) -> float:
    if isinstance(value, str):
        raise _wrong(shape, value)
    return moment(_number(shape, value))


def _boolean(shape: Shape, value: Any) -> bool:
    if isinstance(value, bool):
        return value
    raise _wrong(shape, value)


def _blob(shape: Shape, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise _wrong(shape, value)
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        raise serialization("The blob is not in Base64") from None


_READERS: Final[Mapping[Kind, Callable[[Shape, Any], Any]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _whole_number,
    "long": _whole_number,
    "double": _number,
    "timestamp": _timestamp,
    "boolean": _boolean,
    "blob": _blob,
}


def _wrong(shape: Shape, value: Any) -> ApiError:
    """The error for a value of another type than the shape's."""
    if isinstance(value, dict):
        return serialization("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return serialization("Start of list found where not expected.")
    if shape.kind in _STARTS:
        return serialization(f"Expected {_STARTS[shape.kind]} or null")
    return serialization(f"{_token(value)} can not be converted to {_WANTED[shape.kind]}")


def _token(value: Any) -> str:
    """What a scalar is called in AWS's texts."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    if isinstance(value, float):
        return "DECIMAL_VALUE"
    return "BINARY_VALUE" if isinstance(value, bytes) else "STRING_VALUE"
