"""Listens, keeps the connections, sweeps over them once a tick, and brings them to an end.

A tick is a second, or shorter where a deadline is (in tests). Deadlines are for real sockets, so they follow
the loop's time and not the clock that is handed in.
"""

import asyncio
import math
from collections.abc import Callable
from typing import Final

from stator.server.config import Settings
from stator.server.connection import Answering, Connection, Deadlines

BACKLOG: Final = 1024
_TICK_SECONDS_MAX: Final = 1.0
_TICKS_MIN: Final = 4  # in the shortest deadline
_LINGER_SECONDS: Final = 2.0


class Listener:
    """The sockets of one server process."""

    def __init__(self, pipeline: Answering, settings: Settings) -> None:
        self.tick = 0
        self._pipeline = pipeline
        self._settings = settings
        self._connections: set[Connection] = set()
        self._left = asyncio.Event()
        self._server: asyncio.Server | None = None
        self._timer: asyncio.TimerHandle | None = None
        shortest = min(settings.keep_alive_timeout, settings.request_timeout)
        self._tick_seconds = min(_TICK_SECONDS_MAX, shortest / _TICKS_MIN)
        self._deadlines = Deadlines(
            idle=self._ticks(settings.keep_alive_timeout),
            receiving=self._ticks(settings.request_timeout),
            lingering=self._ticks(_LINGER_SECONDS),
        )

    @property
    def connections(self) -> int:
        """How many there are."""
        return len(self._connections)

    async def start(self) -> int:
        """Listen. The port, which matters if any would do. Raises OSError."""
        loop = asyncio.get_running_loop()
        port = await self.open(lambda: Connection(self, self._pipeline, loop))
        self._timer = loop.call_later(self._tick_seconds, self._sweep)
        return port

    async def open(self, connection: Callable[[], Connection]) -> int:
        """Let clients in, each to a `connection`. The port. Raises OSError."""
        self._server = await asyncio.get_running_loop().create_server(
            connection, self._settings.host, self._settings.port, backlog=BACKLOG
        )
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def shut(self) -> None:
        """Let no more clients in."""
        assert self._server is not None
        self._server.close()

    async def stop(self) -> None:
        """Listen no more, let requests under way finish for as long as the settings allow, close all."""
        self.shut()
        for connection in tuple(self._connections):
            connection.stop()
        try:
            async with asyncio.timeout(self._settings.stop_timeout):
                await self._emptied()
        except TimeoutError:
            for connection in tuple(self._connections):
                connection.abort()
        if self._timer is not None:
            self._timer.cancel()

    async def _emptied(self) -> None:
        while self._connections:
            self._left.clear()
            await self._left.wait()

    # What connections call.

    def joined(self, connection: Connection) -> bool:
        """Note a new connection; False if there is no room for it."""
        self._connections.add(connection)
        return len(self._connections) <= self._settings.max_connections

    def left(self, connection: Connection) -> None:
        """Forget a connection that is closed and has no request under way."""
        self._connections.discard(connection)
        self._left.set()

    def _ticks(self, seconds: float) -> int:
        return math.ceil(seconds / self._tick_seconds)

    def _sweep(self) -> None:
        self.tick += 1
        for connection in tuple(self._connections):
            connection.sweep(self._deadlines)
        self._timer = asyncio.get_running_loop().call_later(self._tick_seconds, self._sweep)
