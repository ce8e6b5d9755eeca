"""A server on a clock that the tests move, in memory; tables with streams, and how to read them.

A test uses tables of its own. It may move time on: what others need, they make afterwards.
"""

from collections.abc import Callable, Iterator

import pytest

from harness.process import ServerProcess
from harness.streamed import Streamed, new_table

START = 1_700_000_000.0


@pytest.fixture(scope="session")
def timed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """The server; it is checked when all tests are done."""
    process = ServerProcess(tmp_path_factory.mktemp("timed"), clock=START)
    try:
        yield process.start()
        assert "Traceback" not in process.log
        process.check()
    finally:
        process.close()


@pytest.fixture
def streamed(timed: ServerProcess) -> Callable[..., Streamed]:
    """Makes tables; see `new_table`."""
    return lambda *arguments, **members: new_table(timed, *arguments, **members)
