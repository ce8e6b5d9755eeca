"""One client connection: bytes in, requests to the pipeline in their order, replies out.

Its invariants:
- Replies leave in the order of their requests. At most one request is under way; those read meanwhile wait
  in `_waiting`, and nothing more is read until they are answered or while the client does not take replies.
- A request that was begun is finished, also if its client is gone: it may be a write.
- A refusal (of what cannot be read on) is sent in its turn and is the last.
- A connection that ends while its client may still be sending lingers: what comes is thrown away, because a
  socket that is closed with unread bytes resets the connection, and the last replies are lost with it.

    idle ──bytes──> receiving ──request──> answering ──reply──> idle
                        └── the last one, or a refusal ──> [lingering] ──> closed

Deadlines are counted in the server's ticks; it sweeps over its connections, so no request needs a timer.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable
from typing import Any, Final, NamedTuple, Protocol, cast

from stator.protocol.http import CONTINUE, Request, refusal
from stator.protocol.reader import RequestReader

_TURN_REQUESTS_MAX: Final = 16  # answered in one go before other connections have their turn
_OUT_BYTES_MAX: Final = 64 * 1024  # of replies gathered for one write

TIMED_OUT: Final = refusal(408)
BUSY: Final = refusal(503)


class Answering(Protocol):
    """What answers requests (`protocol.pipeline.Pipeline`)."""

    def handle(self, request: Request) -> bytes | Awaitable[Any]:
        """The reply, or an awaitable whose outcome `finish` turns into the reply."""
        ...

    def finish(self, request: Request, outcome: "asyncio.Future[Any]") -> bytes:
        """The reply."""
        ...


class Deadlines(NamedTuple):
    """For how long a connection may be as it is, in ticks."""

    idle: int
    receiving: int  # a request, or the client's taking of replies
    lingering: int


class Host(Protocol):
    """What a connection knows of its server."""

    tick: int

    def joined(self, connection: "Connection") -> bool:
        """Note a new connection; False if there is no room for it."""
        ...

    def left(self, connection: "Connection") -> None:
        """Forget a connection that is closed and has no request under way."""
        ...


class Connection(asyncio.Protocol):
    """The server's side of one connection."""

    __slots__ = (
        "_answering",
        "_eof",
        "_host",
        "_lingering",
        "_loop",
        "_out",
        "_out_bytes",
        "_pipeline",
        "_pipelining",
        "_reader",
        "_reading_paused",
        "_since",
        "_stopping",
        "_task",
        "_transport",
        "_turn_due",
        "_unsent",
        "_waiting",
        "_writing_paused",
    )

    def __init__(self, host: Host, pipeline: Answering, loop: asyncio.AbstractEventLoop) -> None:
        self._host = host
        self._pipeline = pipeline
        self._loop = loop
        self._transport: asyncio.Transport | None = None  # None: not yet, or no longer open
        self._reader = RequestReader()
        self._waiting: deque[Request] = deque()
        self._answering: Request | None = None
        self._task: asyncio.Future[Any] | None = None  # keeps what answers it alive
        self._out: list[bytes] = []
        self._out_bytes = 0
        self._turn_due = False  # `_take_turn` is scheduled
        self._reading_paused = False
        self._pipelining = False  # the client sends requests without waiting for replies
        self._writing_paused = False
        self._unsent = 0  # bytes that the client had not taken at the last sweep
        self._eof = False
        self._stopping = False
        self._lingering = False
        self._since = host.tick  # when it became what it is

    # What the transport calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client is here."""
        self._transport = cast(asyncio.Transport, transport)
        address = transport.get_extra_info("peername")
        if isinstance(address, tuple):
            self._reader.peer = address[0]
        if not self._host.joined(self):
            self._reader.refuse(BUSY)
            self._advance()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client is gone; what it asked and was not begun is forgotten."""
        self._transport = None
        self._waiting.clear()
        if self._answering is None:
            self._host.left(self)

    def data_received(self, data: bytes) -> None:
        """Bytes of the client."""
        reader = self._reader
        if not reader.partial:
            self._since = self._host.tick
        requests = reader.feed(data)
        if requests and self._stopping:
            requests[-1].keep_alive = False
            reader.ended = True
        self._waiting += requests
        if not self._turn_due:
            self._advance()

    def eof_received(self) -> bool:
        """The client sends no more. It may still read, so requests under way are answered."""
        self._eof = True
        return self._transport is not None and self._busy()

    def pause_writing(self) -> None:
        """The client does not take its replies."""
        self._writing_paused = True
        self._since = self._host.tick

    def resume_writing(self) -> None:
        """The client took its replies."""
        self._writing_paused = False
        self._since = self._host.tick
        self._schedule_turn()

    # What the server calls.

    def stop(self) -> None:
        """Close as soon as every request that has begun to arrive is answered."""
        self._stopping = True
        last = self._waiting[-1] if self._waiting else self._answering
        if last is not None:
            last.keep_alive = False
            self._reader.ended = True
        elif self._transport is not None and not self._reader.partial:
            self._transport.close()

    def abort(self) -> None:
        """Close now."""
        if self._transport is not None:
            self._transport.abort()

    def sweep(self, deadlines: Deadlines) -> None:
        """Close if the present state has lasted too long."""
        if self._transport is None:
            return
        age = self._host.tick - self._since
        if self._lingering:
            if age > deadlines.lingering:
                self._transport.abort()
        elif self._writing_paused:
            self._sweep_stalled(age > deadlines.receiving)
        elif self._busy():
            pass
        elif self._reader.partial:
            if age > deadlines.receiving:
                self._reader.refuse(TIMED_OUT)
                self._advance()
        elif age > deadlines.idle:
            # A closing transport still waits for a client that takes nothing.
            unsent = self._transport.get_write_buffer_size()
            (self._transport.abort if unsent else self._transport.close)()

    def _sweep_stalled(self, overdue: bool) -> None:
        assert self._transport is not None
        unsent = self._transport.get_write_buffer_size()
        if unsent < self._unsent:
            self._since = self._host.tick  # Slow, but taking.
        elif overdue:
            self._transport.abort()
        self._unsent = unsent

    # Answering.

    def _busy(self) -> bool:
        return self._answering is not None or bool(self._waiting)

    def _schedule_turn(self) -> None:
        if not self._turn_due:
            self._turn_due = True
            self._loop.call_soon(self._take_turn)

    def _take_turn(self) -> None:
        self._turn_due = False
        self._advance()

    def _advance(self) -> None:
        """Answer what waits, until a reply must be awaited, the client is slow, or the turn is over."""
        waiting = self._waiting
        turn = 0
        while waiting and self._answering is None and not self._writing_paused:
            if turn == _TURN_REQUESTS_MAX:
                self._schedule_turn()
                break
            turn += 1
            request = waiting.popleft()
            reply = self._pipeline.handle(request)
            if type(reply) is bytes:
                self._send(request, reply)
            else:
                self._await(request, reply)  # type: ignore[arg-type]
        if self._transport is not None:
            self._settle(self._transport)

    def _await(self, request: Request, reply: Awaitable[Any]) -> None:
        task = asyncio.ensure_future(reply, loop=self._loop)  # A Future stays what it is.
        self._answering = request
        self._task = task
        task.add_done_callback(self._answered)

    def _answered(self, task: "asyncio.Future[Any]") -> None:
        request = self._answering
        assert request is not None
        self._answering = self._task = None
        reply = self._pipeline.finish(request, task)
        if self._transport is None:
            self._host.left(self)
        else:
            self._send(request, reply)
            self._advance()

    def _send(self, request: Request, reply: bytes) -> None:
        self._out.append(reply)
        self._out_bytes += len(reply)
        self._since = self._host.tick
        if not request.keep_alive:
            self._waiting.clear()
            self._reader.ended = True
        if self._out_bytes > _OUT_BYTES_MAX:
            self._flush()

    def _flush(self) -> None:
        out = self._out
        if out:
            assert self._transport is not None
            self._transport.write(out[0] if len(out) == 1 else b"".join(out))
            out.clear()
            self._out_bytes = 0

    def _settle(self, transport: asyncio.Transport) -> None:
        """Send what is ready, and go where the state of things leads."""
        self._flush()
        waits = bool(self._waiting)
        if waits is not self._reading_paused:
            self._reading_paused = waits
            self._pipelining = True
            (transport.pause_reading if waits else transport.resume_reading)()
        if waits or self._answering is not None:
            return
        reader = self._reader
        if reader.ended or self._eof:
            self._end(transport)
        elif reader.awaits_continue:
            reader.awaits_continue = False
            transport.write(CONTINUE)

    def _end(self, transport: asyncio.Transport) -> None:
        """Nothing more will be answered."""
        if self._lingering:
            return
        last = self._reader.refusal
        if last is not None:
            transport.write(last)
        if self._eof or (last is None and not self._pipelining):
            transport.close()
        else:
            self._lingering = True
            self._since = self._host.tick
            transport.write_eof()
