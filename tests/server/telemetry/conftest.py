"""Connections to every worker of a server."""

import re
from collections.abc import Callable, Iterator

import pytest

from harness.process import ServerProcess, eventually
from harness.wire import Wire, message

PAGE = message("GET", "/metrics", {"host": "stator"})
_CONNECTIONS = re.compile(rb'^stator_connections\{process="\d+"\} (\d+)$', re.MULTILINE)


@pytest.fixture
def connect_to_all() -> Iterator[Callable[[ServerProcess], list[Wire]]]:
    """Opens connections to a server until each of its workers has one: the system chooses who takes them."""
    wires: list[Wire] = []

    def connect(server: ServerProcess) -> list[Wire]:
        for _ in eventually():
            wires.append(server.connect())
            counts = [int(count) for count in _CONNECTIONS.findall(wires[-1].ask(PAGE).body)]
            if len(wires) >= 2 * len(counts) and min(counts) > 0:
                return wires
        raise AssertionError

    yield connect
    for wire in wires:
        wire.close()
