"""Many connections to one server, so that every worker of it has some."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import msgspec

from harness.api import Api
from harness.process import ServerProcess
from harness.wire import Reply, Wire, call

PER_WORKER = 4
STREAMS = "DynamoDBStreams_20120810"


class Crowd:
    """Connections, asked in turn or all together."""

    def __init__(self, wires: list[Wire]) -> None:
        self.wires = wires
        self.apis = [Api(wire) for wire in wires]
        self._turn = 0

    def __call__(self, operation: str, request: dict[str, Any]) -> Any:
        """The reply to a request that succeeds, over the next connection."""
        self._turn += 1
        return self.apis[self._turn % len(self.apis)](operation, request)

    def all(self, data: bytes) -> list[Reply]:
        """The replies to one request over each connection, all of them under way at the same time."""
        for wire in self.wires:
            wire.send(data)
        return [wire.reply() for wire in self.wires]

    def same(self, operation: str, request: Any, **headers: str | None) -> Reply:
        """The reply to one request over each connection, which is the same from all."""
        replies = self.all(call(operation, request, **headers))
        different = {(reply.status, reply.body[:1_000]) for reply in replies}
        assert len(different) == 1, different
        return replies[0]

    def of_stream(self, operation: str, request: Any, member: str) -> Any:
        """A member of the replies to a request to DynamoDB Streams, the same over each connection."""
        replies = self.all(call(operation, request, x_amz_target=f"{STREAMS}.{operation}"))
        found: list[Any] = [msgspec.json.decode(reply.body)[member] for reply in replies]
        assert all(each == found[0] for each in found)
        return found[0]


@contextmanager
def crowd(server: ServerProcess, workers: int) -> Iterator[Crowd]:
    """Enough connections for each of some workers."""
    wires = [server.connect() for _ in range(PER_WORKER * workers)]
    try:
        yield Crowd(wires)
    finally:
        for wire in wires:
            wire.close()


def in_threads(*bodies: Callable[[], None]) -> None:
    """Run bodies at the same time; fails as the first that fails."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(len(bodies)) as pool:
        for future in [pool.submit(body) for body in bodies]:
            future.result()
