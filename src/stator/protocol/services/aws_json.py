"""AWS JSON 1.0 and 1.1: objects in, objects out; the two differ in their content type."""

import base64
import math
from typing import Any

import msgspec

from stator.base.errors import serialization
from stator.model.catalogue import Kind
from stator.model.services.directory import Service
from stator.model.services.values import typed
from stator.model.shapes import Shape
from stator.protocol.pipeline import ReadyReply
from stator.protocol.services.errors import Failure
from stator.protocol.services.results import shown
from stator.protocol.services.speaking import query_error, told

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder().decode


class AwsJson:
    """The protocol."""

    def parse(self, body: bytes) -> Any:
        """The object; none at all is an empty one."""
        try:
            value = _decode(body) if body else {}
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise serialization() from None
        if not isinstance(value, dict):
            raise serialization()
        return value

    def operation(self, parsed: Any) -> str:
        """Named by the target."""
        return ""

    def read(self, shape: Shape, parsed: Any) -> dict[str, Any]:
        """The request."""
        request: dict[str, Any] = typed(shape, parsed)
        return request

    def reply(
        self, service: Service, operation: str, shape: Shape | None, result: Any, request_id: str
    ) -> ReadyReply:
        """The result; an operation without one answers an empty object."""
        body = {} if shape is None else shown(shape, result, _leaf)
        return ReadyReply(200, _encode(body), _content_type(service), request_id)

    def failure(self, service: Service, failure: Failure, request_id: str) -> ReadyReply:
        """The error."""
        fields = query_error(service, failure)
        return ReadyReply(
            failure.status, _encode(told(service, failure)), _content_type(service), request_id, fields
        )


def _content_type(service: Service) -> str:
    return f"application/x-amz-json-{service.json}"


def _leaf(kind: Kind, value: Any) -> Any:
    if kind == "blob":
        return base64.b64encode(value).decode()
    if kind == "double" and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
