"""Items between Python and DynamoDB, without a digit lost.

A float becomes the shortest decimal that reads back as it (19.9, not 19.899999999999998578...). A number of
an item comes back as an int if it is whole and as a Decimal otherwise. In JSON a Decimal is a number.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

Item = dict[str, dict[str, Any]]

_serializer, _deserializer = TypeSerializer(), TypeDeserializer()


def serialize(values: Mapping[str, Any]) -> Item:
    """An item in DynamoDB's JSON. What is None at the top is left out."""
    return {name: serialize_value(value) for name, value in values.items() if value is not None}


def serialize_value(value: Any) -> dict[str, Any]:
    """One attribute value in DynamoDB's JSON."""
    typed: dict[str, Any] = _serializer.serialize(_exact(value))
    return typed


def deserialize(item: Mapping[str, Any]) -> dict[str, Any]:
    """The Python values of an item."""
    return {name: _native(_deserializer.deserialize(value)) for name, value in item.items()}


def plain(number: Decimal | int) -> int | float:
    """A number as JSON writes it: an int if it is whole, a float otherwise."""
    return int(number) if number == int(number) else float(number)


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        raise ValueError("must be a number")
    return value


# A decimal in a model of a request or reply, which is a number in JSON, and never a text.
JsonNumber = Annotated[
    Decimal,
    BeforeValidator(_number),
    PlainSerializer(plain, when_used="json"),
    WithJsonSchema({"type": "number"}),
]


def _exact(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _exact(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_exact(inner) for inner in value]
    return value


def _native(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else value
    if isinstance(value, dict):
        return {name: _native(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_native(inner) for inner in value]
    if isinstance(value, set):
        return {_native(inner) for inner in value}
    return bytes(value) if hasattr(value, "value") else value
