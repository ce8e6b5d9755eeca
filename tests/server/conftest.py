"""Sockets behave alike on both event loops."""

import asyncio
from collections.abc import Callable
from functools import partial

import pytest
import uvloop

from harness.local import LocalServer


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def local_server(
    local_server: Callable[..., LocalServer], request: pytest.FixtureRequest
) -> Callable[..., LocalServer]:
    """The fixture of that name, on each loop."""
    return partial(local_server, new_loop=request.param)
