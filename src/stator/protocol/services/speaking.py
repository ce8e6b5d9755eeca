"""What a protocol has to do for the front: read a request, write a reply, tell an error."""

from typing import Any, Protocol

from stator.model.services.directory import Service
from stator.model.shapes import Shape
from stator.protocol.pipeline import ReadyReply
from stator.protocol.services.errors import Failure


class Speaker(Protocol):
    """A protocol."""

    def parse(self, body: bytes) -> Any:
        """The body, taken apart. Raises ApiError (SerializationException) if it cannot be read at all."""
        ...

    def operation(self, parsed: Any) -> str:
        """The operation that a body itself names; empty if that is not where it is named."""
        ...

    def read(self, shape: Shape, parsed: Any) -> dict[str, Any]:
        """The request, of the types of its shape. Raises ApiError (SerializationException)."""
        ...

    def reply(
        self, service: Service, operation: str, shape: Shape | None, result: Any, request_id: str
    ) -> ReadyReply:
        """The reply to a request that was carried out; `shape` is None if it has no result."""
        ...

    def failure(self, service: Service, failure: Failure, request_id: str) -> ReadyReply:
        """The reply that tells an error."""
        ...


def query_error(service: Service, failure: Failure) -> str:
    """The header line by which clients of JSON and CBOR learn the code of the forms."""
    return f"x-amzn-query-error: {failure.code};{failure.side}\r\n" if service.query_codes else ""


def told(service: Service, failure: Failure) -> dict[str, str]:
    """What JSON and CBOR tell of an error."""
    message = {} if failure.message is None else {failure.member: failure.message}
    return {"__type": _type(service, failure), **message}


def _type(service: Service, failure: Failure) -> str:
    """What `__type` says of an error."""
    if not service.package:
        return failure.name
    package = "com.amazon.coral.service" if failure.common else service.package
    return f"{package}#{failure.name}"
