"""Answering a worker's own clients, who may have seen elsewhere what it has not seen yet.

Before each request the worker compares the board with what it saw last. Nearly always that is all.
"""

from collections.abc import Awaitable
from typing import Any

from stator.protocol.http import Request
from stator.protocol.pipeline import Pipeline
from stator.server.workers.board import Board


class Front:
    """What a listener asks. Whoever extends it says how to catch up, and sets `_seen` when it has."""

    def __init__(self, pipeline: Pipeline[Any], board: Board) -> None:
        self.finish = pipeline.finish
        self._handle = pipeline.handle
        self._board = board
        self._map = board.map
        self._watched = board.watched
        self._seen = b""

    def handle(self, request: Request) -> bytes | Awaitable[Any]:
        """The reply, or an awaitable whose outcome `finish` turns into the reply."""
        if self._map[self._watched] != self._seen:
            self.catch_up()
        return self._handle(request)

    def catch_up(self) -> None:
        """See what others have shown."""
        raise NotImplementedError
