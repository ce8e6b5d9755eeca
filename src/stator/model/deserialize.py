"""From JSON values to the types of the model, as AWS's deserialiser does it.

`deserialize` returns a tree with only the members that the model knows, without nulls, and with AWS's
coercions made (2.7 is 2 for an integer, "yes" is true for a boolean). A wrong JSON type is a
SerializationException whose text depends on the type wanted, the type given and the place; these texts are
tables here.

A null element of a list or map stays, for the constraints to refuse; a null attribute value is an empty one.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, Literal

from stator.base.errors import ApiError, serialization
from stator.model.catalogue import Kind
from stator.model.shapes import ATTRIBUTE_VALUE, Shape

Place = Literal["field", "element"]

_CONTAINERS: Final = frozenset({"structure", "list", "map"})

_UNEXPECTED_OBJECT: Final = "Start of structure or map found where not expected"
_UNEXPECTED_FIELD: Final = "Unexpected field type"
_NOT_A_CLASS: Final = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to "
    "class java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class "
    "are in module java.base of loader 'bootstrap')"
)

# A scalar where a container is wanted.
_SCALAR_FOR_CONTAINER: Final[Mapping[tuple[Kind, Place], str]] = {
    ("structure", "field"): _UNEXPECTED_FIELD,
    ("list", "field"): _UNEXPECTED_FIELD,
    ("map", "field"): _UNEXPECTED_FIELD,
    ("structure", "element"): "Unexpected value type in payload",
    ("list", "element"): _NOT_A_CLASS,
    ("map", "element"): _NOT_A_CLASS,
}

# The names of the scalar types in "... cannot be converted to ...".
_JAVA_NAMES: Final[Mapping[Kind, str]] = {
    "string": "String",
    "integer": "Integer",
    "long": "Long",
    "double": "Double",
    "boolean": "Boolean",
    "timestamp": "Date",
}

# The strings that are taken for a boolean, whatever their case.
_BOOLEANS: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}

_BASE64: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
# The last characters before the padding whose unused bits are zero, by the number of `=`.
_BASE64_LAST: Final = {1: frozenset("AEIMQUYcgkosw048"), 2: frozenset("AQgw")}


def deserialize(shape: Shape, value: Any, place: Place = "field") -> Any:
    """The value as `shape` wants it; `value` is decoded JSON and not None.

    Raises ApiError (SerializationException) for a JSON type that cannot be converted.
    """
    return _READERS[shape.kind](shape, value, place)


def _structure(shape: Shape, value: Any, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_container(shape, value, place)
    known = [field for field in shape.fields if value.get(field.name) is not None]
    # AWS finds an error inside a nested structure before one in a scalar beside it.
    known.sort(key=lambda field: field.shape.kind not in _CONTAINERS)
    read = {field.name: deserialize(field.shape, value[field.name]) for field in known}
    return {name: read[name] for name in value if name in read}


def _list(shape: Shape, value: Any, place: Place) -> list[Any]:
    if not isinstance(value, list):
        raise _wrong_container(shape, value, place)
    member = shape.member
    return [_element(member, element) for element in value]


def _map(shape: Shape, value: Any, place: Place) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _wrong_container(shape, value, place)
    member = shape.member
    return {name: _element(member, element) for name, element in value.items()}


def _element(shape: Shape, value: Any) -> Any:
    if value is None:
        return {} if shape.name == ATTRIBUTE_VALUE else None
    return deserialize(shape, value, "element")


def _string(shape: Shape, value: Any, place: Place) -> str:
    if isinstance(value, str):
        return value
    raise _wrong_scalar(shape, value)


def _whole_number(shape: Shape, value: Any, place: Place) -> int:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return int(value)
    raise _wrong_scalar(shape, value)


def _number(shape: Shape, value: Any, place: Place) -> float:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return float(value)
    raise _wrong_scalar(shape, value)


def _boolean(shape: Shape, value: Any, place: Place) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        if value.lower() in _BOOLEANS:
            return _BOOLEANS[value.lower()]
        raise serialization("Unexpected token received from parser")
    raise _wrong_scalar(shape, value)


def _blob(shape: Shape, value: Any, place: Place) -> str:
    if isinstance(value, str):
        _check_base64(value)
        return value
    if isinstance(value, (list, dict)):
        raise _wrong_scalar(shape, value)
    raise serialization("only base-64-encoded strings are convertible to bytes")


_READERS: Final[Mapping[Kind, Callable[[Shape, Any, Place], Any]]] = {
    "structure": _structure,
    "list": _list,
    "map": _map,
    "string": _string,
    "integer": _whole_number,
    "long": _whole_number,
    "double": _number,
    "timestamp": _number,
    "boolean": _boolean,
    "blob": _blob,
}


def _wrong_container(shape: Shape, value: Any, place: Place) -> ApiError:
    """The error for a value that is not the list or object wanted."""
    if isinstance(value, dict):
        return serialization(_UNEXPECTED_OBJECT)
    if isinstance(value, list):
        # Only a structure is a class; a map is a parametrised type.
        prefix = "class " if shape.kind == "structure" else ""
        return serialization(f"Unrecognized collection type {prefix}{shape.java}")
    return serialization(_SCALAR_FOR_CONTAINER[shape.kind, place])


def _wrong_scalar(shape: Shape, value: Any) -> ApiError:
    """The error for a value that is not the scalar wanted."""
    if isinstance(value, dict):
        return serialization(_UNEXPECTED_OBJECT)
    if isinstance(value, list):
        return serialization(f"Unrecognized collection type class {shape.java}")
    return serialization(f"{_token(value)} cannot be converted to {_JAVA_NAMES[shape.kind]}")


def _token(value: str | float) -> str:
    """The name of a scalar's JSON token in AWS's texts."""
    if isinstance(value, bool):
        return "TRUE_VALUE" if value else "FALSE_VALUE"
    if isinstance(value, int):
        return "NUMBER_VALUE"
    return "DECIMAL_VALUE" if isinstance(value, float) else "STRING_VALUE"


def _check_base64(text: str) -> None:
    """Refuses what is not standard base64 with its padding and with zeros as unused bits."""
    length = len(text.encode())
    if length % 4:
        raise serialization(f"Base64 encoded length is expected a multiple of 4 bytes but found: {length}")
    padding = 2 if text.endswith("==") else 1 if text.endswith("=") else 0
    digits = text[: len(text) - padding]
    for character in digits:
        if character not in _BASE64:
            raise serialization(f"Invalid Base64 character: '{character}'")
    if padding and digits[-1] not in _BASE64_LAST[padding]:
        raise serialization("Invalid last non-pad Base64 character dectected")
