"""The document's own programs and the service, on the same table: what one writes, the other reads."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.javascript import PRELOADS, run_script
from harness.programs import Terminal

from ...seeds.blocks import Block, blocks, require_documents
from ..process import GIVEN, ServiceProcess

pytestmark = pytest.mark.skipif(
    bool(GIVEN), reason="the programs' user1 may be somebody's at a given endpoint"
)

DOCUMENT = "004_802273bd70e3453e"
USER = {"id": "user1", "name": "Test User", "email": "test@example.com"}
CHANGES = {"name": "From Python", "email": "python@example.com"}


@pytest.fixture
def block() -> Callable[[int], str]:
    """The text of a block of the document, by its number."""
    require_documents()
    found: dict[int, Block] = {
        block.number: block for block in blocks().values() if block.document == DOCUMENT
    }
    return lambda number: found[number].text


@pytest.fixture
def terminal(users_endpoint: str, tmp_path: Path) -> Terminal:
    """Where the programs run."""
    return Terminal(users_endpoint, tmp_path)


@pytest.fixture
def seen(users: ServiceProcess) -> Callable[[], Any]:
    """What the service has of the document's user; None if it has none."""

    def get() -> Any:
        reply = users.http.get("/users/user1")
        return reply.json() if reply.status_code == 200 else None

    users.http.delete("/users/user1")
    return get


def test_the_commands(
    block: Callable[[int], str], terminal: Terminal, users: ServiceProcess, seen: Callable[[], Any]
) -> None:
    def run(number: int) -> Any:
        return terminal.run("sh", "-e", "-c", block(number)).json

    assert run(2)["Table"]["TableName"] == "koneksi-staging-users"
    run(3)
    assert seen() == USER
    assert run(4)["Item"] == {name: {"S": value} for name, value in USER.items()}
    run(5)
    assert seen() == USER | {"name": "Updated Name"}
    users.http.patch("/users/user1", json={"name": "From the service"})
    assert run(4)["Item"]["name"] == {"S": "From the service"}
    run(6)
    assert seen() is None


@pytest.mark.parametrize("sdk", list(PRELOADS))
def test_the_program_of_node(
    block: Callable[[int], str],
    terminal: Terminal,
    users: ServiceProcess,
    seen: Callable[[], Any],
    sdk: str,
) -> None:
    def run(then: str) -> Any:
        program = (
            f"{block(7)}\n;(async () => {{ process.stdout.write(JSON.stringify(await {then}) ?? '') }})()"
            ".catch((error) => { console.error(error); process.exitCode = 1 })"
        )
        return run_script(terminal, text=program, sdk=sdk).json

    run("putItem()")
    assert seen() == USER
    users.http.patch("/users/user1", json={"email": "service@example.com"})
    assert run("getItem('user1')")["Item"] == USER | {"email": "service@example.com"}
    run("updateItem('user1', { name: 'From Node', email: 'node@example.com' })")
    assert seen() == USER | {"name": "From Node", "email": "node@example.com"}
    run("deleteItem('user1')")
    assert seen() is None


def test_the_program_in_python(
    block: Callable[[int], str],
    terminal: Terminal,
    users: ServiceProcess,
    seen: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in terminal.environment.items():
        monkeypatch.setenv(name, value)
    program: dict[str, Any] = {}
    exec(compile(block(8), f"{DOCUMENT}-8", "exec"), program)
    try:
        program["put_item"]()
        assert seen() == USER
        users.http.patch("/users/user1", json={"name": "From the service"})
        assert program["get_item"]("user1")["Item"] == USER | {"name": "From the service"}
        program["update_item"]("user1", CHANGES)
        assert seen() == USER | CHANGES
        program["delete_item"]("user1")
        assert seen() is None
    finally:
        program["dynamodb"].meta.client.close()
        boto3.DEFAULT_SESSION = None
