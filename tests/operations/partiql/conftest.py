"""Statements sent to a server in memory, and tables for them."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.api import Api, global_index, local_index
from harness.process import ServerProcess
from harness.wire import call

Run = Callable[..., Any]


@pytest.fixture(scope="session")
def api(server: ServerProcess) -> Iterator[Api]:
    """Requests to the worker's server."""
    with server.connect() as wire:
        yield Api(wire)


def request(statement: str, *parameters: Any, **more: Any) -> dict[str, Any]:
    """A statement as a request."""
    return {"Statement": statement, **({"Parameters": list(parameters)} if parameters else {}), **more}


@pytest.fixture(scope="session")
def send(server: ServerProcess) -> Iterator[Run]:
    """Sends a request: the JSON of the reply, whether it is refused or not."""
    with server.connect() as wire:
        yield lambda operation, request: wire.ask(call(operation, request)).json


@pytest.fixture(scope="session")
def run(api: Api) -> Run:
    """Runs a statement with its parameters: the reply."""
    return lambda statement, *parameters, **more: api(
        "ExecuteStatement", request(statement, *parameters, **more)
    )


@pytest.fixture(scope="session")
def items(run: Run) -> Run:
    """Runs a statement with its parameters: the Items of its reply."""
    return lambda statement, *parameters, **more: run(statement, *parameters, **more)["Items"]


@pytest.fixture(scope="session")
def refused(api: Api) -> Run:
    """Runs a statement with its parameters: the error's name and text."""
    return lambda statement, *parameters, **more: api.refusal(
        "ExecuteStatement", request(statement, *parameters, **more)
    )


@pytest.fixture
def plain(api: Api) -> str:
    """An empty table with a hash key `pk`."""
    return api.table("pk:S")


@pytest.fixture
def both(api: Api) -> str:
    """An empty table with both keys, and indexes of every kind."""
    return api.table(
        "pk:S sk:N",
        local_index("local", "pk l", "INCLUDE", "shown"),
        global_index("global", "g h", "KEYS_ONLY"),
        global_index("all", "g"),
        l="S",
        g="S",
        h="N",
    )
