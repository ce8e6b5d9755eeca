"""Cuts a client's stream of bytes into requests, and refuses what is too large or is not HTTP.

No sockets: bytes in, requests out. What was read whole before an error is handed out all the same. After a
refusal, and after a request that asked for the connection's end, nothing is read any more.
"""

from typing import Final

import httptools

from stator.base.limits import REQUEST_BODY_BYTES_MAX
from stator.protocol.http import HEAD_BYTES_MAX, HEADERS_MAX, TOO_LARGE, Request, refusal

BAD_REQUEST: Final = refusal(400)
HEAD_TOO_LARGE: Final = refusal(431)

_LENGTH_DIGITS: Final = len(str(REQUEST_BODY_BYTES_MAX))


class _Refused(Exception):
    """Leaves the parser from within one of its callbacks; `refusal` says with which reply."""


class RequestReader:
    """The requests of one connection.

    `partial`: a message has begun and is not complete. `ended`: nothing more is read; `refusal` then holds
    the connection's last reply, if it ended with an error. `awaits_continue`: the client sends the body only
    after it was told to. `peer` is the client's address.
    """

    __slots__ = (
        "_body",
        "_fed",
        "_headers",
        "_parser",
        "_ready",
        "_request",
        "_size",
        "_unread",
        "_url",
        "awaits_continue",
        "ended",
        "partial",
        "peer",
        "refusal",
    )

    def __init__(self) -> None:
        self.awaits_continue = False
        self.ended = False
        self.partial = False
        self.peer = ""
        self.refusal: bytes | None = None
        self._ready: list[Request] = []
        self._url = b""
        self._headers: dict[bytes, bytes] = {}
        self._request: Request | None = None  # from the end of the head to the end of the body
        self._body: list[bytes] = []
        self._size = 0  # of the body so far
        # Bytes since the parser last brought a message forward: what it may be hoarding (a head, a chunk's
        # extension, a trailer).
        self._unread = 0
        self._fed = 0  # bytes of the present `feed`
        self._parser = httptools.HttpRequestParser(self)

    def feed(self, data: bytes) -> list[Request]:
        """The requests that `data` completes."""
        ready = self._ready = []
        if self.ended:
            return ready
        self._fed = len(data)
        self._unread += self._fed
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # The request was read as any other, and what follows is in a protocol that we do not speak.
            self.ended = True
        except httptools.HttpParserError as error:
            self._fail(error)
        begun = self._url != b""
        if ready:
            self._unread = self._head_size() if begun and self._request is None else 0
        if self._unread > HEAD_BYTES_MAX and not self.ended:
            self.refuse(HEAD_TOO_LARGE)
        self.partial = begun or self._unread > 0
        return ready

    def refuse(self, reply: bytes) -> None:
        """Read nothing more; `reply` is the last."""
        self.ended = True
        self.refusal = reply

    def _fail(self, error: httptools.HttpParserError) -> None:
        if isinstance(error.__context__, _Refused) or self.ended:
            return  # Refused already; or these are bytes after the last request, which nobody asked for.
        if isinstance(error, httptools.HttpParserCallbackError):
            raise error  # A bug in this class.
        self.refuse(BAD_REQUEST)

    # What httptools calls.

    def on_url(self, part: bytes) -> None:
        """A part of the request target."""
        self._url += part

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field, or a trailer, which goes nowhere."""
        self._headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """The head is read."""
        headers = self._headers
        if len(headers) > HEADERS_MAX or (
            self._unread > HEAD_BYTES_MAX and self._head_size() > HEAD_BYTES_MAX
        ):
            self.refuse(HEAD_TOO_LARGE)
            raise _Refused
        length = headers.get(b"content-length", b"")
        if len(length) >= _LENGTH_DIGITS and int(length) > REQUEST_BODY_BYTES_MAX:
            self.refuse(TOO_LARGE)
            raise _Refused
        if b"expect" in headers and headers[b"expect"].lower() == b"100-continue":
            self.awaits_continue = self._parser.get_http_version() == "1.1"
        self._request = Request(self._parser.get_method(), self._url, headers, b"")
        self._headers = {}

    def on_body(self, part: bytes) -> None:
        """A part of the body."""
        self._unread = 0
        self.awaits_continue = False
        self._size += len(part)
        if self._size > REQUEST_BODY_BYTES_MAX:
            self._body.clear()
            self.refuse(TOO_LARGE)
            raise _Refused
        self._body.append(part)

    def on_message_complete(self) -> None:
        """The request is read."""
        request, body = self._request, self._body
        assert request is not None
        if body:
            request.body = body[0] if len(body) == 1 else b"".join(body)
            body.clear()
            self._size = 0
        request.peer = self.peer
        request.keep_alive = self._parser.should_keep_alive()
        self.ended = not request.keep_alive
        self._ready.append(request)
        self._request = None
        self._url = b""
        self._unread = self._fed  # Of what follows, in the same bytes, we know no better.
        self.awaits_continue = False
        if self._headers:
            self._headers = {}

    def _head_size(self) -> int:
        return len(self._url) + sum(len(name) + len(value) + 4 for name, value in self._headers.items())
