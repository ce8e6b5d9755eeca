"""Connections that are kept busy: a request each at a time, sent when a schedule says so.

Sockets block, and are only read when there is something to read. Time is in nanoseconds of a clock that
only goes forward. A latency counts from the intended time: in an open loop, that may be
before a connection is free.
"""

import re
import select
import selectors
import socket
import time
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlsplit

from benchmarks.load.sources import Request, Source
from benchmarks.wrk.run import LoadFailed

_LENGTH: Final = b"\r\nContent-Length: "
_ANY_LENGTH: Final = re.compile(rb"(?i)\r\ncontent-length: *(\d+)")
_CLOSE: Final = re.compile(rb"(?i)^HTTP/1\.0|\r\nconnection: *close")
_RECEIVE_BYTES: Final = 1 << 18
_PATIENCE: Final = 30_000_000_000
_IDLE_SECONDS: Final = 1.0

Clock = time.perf_counter_ns


class Schedule(Protocol):
    """When requests are sent."""

    def take(self, now: int) -> int | None:
        """The intended time of a request that is due; None if none is."""
        ...

    def wait(self, now: int) -> float:
        """Seconds until the next may be due."""
        ...

    def over(self, now: int) -> bool:
        """Whether no other request will be due."""
        ...


class Closed:
    """As soon as a connection is free, until the end."""

    def __init__(self, start: int, seconds: float) -> None:
        self._end = start + int(seconds * 1e9)

    def take(self, now: int) -> int | None:
        return now if now < self._end else None

    def wait(self, now: int) -> float:
        return _IDLE_SECONDS

    def over(self, now: int) -> bool:
        return now >= self._end


class Open:
    """At a fixed rate, evenly spaced, whatever the answers do."""

    def __init__(self, start: int, seconds: float, rate: float) -> None:
        self._start, self._gap = start, 1e9 / rate
        self._left = max(int(seconds * rate), 1)
        self._sent = 0
        self._next = start

    def take(self, now: int) -> int | None:
        if self._next > now or not self._left:
            return None
        intended = self._next
        self._left -= 1
        self._sent += 1
        self._next = self._start + int(self._sent * self._gap)
        return intended

    def wait(self, now: int) -> float:
        return (self._next - now) / 1e9 if self._left else _IDLE_SECONDS

    def over(self, now: int) -> bool:
        return not self._left


class Wire:
    """A connection, and the request that it waits for the reply to."""

    __slots__ = ("closing", "intended", "place", "received", "request", "socket")

    def __init__(self, place: tuple[str, int]) -> None:
        self.place = place
        self.socket = self._connect()
        self.request: Request | None = None
        self.intended = 0
        self.received = b""
        self.closing = False

    def _connect(self) -> socket.socket:
        wire = socket.create_connection(self.place)
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return wire

    def reconnect(self) -> None:
        """Take the place of a connection that the server closes after its reply."""
        self.socket.close()
        self.socket = self._connect()
        self.closing = False

    def receive(self) -> bytes | None:
        """Take what has come: the body of the reply, once it is whole. Raises LoadFailed."""
        data = self.socket.recv(_RECEIVE_BYTES)
        if not data:
            raise LoadFailed("the server closed a connection instead of answering")
        if self.received:
            data = self.received + data
        head = data.find(b"\r\n\r\n")
        if head >= 0:
            body = head + 4
            if len(data) >= body + _length(data, head):
                if data[9:12] != b"200":
                    raise LoadFailed(f"a reply other than 200: {data[:500]!r}")
                self.received = b""
                self.closing = _closes(data[:head])
                return data[body:]
        self.received = data
        return None


def _length(data: bytes, head: int) -> int:
    """The length of the body. Raises LoadFailed if the head does not tell it."""
    found = data.find(_LENGTH, 0, head)
    if found >= 0:  # Most servers write it like this, and a search that minds no case is slow.
        start = found + len(_LENGTH)
        return int(data[start : data.find(b"\r", start)])
    other = _ANY_LENGTH.search(data, 0, head)
    if other is None:
        raise LoadFailed(f"a reply without a length: {data[:200]!r}")
    return int(other[1])


def _closes(head: bytes) -> bool:
    """Whether the server closes the connection after this reply."""
    return (b"lose" in head or head[5:8] == b"1.0") and _CLOSE.search(head) is not None


class Measured(NamedTuple):
    """Latencies by kind, the bytes of bodies, and from the first sending to the last reply; nanoseconds.

    `late` is how much later than intended requests were sent although a connection was free: what of the
    latencies is the generator's own.
    """

    latencies: dict[str, list[int]]
    late: list[int]
    body_bytes: int
    nanoseconds: int


class Driver:
    """So many connections to an endpoint, and what is asked over them."""

    def __init__(self, url: str, connections: int, source: Source) -> None:
        address = urlsplit(url)
        place = (address.hostname or "", address.port or 80)
        self._source = source
        self._selector = selectors.DefaultSelector()
        self._free = [Wire(place) for _ in range(connections)]
        for wire in self._free:
            self._selector.register(wire.socket, selectors.EVENT_READ, wire)
        self._connections = connections
        self._latencies: dict[str, list[int]] = {}
        self._late: list[int] = []
        self._was_free = True
        self._body_bytes = 0
        self._exhausted = False

    def run(self, schedule: Schedule) -> Measured:
        """Send all that is due and await all replies. Raises LoadFailed, WrongData."""
        started = last = Clock()
        while True:
            now = Clock()
            self._send_due(schedule, now)
            over = self._exhausted or schedule.over(now)
            if over and len(self._free) == self._connections:
                return Measured(self._latencies, self._late, self._body_bytes, last - started)
            if now - last > _PATIENCE:
                raise LoadFailed(f"no reply for {_PATIENCE / 1e9:.0f} s")
            for key, _ in self._ready(schedule.wait(now) if self._free and not over else _IDLE_SECONDS):
                last = self._receive(key.data) or last

    def close(self) -> None:
        """Close all connections."""
        for key in list(self._selector.get_map().values()):
            key.data.socket.close()
        self._selector.close()

    def _ready(self, seconds: float) -> list[tuple[selectors.SelectorKey, int]]:
        """Connections with something to read, at the latest in so many seconds.

        A selector rounds its timeout up to milliseconds; `select.select` does not.
        """
        if seconds <= 0:
            return self._selector.select(0)
        if seconds < _IDLE_SECONDS:
            poller: Any = self._selector
            select.select([poller.fileno()], [], [], seconds)
            return self._selector.select(0)
        return self._selector.select(seconds)

    def _send_due(self, schedule: Schedule, now: int) -> None:
        waited_for_time = self._was_free  # and not for a connection
        while self._free and not self._exhausted and (intended := schedule.take(now)) is not None:
            request = self._source.next()
            if request is None:
                self._exhausted = True
                return
            wire = self._free.pop()
            wire.intended = intended
            if waited_for_time:
                self._late.append(now - intended)
            self._send(wire, request)
        self._was_free = bool(self._free)

    def _send(self, wire: Wire, request: Request) -> None:
        wire.request = request
        wire.socket.sendall(request.message)

    def _receive(self, wire: Wire) -> int | None:
        """The time at which a reply was whole, if it is."""
        body = wire.receive()
        if body is None:
            return None
        now = Clock()
        request = wire.request
        assert request is not None, "the server speaks unasked"
        if wire.closing:
            self._selector.unregister(wire.socket)
            wire.reconnect()
            self._selector.register(wire.socket, selectors.EVENT_READ, wire)
        self._body_bytes += len(body)
        following = self._source.reply(request, body)
        if following is not None:  # The latency is that of both.
            self._send(wire, following)
            return now
        self._latencies.setdefault(request.kind, []).append(now - wire.intended)
        wire.request = None
        self._free.append(wire)
        return now
