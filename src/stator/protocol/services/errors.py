"""Errors of every layer, as the other services tell them.

A modelled error has its code and status from the service's model. The common ones, of signatures and of what
cannot be read, have a name of their own in forms. What is the server's fault is the service's own error for
that, with status 500, and logged with the request's id.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from stator.base.errors import ApiError
from stator.model.services.catalogue import service_model
from stator.model.services.directory import Service
from stator.operations.services import ServiceError
from stator.protocol import json10


@dataclass(frozen=True, slots=True)
class Failure:
    """An error: its shape's name, the code that forms know it by, statuses, and its text.

    `form_status` is the HTTP status in forms, `status` elsewhere; `member` holds the text in JSON. `common`
    errors are of no service's own.
    """

    name: str
    code: str
    status: int
    form_status: int
    message: str | None
    member: str = "message"
    common: bool = False

    @property
    def side(self) -> str:
        """Whose fault it is."""
        return "Receiver" if self.status >= 500 else "Sender"


# Errors that every service has: code and status in forms. Source: "Common error types" of the API references.
_COMMON: Final[Mapping[str, tuple[str, int]]] = {
    "SerializationException": ("MalformedInput", 400),
    "UnknownOperationException": ("InvalidAction", 400),
    "MissingActionException": ("MissingAction", 400),
    "ValidationException": ("ValidationError", 400),
    "MissingAuthenticationTokenException": ("MissingAuthenticationToken", 403),
    "IncompleteSignatureException": ("IncompleteSignature", 403),
    "InvalidSignatureException": ("SignatureDoesNotMatch", 403),
    "RequestEntityTooLargeException": ("RequestEntityTooLarge", 413),
}
_TOO_LARGE: Final = 413


def too_large() -> ApiError:
    """A body that is longer than allowed, once unpacked."""
    return ApiError("RequestEntityTooLargeException", "Request size exceeded the maximum allowed size.")


def failure_of(service: Service, error: BaseException, request_id: str) -> Failure:
    """What a client of `service` is told of an error."""
    if isinstance(error, ServiceError):
        return _named(service, error.shape, error.message, error.status)
    if not isinstance(error, ApiError):
        error = json10.internal(error, request_id)
    if error.status >= 500:
        facts = service_model(service.name).errors.get(service.fault)
        code, member = (facts.code, facts.text) if facts else (service.fault, "message")
        return Failure(service.fault, code, error.status, error.status, error.message, member)
    status = _TOO_LARGE if error.name == "RequestEntityTooLargeException" else error.status
    return _named(service, error.name, error.message, status)


def _named(service: Service, name: str, message: str | None, status: int) -> Failure:
    facts = service_model(service.name).errors.get(name)
    if facts is not None:
        return Failure(name, facts.code, facts.status, facts.status, message, facts.text)
    code, form_status = _COMMON.get(name, (name, status))
    return Failure(name, code, status, form_status, message, common=name in _COMMON)
