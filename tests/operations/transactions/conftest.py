"""A server of its own for tests of transactions: its time stands still until a test moves it."""

from collections.abc import Iterator

import pytest

from harness.api import Api, global_index, local_index
from harness.process import ServerProcess

START = 1_700_000_000.0


@pytest.fixture(scope="session")
def timed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server in memory whose clock the tests move."""
    process = ServerProcess(tmp_path_factory.mktemp("transactions"), memory=True, clock=START)
    try:
        yield process.start()
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture(scope="session")
def api(timed_server: ServerProcess) -> Iterator[Api]:
    """Raw requests to it."""
    with timed_server.connect() as wire:
        yield Api(wire)


@pytest.fixture
def plain(api: Api) -> str:
    """An empty table with a hash key `pk`."""
    return api.table("pk:S")


@pytest.fixture
def indexed(api: Api) -> str:
    """An empty table with both keys, a local index on `l` and a global one on `g`."""
    return api.table(
        "pk:S sk:N", local_index("local", "pk l"), global_index("global", "g", "KEYS_ONLY"), l="S", g="S"
    )
