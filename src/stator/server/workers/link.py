"""A link between a reader and the writer: messages over a socket pair, many to a write.

What is sent in one iteration of the loop leaves in one piece. Each end has what it needs to go on without the
other: who holds it is told when it is lost.
"""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Final, cast

from stator.server.workers.messages import Message, decode, encoder

_LENGTH: Final = struct.Struct("<I")


Received = Callable[["Link", Message], None]
Told = Callable[["Link"], None]


class Link(asyncio.Protocol):
    """One end. `received` gets each message, `lost` is called once when the other end is gone."""

    def __init__(self, received: Received, lost: Told) -> None:
        self._received = received
        self._lost = lost
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._out = bytearray()
        self._parts: list[bytes] = []
        self._have = 0
        self._wanted = _LENGTH.size  # bytes that the next message takes, as far as is known

    @classmethod
    async def over(cls, end: socket.socket, received: Received, lost: Told) -> "Link":
        """A link over one end of a socket pair."""
        loop = asyncio.get_running_loop()
        _, link = await loop.create_unix_connection(lambda: cls(received, lost), sock=end)
        return link

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The link is there."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        """The other end is gone."""
        self._transport = None
        self._lost(self)

    def send(self, message: Message) -> None:
        """Send a message, if the other end is still there."""
        out = self._out
        if not out:
            self._loop.call_soon(self._flush)
        start = len(out)
        encoder.encode_into(message, out, start + _LENGTH.size)
        _LENGTH.pack_into(out, start, len(out) - start - _LENGTH.size)

    def close(self) -> None:
        """End it."""
        if self._transport is not None:
            self._transport.close()

    def _flush(self) -> None:
        out, self._out = self._out, bytearray()
        if self._transport is not None:
            self._transport.write(out)

    def data_received(self, data: bytes) -> None:
        """Bytes of the other end."""
        self._parts.append(data)
        self._have += len(data)
        if self._have < self._wanted:
            return
        data = self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)
        view = memoryview(data)
        start, end = 0, len(data)
        wanted = _LENGTH.size
        while end - start >= _LENGTH.size:
            wanted = _LENGTH.size + _LENGTH.unpack_from(data, start)[0]
            if end - start < wanted:
                break
            self._received(self, decode(view[start + _LENGTH.size : start + wanted]))
            start += wanted
            wanted = _LENGTH.size
        self._parts = [data[start:]] if start < end else []
        self._have = end - start
        self._wanted = wanted


class Links:
    """Makes links of ends of socket pairs; those that are being made are held until they are."""

    def __init__(self) -> None:
        self._making: set[asyncio.Task[None]] = set()

    def make(self, end: socket.socket, joined: Told, received: Received, lost: Told) -> None:
        """Make a link, and give it to `joined`."""
        task = asyncio.ensure_future(self._make(end, joined, received, lost))
        self._making.add(task)
        task.add_done_callback(self._making.discard)

    @staticmethod
    async def _make(end: socket.socket, joined: Told, received: Received, lost: Told) -> None:
        joined(await Link.over(end, received, lost))
