"""Any process of a server with several workers is killed: nothing acknowledged is lost, and it goes on."""

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.crowd import Crowd, crowd
from harness.process import ServerProcess, eventually
from harness.wire import PATIENCE_SECONDS, Wire, call
from stator.storage.open import DATABASE

WORKERS = 3
CLIENTS = 8
TABLE = "counted"
ERRORS = (OSError, EOFError)


class Counter:
    """A client that counts up an item of its own, for as long as it is let, over whatever connection it gets.

    `acknowledged` is the last number that was answered, `asked` the last that was sent: the item holds one of
    those from the one to the other.
    """

    def __init__(self, server: ServerProcess, number: int) -> None:
        self._server = server
        self.key = {"k": {"S": str(number)}}
        self.acknowledged = 0
        self.asked = 0
        self.failures: set[int] = set()  # statuses other than 200

    def work(self, stop: threading.Event, acknowledged: Callable[[], None]) -> None:
        """Count until told to stop, or until nobody listens any more."""
        while not stop.is_set():
            try:
                with self._server.connect() as wire:
                    while not stop.is_set():
                        self._count(wire, acknowledged)
            except ConnectionRefusedError:
                return
            except ERRORS:
                continue

    def _count(self, wire: Wire, acknowledged: Callable[[], None]) -> None:
        self.asked += 1
        item = {**self.key, "n": {"N": str(self.asked)}}
        reply = wire.ask(call("PutItem", {"TableName": TABLE, "Item": item}))
        if reply.status == 200:
            self.acknowledged = self.asked
            acknowledged()
        else:
            self.failures.add(reply.status)

    def compare(self, many: Crowd) -> None:
        """The item is what it can be."""
        found = many("GetItem", {"TableName": TABLE, "Key": self.key})["Item"]
        assert self.acknowledged <= int(found["n"]["N"]) <= self.asked


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with the table."""
    process = ServerProcess(tmp_path, workers=WORKERS, stuck_timeout=1).start()
    try:
        with crowd(process, 1) as many:
            many(
                "CreateTable",
                {
                    "TableName": TABLE,
                    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "k", "KeyType": "HASH"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            )
        yield process
        assert "Traceback" not in process.log
    finally:
        process.close()


def under_load(server: ServerProcess, *events: Callable[[], None]) -> list[Counter]:
    """Let clients count; each event happens when they have seen some more acknowledgements."""
    clients = [Counter(server, number) for number in range(CLIENTS)]
    stop, acknowledged = threading.Event(), threading.Semaphore(0)
    threads = [threading.Thread(target=client.work, args=(stop, acknowledged.release)) for client in clients]
    for thread in threads:
        thread.start()
    try:
        for event in events:
            for _ in range(150):
                assert acknowledged.acquire(timeout=PATIENCE_SECONDS), "the server stopped answering"
            event()
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    return clients


def checked(server: ServerProcess, clients: list[Counter]) -> None:
    """Everything acknowledged is there, and all of it in order."""
    with crowd(server, WORKERS) as many:
        for client in clients:
            client.compare(many)
        for wire in many.wires:
            assert wire.ask(call("ListTables")).status == 200
    server.check()


def replaced(server: ServerProcess, gone: int) -> None:
    """Wait until there is another worker for one that is gone."""
    for _ in eventually():
        workers = server.workers
        if gone not in workers and len(workers) == WORKERS:
            return


def runs(pid: int) -> bool:
    """Whether a process is there, and not only waits to be noticed as gone."""
    shown = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    return shown.stdout.strip()[:1] not in ("", "Z")


def nothing() -> None:
    """An event that is only waited for: the server goes on."""


@pytest.mark.parametrize("victim", [0, 1], ids=["the writer", "a reader"])
def test_a_worker_that_is_killed_is_replaced(server: ServerProcess, victim: int) -> None:
    def kill() -> None:
        pid = server.workers[victim]
        os.kill(pid, signal.SIGKILL)
        replaced(server, pid)

    clients = under_load(server, kill, nothing)
    checked(server, clients)
    # A request that was under way at the writer may have been carried out: that is a 500.
    assert set().union(*(client.failures for client in clients)) <= ({500} if victim == 0 else set())
    assert "was killed by signal 9; another one takes its place" in server.log
    second = under_load(server, kill, kill, nothing)
    checked(server, second)
    assert server.stop() == 0


def test_a_supervisor_that_is_killed_takes_all_with_it(server: ServerProcess) -> None:
    workers = server.workers
    clients = under_load(server, server.kill)
    # Another server gets the directory as soon as they are gone, and waits for that by itself.
    server.start()
    assert not any(runs(pid) for pid in workers)
    checked(server, clients)


@pytest.mark.parametrize("victim", [0, 1], ids=["the writer", "a reader"])
def test_a_worker_that_hangs_is_replaced(server: ServerProcess, victim: int) -> None:
    """Its clients wait for nothing, and its snapshot would keep the log from starting again."""
    pid = server.workers[victim]
    os.kill(pid, signal.SIGSTOP)
    replaced(server, pid)
    checked(server, under_load(server, nothing))
    assert "shows no sign of life, and is killed" in server.log


def test_readers_do_not_keep_the_log_from_starting_again(server: ServerProcess) -> None:
    """Some of them read all the time, and some stand on a snapshot and are asked nothing."""
    log = server.data / (DATABASE + "-wal")
    stop = threading.Event()
    get = call("GetItem", {"TableName": TABLE, "Key": {"k": {"S": "0"}}})

    def poll(wire: Wire) -> None:
        while not stop.is_set():
            assert wire.ask(get).status == 200

    sizes = []
    with crowd(server, WORKERS) as many:
        many.same("GetItem", {"TableName": TABLE, "Key": {"k": {"S": "0"}}})
        pollers = [threading.Thread(target=poll, args=(wire,)) for wire in many.wires[1::2]]
        for thread in pollers:
            thread.start()
        try:
            for number in range(120):
                puts = [
                    {"PutRequest": {"Item": {"k": {"S": f"{number}-{n}"}, "v": {"S": "v" * 60_000}}}}
                    for n in range(20)
                ]
                many.apis[0]("BatchWriteItem", {"RequestItems": {TABLE: puts}})
                sizes.append(log.stat().st_size)
        finally:
            stop.set()
            for thread in pollers:
                thread.join()
    # 144 MB were written; a log that never starts again would have them all.
    assert max(sizes) < 120 * 1024 * 1024
