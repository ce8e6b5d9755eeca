"""Clients that count: each writes the numbers 1, 2, 3, ..., one after the other is acknowledged."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from harness.process import ServerProcess, eventually
from harness.wire import Wire, call

CLIENTS = 4

ItemOf = Callable[[int, int], dict[str, Any]]
"""The item that a client (0, 1, ...) writes for a number."""


class Counting:
    """Clients that write to a table until they are told to stop; `acknowledged` is how far each has come."""

    def __init__(self, server: ServerProcess, table: str, item_of: ItemOf) -> None:
        self.acknowledged = [0] * CLIENTS
        self._table = table
        self._item_of = item_of
        self._refusals: list[bytes] = []
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._count, args=(server.connect(), number)) for number in range(CLIENTS)
        ]
        for thread in self._threads:
            thread.start()

    def _count(self, wire: Wire, client: int) -> None:
        with wire:
            while not self._stop.is_set():
                number = self.acknowledged[client] + 1
                request = {"TableName": self._table, "Item": self._item_of(client, number)}
                reply = wire.ask(call("PutItem", request))
                if reply.status != 200:
                    self._refusals.append(reply.body)
                    return
                self.acknowledged[client] = number

    def more(self, count: int) -> None:
        """Let each of them write that many times more."""
        wanted = [number + count for number in self.acknowledged]
        for _ in eventually():
            assert self._refusals == []
            if all(found >= least for found, least in zip(self.acknowledged, wanted, strict=True)):
                return

    def stop(self) -> None:
        """Have them stop; none was refused anything."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        assert self._refusals == []


@contextmanager
def counting(creation: dict[str, Any], item_of: ItemOf) -> Iterator[Callable[[ServerProcess], Counting]]:
    """Starts clients of a server, with a table that CreateTable makes for them; they stop at the end."""
    started: list[Counting] = []

    def start(server: ServerProcess) -> Counting:
        with server.connect() as wire:
            reply = wire.ask(call("CreateTable", creation))
        assert reply.status == 200, reply.body
        started.append(Counting(server, creation["TableName"], item_of))
        return started[-1]

    try:
        yield start
    finally:
        for clients in started:
            clients.stop()
