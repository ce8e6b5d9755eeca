"""`stator snapshot`: the copy of a running server's database is the database of one moment, and comes back.

Each of several clients writes the numbers 1, 2, 3, ... one after the other, so what a copy holds of a client
must be the numbers up to one that was acknowledged before the copy was finished, and at least those that were
acknowledged before it was begun.
"""

import hashlib
import json
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.counting import CLIENTS, Counting, counting
from harness.process import COMMAND, ServerProcess, environment, eventually

FILLER = "x" * 3_000
Start = Callable[..., ServerProcess]
CREATION = {
    "TableName": "numbers",
    "AttributeDefinitions": [
        {"AttributeName": "client", "AttributeType": "S"},
        {"AttributeName": "number", "AttributeType": "N"},
    ],
    "KeySchema": [
        {"AttributeName": "client", "KeyType": "HASH"},
        {"AttributeName": "number", "KeyType": "RANGE"},
    ],
    "BillingMode": "PAY_PER_REQUEST",
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-number",
            "KeySchema": [{"AttributeName": "number", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
}


def item(client: int, number: int) -> dict[str, Any]:
    return {"client": {"S": str(client)}, "number": {"N": str(number)}, "filler": {"S": FILLER}}


@pytest.fixture
def count_on() -> Iterator[Callable[[ServerProcess], Counting]]:
    with counting(CREATION, item) as start:
        yield start


def held(server: ServerProcess) -> list[int]:
    """Up to which number each client's items are there; there are no gaps."""
    found = []
    client = server.client()
    for number in range(CLIENTS):
        pages = client.get_paginator("query").paginate(
            TableName="numbers",
            KeyConditionExpression="client = :client",
            ExpressionAttributeValues={":client": {"S": str(number)}},
            ProjectionExpression="#n",
            ExpressionAttributeNames={"#n": "number"},
        )
        numbers = [int(item["number"]["N"]) for page in pages for item in page["Items"]]
        assert numbers == list(range(1, len(numbers) + 1))
        found.append(len(numbers))
    return found


def snapshot(server: ServerProcess, *arguments: str) -> Any:
    done = server.command("snapshot", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def restored(server: ServerProcess, start_server: Start, name: str) -> ServerProcess:
    """A server on what a snapshot gives back; `stator check` agrees with it."""
    other = start_server()
    assert other.stop() == 0
    place = other.directory / "restored"
    snapshot(server, "restore", name, "--data", str(place))
    other.check(place)
    other.settings["data"] = place
    return other.start()


@pytest.mark.parametrize("workers", [1, 2])
def test_a_running_server_is_copied_as_of_one_moment(
    workers: int, start_server: Start, count_on: Any
) -> None:
    server = start_server(workers=workers)
    writers = count_on(server)
    writers.more(300)
    before = list(writers.acknowledged)
    said = snapshot(server, "create", "snapshot", "--port", str(server.port))
    after = list(writers.acknowledged)
    # They went on meanwhile.
    assert sum(after) > sum(before)
    place = server.directory / "snapshot"
    assert sorted(path.name for path in place.iterdir()) == ["snapshot.json", "stator.db"]
    manifest = json.loads((place / "snapshot.json").read_text())
    digest = hashlib.sha256((place / "stator.db").read_bytes()).hexdigest()
    assert manifest["database"]["sha256"] == digest
    assert digest in said
    copy = restored(server, start_server, "snapshot")
    for low, found, high in zip(before, held(copy), after, strict=True):
        assert low <= found <= high + 1
    assert [path.name for path in server.directory.iterdir() if "unfinished" in path.name] == []


def test_a_killed_snapshot_leaves_nothing_that_looks_finished(start_server: Start, count_on: Any) -> None:
    server = start_server()
    writers = count_on(server)
    writers.more(500)
    for number in (signal.SIGKILL, signal.SIGTERM, signal.SIGINT):
        command = [*COMMAND, "snapshot", "create", "cut", "--port", str(server.port)]
        process = subprocess.Popen(
            command, cwd=server.directory, env=environment(), stderr=subprocess.PIPE, text=True
        )
        for _ in eventually(pause=0):
            if list(server.directory.glob("cut.*")) or process.poll() is not None:
                break
        process.send_signal(number)
        process.communicate(timeout=20)
        if not (server.directory / "cut" / "snapshot.json").exists():
            assert not (server.directory / "cut").exists()
        else:  # it was quicker
            snapshot(server, "restore", "cut", "--data", f"data-{number}")
            (server.directory / "cut").rename(server.directory / f"whole-{number}")
    # The server is as before, and makes the next one when it has given up the last.
    for _ in eventually():
        if server.command("snapshot", "create", "next", "--port", str(server.port)).returncode == 0:
            break
    writers.stop()
    copy = restored(server, start_server, "next")
    assert all(found <= last for found, last in zip(held(copy), writers.acknowledged, strict=True))
    assert sum(held(copy)) > 0


def test_a_stopped_and_a_killed_server_are_copied_too(start_server: Start, count_on: Any) -> None:
    server = start_server()
    writers = count_on(server)
    writers.more(50)
    writers.stop()
    server.kill()
    snapshot(server, "create", "killed", "--data", "data", "--port", str(server.port))
    assert held(restored(server, start_server, "killed")) == writers.acknowledged
    server.start()
    assert server.stop() == 0
    snapshot(server, "create", "stopped", "--data", "data", "--port", str(server.port))
    assert held(restored(server, start_server, "stopped")) == writers.acknowledged


def refusal(server: ServerProcess, *arguments: str) -> str:
    done = server.command("snapshot", *arguments)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stderr.startswith("stator: ")
    assert done.stderr.count("\n") == 1
    return done.stderr


def test_what_cannot_be_copied(start_server: Start) -> None:
    server = start_server()
    port = ("--port", str(server.port))
    (server.directory / "there").mkdir()
    assert "is there already" in refusal(server, "create", "there", *port)
    # The database of another directory is asked for than the one that this server has.
    assert "there is no database in" in refusal(server, "create", "new", "--data", "other", *port)
    # Its own is in use, and no server answers at the port.
    assert "is in use" in refusal(server, "create", "new", "--data", "data", "--port", "1")
    memory = start_server(memory=True)
    assert "in memory" in refusal(memory, "create", "new", "--port", str(memory.port))
    assert not list(server.directory.glob("new*")) + list(memory.directory.glob("new*"))


def damaged(place: Path, change: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((place / "snapshot.json").read_text())
    change(manifest)
    (place / "snapshot.json").write_text(json.dumps(manifest))


def test_what_cannot_be_restored(start_server: Start) -> None:
    server = start_server()
    snapshot(server, "create", "good", "--port", str(server.port))
    assert "is not empty" in refusal(server, "restore", "good", "--data", "data")
    assert "is not a snapshot" in refusal(server, "restore", "data", "--data", "new")
    good = server.directory / "good"
    manifest, database = (good / "snapshot.json").read_bytes(), (good / "stator.db").read_bytes()
    (good / "stator.db").write_bytes(database[:-4096])
    assert "is torn" in refusal(server, "restore", "good", "--data", "new")
    (good / "stator.db").write_bytes(database[:-1] + bytes([database[-1] ^ 1]))
    assert "is damaged" in refusal(server, "restore", "good", "--data", "new")
    (good / "stator.db").write_bytes(database)
    for newer in (lambda found: found.update(format=2), lambda found: found["database"].update(format=9)):
        damaged(good, newer)
        assert "newer Stator" in refusal(server, "restore", "good", "--data", "new")
        (good / "snapshot.json").write_bytes(manifest)
    for text in (b"", b"{", b"[]", b'{"format": 1}', b'{"format": "1", "database": {}}', manifest[:-40]):
        (good / "snapshot.json").write_bytes(text)
        assert "cannot be read" in refusal(server, "restore", "good", "--data", "new")
    (good / "snapshot.json").write_bytes(manifest)
    # None of this left anything in the way of a good one, nor does a restore that was killed.
    (server.directory / "new" / "stator.db.restoring").write_bytes(b"half")
    snapshot(server, "restore", "good", "--data", "new")
    assert sorted(path.name for path in (server.directory / "new").iterdir()) == ["stator.db", "stator.lock"]
    assert (server.directory / "new" / "stator.db").read_bytes() == database


def test_a_copy_goes_nowhere_else(start_server: Start) -> None:
    """The server writes into an empty directory of its user, which others cannot replace, or not at all."""
    server = start_server()
    used, shared, link = (server.directory / name for name in ("used", "shared", "link"))
    used.mkdir()
    (used / "file").touch()
    shared.mkdir()
    shared.chmod(0o777)
    (shared / "new").mkdir()
    link.symlink_to(shared)
    with server.connect() as wire:
        for place in (used, shared / "new", link, server.directory / "absent", Path("data")):
            body = json.dumps({"directory": str(place)})
            head = f"POST /_stator/snapshots HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n"
            reply = wire.ask((head + body).encode())
            assert reply.status == 400, place
    assert list(shared.iterdir()) == [shared / "new"]
    assert list((shared / "new").iterdir()) == []
