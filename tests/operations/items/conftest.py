"""Raw requests to a server in memory, and tables to send them to."""

from collections.abc import Iterator

import pytest

from harness.api import Api, global_index, local_index
from harness.process import ServerProcess


@pytest.fixture(scope="session")
def api(server: ServerProcess) -> Iterator[Api]:
    """Requests to the worker's server."""
    with server.connect() as wire:
        yield Api(wire)


@pytest.fixture(scope="session")
def things(api: Api) -> str:
    """A table with both keys and every kind of index, holding one item; tests of refusals share it."""
    name = api.table(
        "pk:S sk:N",
        local_index("local", "pk l", "INCLUDE", "shown"),
        global_index("keys", "g h", "KEYS_ONLY"),
        global_index("hashed", "g"),
        l="S",
        g="S",
        h="N",
    )
    api.put(name, {"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": "1"}, "m": {"M": {"x": {"S": "y"}}}})
    return name


@pytest.fixture(scope="session")
def plain(api: Api) -> str:
    """A table with a hash key only, holding nothing."""
    return api.table("pk:S")
