"""AWS JSON 1.0: results and errors as reply bodies. The one place that turns an error into a reply.

Three families arrive here: `ApiError` is told as AWS tells it; `StorageError` says what happened, as an
InternalServerError that clients retry; anything else is a bug, which the client learns nothing about and the
log everything.
"""

import logging
from typing import Final, NamedTuple

import msgspec

from stator.base.errors import (
    ApiError,
    StorageClosed,
    StorageConflict,
    StorageCorrupt,
    StorageError,
    StorageFull,
    serialization,
)

encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder().decode
_log = logging.getLogger("stator.protocol")

# The first row whose class fits gives the text.
_STORAGE_TEXTS: Final[tuple[tuple[type[StorageError], str], ...]] = (
    (StorageFull, "The disk of the server is full. The write was not made."),
    (StorageConflict, "The request met another one too often. It was not carried out; try again."),
    (StorageCorrupt, "The server read data that it did not write. See the server's log."),
    (StorageClosed, "The server is stopping."),
    (StorageError, "The storage of the server failed. See the server's log."),
)


class Failure(NamedTuple):
    """An error as a reply: HTTP status and body."""

    status: int
    body: bytes


def failure(error: BaseException, request_id: str) -> Failure:
    """What a client is told of an error."""
    if not isinstance(error, ApiError):
        error = internal(error, request_id)
    return Failure(error.status, encode(error.body()))


def internal(error: BaseException, request_id: str) -> ApiError:
    """What a client is told of a storage error or a bug, which are logged with the reply's request id."""
    if isinstance(error, StorageError):
        _log.error("storage error: %s: %s", type(error).__name__, error, extra={"request_id": request_id})
        text = next(text for kind, text in _STORAGE_TEXTS if isinstance(error, kind))
    else:
        _log.error("bug", exc_info=error, extra={"request_id": request_id})
        text = "Internal server error"
    return ApiError("InternalServerError", text)


def check_object(body: bytes) -> None:
    """Refuse a body that is not one JSON object, as AWS does before it looks at anything else."""
    try:
        value = _decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise serialization() from None
    except RecursionError:  # Too deep to tell; the operation's decoder will.
        value = {} if body.lstrip().startswith(b"{") else None
    if type(value) is not dict:
        raise serialization()


def error_name(body: bytes) -> str | None:
    """AWS's name for the error that a reply tells; None if it tells none."""
    try:
        kind = _decode(body)["__type"]
    except (msgspec.DecodeError, UnicodeDecodeError, LookupError, TypeError):
        return None
    return str(kind).rpartition("#")[2]
