"""The two families of errors that callers may expect; anything else is a bug.

`ApiError` is an answer to a client: AWS's name for the error, its text, and extra members. `StorageError`
says that the store could not do what it was asked. One place, `stator.protocol.json10`, turns both (and
bugs) into replies.
"""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple


class ErrorKind(NamedTuple):
    """How AWS puts one error on the wire.

    `prefix` stands before `#` in `__type`; `member` is the name of the text's member; `status` is HTTP's.
    """

    prefix: str
    member: str
    status: int


_CORAL: Final = "com.amazon.coral.service"
_DYNAMODB: Final = "com.amazonaws.dynamodb.v20120810"

# Every exception of the service model is a `com.amazonaws.dynamodb.v20120810` error with `message` and
# status 400, unless this table says otherwise. Evidence: replies of AWS as listed in docs/protocol.md.
_MODELLED: Final = ErrorKind(_DYNAMODB, "message", 400)
_KINDS: Final[Mapping[str, ErrorKind]] = {
    "SerializationException": ErrorKind(_CORAL, "Message", 400),
    "UnknownOperationException": ErrorKind(_CORAL, "message", 400),
    "MissingAuthenticationTokenException": ErrorKind(_CORAL, "message", 400),
    "IncompleteSignatureException": ErrorKind(_CORAL, "message", 400),
    "InvalidSignatureException": ErrorKind(_CORAL, "message", 400),
    "UnrecognizedClientException": ErrorKind(_CORAL, "message", 400),
    "AccessDeniedException": ErrorKind(_CORAL, "Message", 400),
    "ExpiredTokenException": ErrorKind(_CORAL, "message", 400),
    "InternalFailure": ErrorKind(_CORAL, "message", 500),
    "ServiceUnavailable": ErrorKind(_CORAL, "message", 503),
    "ValidationException": ErrorKind("com.amazon.coral.validate", "message", 400),
    "ThrottlingException": ErrorKind("com.amazon.coral.availability", "message", 400),
    "InternalServerError": ErrorKind(_DYNAMODB, "message", 500),
    "TransactionCanceledException": ErrorKind(_DYNAMODB, "Message", 400),
    "TransactionInProgressException": ErrorKind(_DYNAMODB, "Message", 400),
    "IdempotentParameterMismatchException": ErrorKind(_DYNAMODB, "Message", 400),
}


class ApiError(Exception):
    """An error reply: AWS's `name`, its `message` (None for none) and extra members of the body."""

    def __init__(self, name: str, message: str | None, fields: Mapping[str, Any] | None = None) -> None:
        super().__init__(name, message)
        self.name = name
        self.message = message
        self.fields = fields

    @property
    def kind(self) -> ErrorKind:
        """How this error is put on the wire."""
        return _KINDS.get(self.name, _MODELLED)

    @property
    def status(self) -> int:
        """The HTTP status of the reply."""
        return self.kind.status

    def body(self) -> dict[str, Any]:
        """The reply's JSON object."""
        kind = self.kind
        body: dict[str, Any] = {"__type": f"{kind.prefix}#{self.name}"}
        if self.message is not None:
            body[kind.member] = self.message
        if self.fields:
            body.update(self.fields)
        return body


def validation(message: str) -> ApiError:
    """A ValidationException with AWS's text."""
    return ApiError("ValidationException", message)


def invalid_parameter(detail: str) -> ApiError:
    """A ValidationException whose text opens as most of AWS's do."""
    return ApiError("ValidationException", "One or more parameter values were invalid: " + detail)


def serialization(message: str | None = None) -> ApiError:
    """A SerializationException; without a text when the body is not JSON at all."""
    return ApiError("SerializationException", message)


class StorageError(Exception):
    """The store could not do what it was asked; nothing of the request was kept."""


class StorageFull(StorageError):
    """The disk is full; the write was undone."""


class StorageConflict(StorageError):
    """Two transactions met; the body may be run again."""


class StorageCorrupt(StorageError):
    """What the store read is not what it wrote."""


class StorageClosed(StorageError):
    """The store is closed, or closing."""


class NotHere(Exception):
    """This process cannot do what was asked, and another one of the same server can."""
