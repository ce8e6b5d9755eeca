"""Fixtures for tests that need a server."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.local import LocalServer
from harness.process import ServerProcess


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., ServerProcess]]:
    """Starts server processes, each in a directory of its own, and ends them after the test.

    `start_server(memory=True)`, `start_server(clock=1_700_000_000.0, lifecycle_delay=5)`; see ServerProcess.
    """
    servers: list[ServerProcess] = []

    def start(**settings: Any) -> ServerProcess:
        directory = tmp_path / f"server-{len(servers)}"
        directory.mkdir()
        server = ServerProcess(directory, **settings)
        servers.append(server)
        return server.start()

    yield start
    for server in servers:
        server.close()
    assert [server.log for server in servers if "Traceback" in server.log] == []


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server in memory, for all tests of a worker; a test uses tables with names of its own."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), memory=True)
    try:
        yield process.start()
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Any:
    """A boto3 client of that server."""
    return server.client()


@pytest.fixture
def local_server() -> Iterator[Callable[..., LocalServer]]:
    """Starts servers on threads, with operations that the test controls; see LocalServer."""
    servers: list[LocalServer] = []

    def start(**settings: Any) -> LocalServer:
        servers.append(LocalServer(**settings))
        return servers[-1]

    yield start
    for server in servers:
        server.close()
