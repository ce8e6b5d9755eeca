"""The blocks of the seed document that set the service up, run as they are written, in a copy of its folder.

Only what must differ does: ports, which are free ones here.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.programs import PATH, require_program

from ...seeds.blocks import blocks, require_documents
from ..process import GIVEN, ROOT, ServiceStarter
from .conftest import LAMP

pytestmark = pytest.mark.skipif(
    bool(GIVEN), reason="the document's table and keys are for a server of its own"
)

DOCUMENT = "002_87cf1d665674f1d0"
INSTALL, ENVIRONMENT, SET_UP, SET_UP_LOCAL, ENVIRONMENT_LOCAL, SET_UP_LOCAL_AGAIN, DEBUG = (
    1,
    2,
    6,
    7,
    10,
    11,
    13,
)
DATABASE = "http://localhost:8000"


def text(number: int) -> str:
    """A block of the document."""
    require_documents()
    (found,) = (each.text for each in blocks().values() if (each.document, each.number) == (DOCUMENT, number))
    return found


@pytest.fixture
def server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server without tables."""
    return start_server(memory=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The service's folder, in a copy of `services`."""
    shutil.copytree(ROOT / "services", tmp_path / "services", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "services" / "orders"


@pytest.fixture
def shell(tmp_path: Path) -> Callable[[str, Path], str]:
    """Runs a block in a directory; its output."""
    require_program("npm")

    def run(block: str, directory: Path) -> str:
        done = subprocess.run(
            ["sh", "-e", "-c", block],
            cwd=directory,
            env={"PATH": PATH, "HOME": str(tmp_path), "PYTHON": sys.executable},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return run


def write_environment(folder: Path, server: ServerProcess) -> None:
    """The `.env` of the document: with the endpoint, which the second block adds."""
    added = text(ENVIRONMENT_LOCAL).replace(DATABASE, server.url)
    assert server.url in added
    (folder / "api" / ".env").write_text(text(ENVIRONMENT) + added)


def tables(server: ServerProcess) -> Any:
    return server.client().list_tables()["TableNames"]


def test_the_set_up(folder: Path, server: ServerProcess, shell: Callable[[str, Path], str]) -> None:
    shell(text(INSTALL), folder)
    write_environment(folder, server)
    for block, directory in (
        (SET_UP, folder),
        (SET_UP_LOCAL, folder / "api" / "scripts"),
        (SET_UP_LOCAL_AGAIN, folder),
    ):
        assert tables(server) == []
        assert "Table orders is active." in shell(text(block), directory)
        assert tables(server) == ["orders"]
        server.client().delete_table(TableName="orders")


def test_the_environment(
    folder: Path, server: ServerProcess, shell: Callable[[str, Path], str], start_service: ServiceStarter
) -> None:
    write_environment(folder, server)
    shell(text(SET_UP_LOCAL), folder / "api" / "scripts")
    (line,) = text(DEBUG).split()
    assert line in text(ENVIRONMENT).split()
    service = start_service(
        "orders",
        PYTHONPATH=str(folder.parents[1]),
        **dict.fromkeys(
            (
                "AWS_REGION",
                "AWS_ACCESS_KEY_ID",
                "AWS_SECRET_ACCESS_KEY",
                "AWS_SESSION_TOKEN",
                "DYNAMODB_ENDPOINT",
                "LOG_LEVEL",
                "LOG_FORMAT",
            )
        ),
    )
    made = service.http.post("/orders", json=LAMP).json()
    (item,) = server.client().scan(TableName="orders")["Items"]
    assert item["id"] == {"S": made["id"]}
    assert "database: PutItem done" in service.log
    assert "your_secret_key_here" not in service.log
