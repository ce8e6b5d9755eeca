"""A program beside the server that streams the log elsewhere, as litestream does.

It stands in a read transaction so that nobody restarts the log behind its back, restarts the log itself
(which takes the writer's turn, and waits for all readers), and writes a row of its own. The server gives way
to it: no client sees an error, and the log stays short.
"""

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from shutil import which
from typing import Any

import apsw
import pytest

from harness.counting import Counting, counting
from harness.process import ServerProcess, eventually
from harness.wire import call

TABLE = "ledger"
CREATION = {
    "TableName": TABLE,
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "BillingMode": "PAY_PER_REQUEST",
}


def item(client: int, number: int) -> dict[str, Any]:
    """Each client has an item of its own."""
    return {"id": {"S": str(client)}, "n": {"N": str(number)}, "filler": {"S": "x" * 20_000}}


@pytest.fixture
def write_to() -> Iterator[Callable[[ServerProcess], Counting]]:
    with counting(CREATION, item) as start:
        yield start


class Streamer:
    """What litestream does to a database, without what it does with the log."""

    def __init__(self, path: Path) -> None:
        self.connection = apsw.Connection(str(path))
        # A server with much to do leaves others little of the writer's turn.
        self.connection.set_busy_timeout(20_000)
        self.connection.execute("pragma wal_autocheckpoint=0").fetchall()
        self.connection.execute("create table if not exists seq(id integer primary key, seq)").fetchall()

    def stand(self) -> None:
        """Keep the log from being restarted."""
        self.connection.execute("begin; select count(*) from seq").fetchall()

    def restart_log(self) -> bool:
        """Let go, copy all of the log and restart it. Whether that was possible."""
        self.connection.execute("rollback").fetchall()
        try:
            frames, copied = self.connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)
        except apsw.BusyError:
            return False
        finally:
            self.stand()
        return frames == copied

    def write(self) -> None:
        """Take the writer's turn, and keep it for a moment."""
        self.connection.execute("rollback; begin immediate").fetchall()
        self.connection.execute("insert or replace into seq values(1, random())").fetchall()
        self.connection.execute("commit").fetchall()
        self.stand()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_server_gives_way(workers: int, start_server: Callable[..., ServerProcess], write_to) -> None:
    server = start_server(workers=workers)
    clients = write_to(server)
    clients.more(20)
    streamer = Streamer(server.data / "stator.db")
    streamer.stand()
    lengths = []
    for _ in range(12):
        clients.more(10)
        streamer.write()
        for _ in eventually():
            if streamer.restart_log():
                break
        lengths.append((server.data / "stator.db-wal").stat().st_size)
    streamer.connection.close()
    clients.stop()
    # A log that never starts again would be longer each time.
    assert len(set(lengths)) < len(lengths)
    with server.connect() as wire:
        for client, written in enumerate(clients.acknowledged):
            request = {"TableName": TABLE, "Key": {"id": {"S": str(client)}}, "ConsistentRead": True}
            assert b'"N":"%d"' % written in wire.ask(call("GetItem", request)).body
    server.check()


@pytest.mark.skipif(which("litestream") is None, reason="litestream is not installed")
def test_litestream(start_server: Callable[..., ServerProcess], write_to) -> None:
    """The program itself: what it gives back after the server is gone is all that was acknowledged."""
    server = start_server()
    clients = write_to(server)
    settings = server.directory / "litestream.yml"
    settings.write_text(
        f"dbs: [{{path: {server.data}/stator.db, min-checkpoint-page-count: 100, "
        f"max-checkpoint-page-count: 400, replicas: [{{path: {server.directory}/replica}}]}}]\n"
    )
    command = ["litestream", "replicate", "-config", str(settings)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        for _ in eventually():
            if list(server.directory.glob("replica/**/*")):
                break
        for _ in range(10):
            clients.more(100)
        clients.stop()
        program.terminate()
    server.kill()
    back = server.directory / "back" / "stator.db"
    command = ["litestream", "restore", "-config", str(settings), "-o", str(back)]
    subprocess.run([*command, str(server.data / "stator.db")], check=True, capture_output=True)
    server.check(back.parent)
    server.settings["data"] = back.parent
    server.start()
    with server.connect() as wire:
        for client, written in enumerate(clients.acknowledged):
            request = {"TableName": TABLE, "Key": {"id": {"S": str(client)}}, "ConsistentRead": True}
            assert b'"N":"%d"' % written in wire.ask(call("GetItem", request)).body
