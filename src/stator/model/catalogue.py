"""The service models as they are on disk: which operations and errors exist, and the shapes by name.

Owns reading `dynamodb.json` and `streams.json`, once and on first use: an ordinary request needs neither.
"""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final, Literal

import msgspec

Kind = Literal[
    "structure", "list", "map", "string", "integer", "long", "double", "boolean", "blob", "timestamp"
]

_FILES: Final = ("dynamodb.json", "streams.json")


class RawShape(msgspec.Struct, frozen=True, omit_defaults=True):
    """One shape of a service model, as botocore has it; `members` are in the model's order."""

    type: Kind
    members: dict[str, str] = {}
    required: tuple[str, ...] = ()
    member: str | None = None
    key: str | None = None
    value: str | None = None
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    exception: bool = False


class Operation(msgspec.Struct, frozen=True, omit_defaults=True):
    """One operation: the names of its input and output shapes (a few answer nothing) and of its errors.

    `discovery` is true where a client may ask DescribeEndpoints first. `service` is the prefix of
    `X-Amz-Target`; it is filled in when the model is read.
    """

    name: str
    input: str
    output: str | None = None
    errors: tuple[str, ...] = ()
    discovery: bool = False
    service: str = ""


class ServiceModel(msgspec.Struct, frozen=True):
    """A trimmed service model. `package` is the Java package in AWS's messages."""

    botocore: str
    target: str
    package: str
    operations: tuple[Operation, ...]
    shapes: dict[str, RawShape]


@cache
def services() -> tuple[ServiceModel, ...]:
    """The models of DynamoDB and of DynamoDB Streams."""
    folder = Path(__file__).parent
    return tuple(msgspec.json.decode((folder / name).read_bytes(), type=ServiceModel) for name in _FILES)


@cache
def operations() -> Mapping[str, Operation]:
    """Every operation of both services by its name; no name occurs in both."""
    return {
        operation.name: msgspec.structs.replace(operation, service=service.target)
        for service in services()
        for operation in service.operations
    }


@cache
def errors() -> frozenset[str]:
    """The names of the exceptions that the service models declare."""
    return frozenset(
        name for service in services() for name, shape in service.shapes.items() if shape.exception
    )
