"""HTTP messages: a request that was read whole, and the bytes of a reply.

A reply is head and body in one piece, since it is written to the socket at once. The head's fixed part is
built once a second (its Date changes) per status, content type and kind of connection.

Source: docs/protocol.md, "Response headers", "404 answers", "CORS".
"""

import time
import zlib
from collections.abc import Mapping
from typing import Any, Final, Protocol

from stator.base.clock import Clock
from stator.protocol.compression import GZIP_BYTES_MIN, accepts_gzip, gzip

JSON_10: Final = "application/x-amz-json-1.0"
JSON: Final = "application/json"
TEXT: Final = "text/plain"

HEAD_BYTES_MAX: Final = 32 * 1024  # of a request's header fields, names and values together
HEADERS_MAX: Final = 200

_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    403: "Forbidden",
    404: "Not Found",
    408: "Request Timeout",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    429: "Too Many Requests",
    431: "Request Header Fields Too Large",
    500: "Internal Server Error",
    503: "Service Unavailable",
}

# Names that a script in a browser may read besides the usual ones.
_CORS_FIELDS: Final = (
    "Access-Control-Allow-Origin: *\r\n"
    "Access-Control-Expose-Headers: x-amzn-RequestId,x-amzn-ErrorType,x-amzn-ErrorMessage,Date\r\n"
)

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class IdSource(Protocol):
    """A source of request ids."""

    def next(self) -> str:
        """A new request id."""
        ...


class Request:
    """A request that was read whole.

    Header names are in lower case; of a repeated field the last is kept. A value may end in white space.
    `peer` is the client's address, empty if it has none. `work` is what the pipeline notes of it while it is
    being carried out.
    """

    __slots__ = ("body", "headers", "keep_alive", "method", "peer", "url", "work")

    def __init__(
        self,
        method: bytes,
        url: bytes,
        headers: dict[bytes, bytes],
        body: bytes = b"",
        keep_alive: bool = True,
        peer: str = "",
    ) -> None:
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.keep_alive = keep_alive
        self.peer = peer
        self.work: Any = None


class ReplyWriter:
    """Writes replies: status, the fields that every reply has, and the body."""

    __slots__ = ("_clock", "_ids", "_prefixes", "_second")

    def __init__(self, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self._second = -1
        self._prefixes: dict[tuple[int, str | None, bool], str] = {}

    def request_id(self) -> str:
        """A new id, for a reply whose id is needed before it is written."""
        return self._ids.next()

    def write(
        self,
        request: Request,
        status: int,
        body: bytes,
        content_type: str | None,
        fields: str = "",
        request_id: str | None = None,
        second: int = 0,
    ) -> bytes:
        """The bytes of a reply to `request`.

        `fields` are further header lines, each ending in CR LF. `second` is the clock's, 0 if it is to be
        read. The body is compressed if it is long and the
        client asked for that; the checksum is of the bytes on the wire.
        """
        headers = request.headers
        if len(body) >= GZIP_BYTES_MIN and accepts_gzip(headers.get(b"accept-encoding", b"")):
            body = gzip(body)
            fields += "Content-Encoding: gzip\r\n"
        if b"origin" in headers:
            fields += _CORS_FIELDS
        second = second or int(self._clock.now())
        if second != self._second:
            self._prefixes.clear()
            self._second = second
        key = (status, content_type, request.keep_alive)
        prefix = self._prefixes.get(key) or self._prefix(key)
        head = (
            f"{prefix}{request_id or self._ids.next()}\r\nx-amz-crc32: {zlib.crc32(body)}\r\n"
            f"Content-Length: {len(body)}\r\n{fields}\r\n"
        ).encode("latin-1")
        return head if request.method == b"HEAD" else head + body

    def _prefix(self, key: tuple[int, str | None, bool]) -> str:
        status, content_type, keep_alive = key
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            "Server: Server",
            f"Date: {http_date(self._second)}",
            f"Connection: {'keep-alive' if keep_alive else 'close'}",
        ]
        if content_type is not None:
            lines.append(f"Content-Type: {content_type}")
        prefix = "\r\n".join(lines) + "\r\nx-amzn-RequestId: "
        self._prefixes[key] = prefix
        return prefix


def http_date(seconds: float) -> str:
    """A moment (seconds since the epoch) in the form of the Date field, independent of the locale."""
    moment = time.gmtime(seconds)
    return (
        f"{_DAYS[moment.tm_wday]}, {moment.tm_mday:02d} {_MONTHS[moment.tm_mon - 1]} {moment.tm_year:04d} "
        f"{moment.tm_hour:02d}:{moment.tm_min:02d}:{moment.tm_sec:02d} GMT"
    )


def preflight_fields(headers: Mapping[bytes, bytes]) -> str:
    """What a script in a browser is told that asks whether it may send a request."""
    fields = "Access-Control-Max-Age: 172800\r\n"
    for asked, told in (
        (b"access-control-request-headers", "Access-Control-Allow-Headers"),
        (b"access-control-request-method", "Access-Control-Allow-Methods"),
    ):
        if asked in headers:
            fields += f"{told}: {headers[asked].decode('latin-1')}\r\n"
    return fields


def refusal(status: int) -> bytes:
    """The reply to a message that cannot be read on: no body, and the connection ends with it."""
    return (
        f"HTTP/1.1 {status} {_REASONS[status]}\r\n"
        "Server: Server\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
    ).encode()


# AWS sends this one chunked and without its usual fields; so it looks the same from here.
TOO_LARGE: Final = (
    b"HTTP/1.1 413 Request Entity Too Large\r\n"
    b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
)
CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
