"""The life of a server process: what it says, how it stops, and why it would not start."""

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.process import COMMAND, ServerProcess, environment, run
from harness.wire import call
from stator import __version__
from stator.base.build import FORM

Start = Callable[..., ServerProcess]

KEY = {"AttributeName": "k", "KeyType": "HASH"}


def create_table(client: Any) -> None:
    client.create_table(
        TableName="table",
        KeySchema=[KEY],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )


def put(number: int) -> bytes:
    return call("PutItem", {"TableName": "table", "Item": {"k": {"N": str(number)}}})


def keys(client: Any) -> set[int]:
    return {int(item["k"]["N"]) for item in client.scan(TableName="table")["Items"]}


def test_it_says_where_it_is_and_what_it_does_not_do(start_server: Start) -> None:
    server = start_server()
    assert server.ready_line == (
        f"Stator {__version__} is ready at http://127.0.0.1:{server.port} (data in {server.data}). "
        "All regions and access keys see the same tables; "
        "signatures and policies are not checked, files are not encrypted.\n"
    )
    server = start_server(memory=True)
    assert server.ready_line == (
        f"Stator {__version__} is ready at http://127.0.0.1:{server.port} "
        "(data in memory, lost when it stops). All regions and access keys see the same tables; "
        "signatures and policies are not checked.\n"
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_when_told(start_server: Start, number: signal.Signals) -> None:
    server = start_server(memory=True)
    with server.connect() as idle:
        assert idle.ask(call("ListTables")).status == 200
        server.signal(number)
        assert idle.rest() == b""
    assert server.wait() == 0
    assert server.log == ""


def test_a_stop_loses_no_write_that_was_answered(start_server: Start) -> None:
    """Nor does it carry one out that it does not answer."""
    server = start_server()
    create_table(server.client())
    wires = [server.connect() for _ in range(8)]
    for number, wire in enumerate(wires):
        wire.ask(put(1000 + number))  # The server knows them all.
        wire.send(b"".join(put(number * 20 + n) for n in range(20)))
    server.signal(signal.SIGTERM)
    answered = {1000 + number for number in range(len(wires))}
    for number, wire in enumerate(wires):
        rest = wire.rest()
        answered |= {number * 20 + n for n in range(rest.count(b"HTTP/1.1 200 OK\r\n"))}
        wire.close()
    assert server.wait() == 0
    assert server.log == ""
    assert keys(server.start().client()) == answered


def test_a_kill_loses_no_write_that_was_answered(start_server: Start) -> None:
    server = start_server()
    client = server.client()
    create_table(client)
    for number in range(10):
        client.put_item(TableName="table", Item={"k": {"N": str(number)}})
    server.kill()
    server.start()
    assert keys(client) == set(range(10))
    checked = server.command("check", str(server.data))
    assert (checked.returncode, checked.stderr) == (0, "")
    assert "1 tables, 10 items" in checked.stdout


def test_a_test_can_move_its_time(start_server: Start) -> None:
    server = start_server(memory=True, clock=1_700_000_000.0)
    with server.connect() as wire:
        assert wire.ask(call("ListTables")).headers["date"] == "Tue, 14 Nov 2023 22:13:20 GMT"
        server.clock.advance(86_400)
        assert wire.ask(call("ListTables")).headers["date"] == "Wed, 15 Nov 2023 22:13:20 GMT"


def refused(completed: "subprocess.CompletedProcess[str]", status: int) -> str:
    """Why a command ended, in one line."""
    assert completed.stdout == ""
    assert completed.returncode == status
    assert completed.stderr.count("\n") == 1
    assert completed.stderr.startswith("stator: ")
    return completed.stderr.removeprefix("stator: ").strip()


def test_a_port_in_use(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        completed = run("serve", "--memory", "--port", str(port), directory=tmp_path)
    assert refused(completed, 1).startswith(f"cannot listen on 127.0.0.1:{port}: ")


def test_a_host_that_is_not_here(tmp_path: Path) -> None:
    completed = run("serve", "--memory", "--host", "192.0.2.1", directory=tmp_path)
    assert refused(completed, 1).startswith("cannot listen on 192.0.2.1:8000: ")


def test_a_directory_in_use(start_server: Start) -> None:
    server = start_server()
    completed = server.command("serve", "--port", "0", "--data", str(server.data))
    assert refused(completed, 1) == f"{server.data} is in use by another server, process {server.pid}."


@pytest.mark.parametrize("below", ["", "/data"])
def test_a_directory_that_cannot_be(tmp_path: Path, below: str) -> None:
    (tmp_path / "file").touch()
    completed = run("serve", "--port", "0", "--data", f"file{below}", directory=tmp_path)
    assert refused(completed, 1).startswith(f"{tmp_path}/file{below} cannot be used: ")


def test_a_clock_that_is_not_there(tmp_path: Path) -> None:
    completed = run("serve", "--port", "0", "--memory", "--test-clock", "none", directory=tmp_path)
    assert refused(completed, 1).startswith("the test clock none cannot be used: ")


def test_a_setting_that_will_not_do(tmp_path: Path) -> None:
    told = "--port must be a whole number from 0 to 65535, not 'x'."
    assert refused(run("serve", "--port", "x", directory=tmp_path), 2) == told
    told = "STATOR_PORT must be a whole number from 0 to 65535, not 'y'."
    assert refused(run("serve", directory=tmp_path, STATOR_PORT="y"), 2) == told


def test_settings_reach_the_server(start_server: Start) -> None:
    server = start_server(memory=True, region="eu-north-1", auth_headers="strict")
    with server.connect() as wire:
        wire.send(b"GET / HTTP/1.1\r\n\r\n")
        assert wire.reply().body == b"healthy: dynamodb.eu-north-1.amazonaws.com "
        assert wire.ask(call("ListTables")).error[0] == "InvalidSignatureException"


def test_what_others_may_reach_is_warned_of(start_server: Start) -> None:
    server = start_server(memory=True, host="0.0.0.0")
    assert server.log == (
        "stator: warning: 0.0.0.0 can be reached from other machines, "
        "and whoever reaches it can read and change everything.\n"
    )


def test_a_variable_that_is_no_setting_is_warned_of(tmp_path: Path) -> None:
    completed = run("serve", "--port", "0", "--data", "/dev/null", directory=tmp_path, STATOR_PROT="1")
    assert completed.stderr.startswith("stator: warning: STATOR_PROT is not a setting.\n")


def test_small_commands(tmp_path: Path) -> None:
    completed = run("--version", directory=tmp_path)
    assert (completed.returncode, completed.stdout) == (0, f"stator {__version__}, {FORM}\n")
    completed = run("serve", "--help", directory=tmp_path)
    assert completed.returncode == 0
    assert "--keep-alive-timeout" in completed.stdout
    assert "--test-clock" not in completed.stdout
    completed = run("check", "none", directory=tmp_path)
    assert refused(completed, 1) == "there is no database in none."


def test_a_start_imports_only_what_it_needs(tmp_path: Path) -> None:
    """What a start-up does without is not to creep in: it would cost every start."""
    script = (
        "import sys, asyncio\n"
        "from pathlib import Path\n"
        "import stator.cli.main, stator.server.serve\n"
        "from stator.base.clock import SystemClock\n"
        "from stator.server.application import open_application\n"
        "from stator.server.config import load\n"
        "settings = load({'data': 'memory'}, {}, Path.cwd())\n"
        "asyncio.run(open_application(settings, SystemClock()))\n"
        "print(*sys.modules)\n"
    )
    completed = subprocess.run(
        [COMMAND[0], "-c", script],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=environment(),
        timeout=60,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in completed.stdout.split()}
    assert "msgspec" in loaded
    assert loaded.isdisjoint({"rich", "boto3", "botocore", "hypothesis", "pytest", "email", "http"})
