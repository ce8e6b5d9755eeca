"""Clients of a socket that all workers listen on.

One socket for all, unlike one each (SO_REUSEPORT): no connection waits in the queue of a worker that is gone.
Each wake-up takes one connection, and a worker that has clearly more than another waits a moment before it
takes the next, so that connections spread evenly whoever wakes up first.
"""

import asyncio
import logging
import socket
from collections.abc import Callable, Sequence
from typing import Final

from stator.server.config import Settings
from stator.server.connection import Answering, Connection
from stator.server.listener import Listener
from stator.server.workers.board import Board

_POLITE_SECONDS: Final = 0.001
_FEW: Final = 1  # connections more than the worker with the least, and one more for every so many:
_SHARE: Final = 8
_REFUSED_SECONDS: Final = 0.5  # until the next try, if the system lets no connection in

_log = logging.getLogger("stator.server")


class SharedListener(Listener):
    """The connections of one worker."""

    def __init__(
        self,
        pipeline: Answering,
        settings: Settings,
        sockets: Sequence[socket.socket],
        board: Board,
        number: int,
    ) -> None:
        super().__init__(pipeline, settings)
        self._sockets = sockets
        self._board = board
        self._number = number
        self._most = settings.max_connections
        self._shut = False
        self._arriving: set[asyncio.Task[None]] = set()

    async def open(self, connection: Callable[[], Connection]) -> int:
        """Let clients in."""
        self._connection = connection
        for listening in self._sockets:
            self._watch(listening)
        port: int = self._sockets[0].getsockname()[1]
        return port

    def shut(self) -> None:
        """Let no more clients in."""
        self._shut = True
        for listening in self._sockets:
            asyncio.get_running_loop().remove_reader(listening.fileno())
            listening.close()

    def joined(self, connection: Connection) -> bool:
        """Note a new connection; False if all workers together have no room for it."""
        super().joined(connection)
        self._count()
        return sum(self._board.connections()) <= self._most

    def left(self, connection: Connection) -> None:
        """Forget a connection that is closed and has no request under way."""
        super().left(connection)
        self._count()

    def _count(self) -> None:
        self._board.count_connections(self._number, len(self._connections))

    def _watch(self, listening: socket.socket) -> None:
        if not self._shut:
            asyncio.get_running_loop().add_reader(listening.fileno(), self._knock, listening)

    def _knock(self, listening: socket.socket) -> None:
        """Somebody waits; or did, before another worker was there."""
        least = min(self._board.connections())
        if len(self._connections) > least + _FEW + least // _SHARE:
            self._pause(listening, _POLITE_SECONDS, self._admit)
        else:
            self._admit(listening)

    def _pause(
        self, listening: socket.socket, seconds: float, then: Callable[[socket.socket], None] | None = None
    ) -> None:
        """Do not look for a while, then watch again."""
        loop = asyncio.get_running_loop()
        loop.remove_reader(listening.fileno())

        def resume() -> None:
            if self._shut:
                return
            self._watch(listening)
            if then is not None:
                then(listening)

        loop.call_later(seconds, resume)

    def _admit(self, listening: socket.socket) -> None:
        try:
            client, _ = listening.accept()
        except (BlockingIOError, InterruptedError, ConnectionAbortedError):
            return
        except OSError as error:
            _log.error("no connection can be let in: %s", error)
            self._pause(listening, _REFUSED_SECONDS)
            return
        client.setblocking(False)
        task = asyncio.ensure_future(self._arrive(client))
        self._arriving.add(task)
        task.add_done_callback(self._arriving.discard)

    async def _arrive(self, client: socket.socket) -> None:
        await asyncio.get_running_loop().connect_accepted_socket(self._connection, client)
