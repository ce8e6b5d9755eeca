"""The bench on which seed blocks run."""

from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from harness.process import ServerProcess
from harness.programs import Terminal

from .bench import Bench

# Before they are imported: an assertion that fails in a run then shows its values, as one in a test does.
pytest.register_assert_rewrite(
    *(f"{__package__}.{path.stem}" for path in Path(__file__).parent.glob("runs_*.py"))
)


@pytest.fixture(scope="module")
def disk_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server that keeps its data in a directory."""
    server = ServerProcess(tmp_path_factory.mktemp("seeds"))
    try:
        yield server.start()
        assert "Traceback" not in server.log
    finally:
        server.close()


@pytest.fixture
def bench(disk_server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A bench on that server, without tables. Python in this process has the terminal's environment too."""
    terminal = Terminal(disk_server.url, tmp_path)
    for name, value in terminal.environment.items():
        monkeypatch.setenv(name, value)
    client, resource = boto3.client("dynamodb"), boto3.resource("dynamodb")
    bench = Bench(terminal, client, resource)
    bench.clear()
    yield bench
    client.close()
    resource.meta.client.close()
