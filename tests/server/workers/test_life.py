"""The life of a server with several workers: how it starts, stops, and does not start; and jobs run once."""

import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from harness.crowd import crowd
from harness.process import ServerProcess, eventually, run
from harness.wire import call
from stator import __version__

Start = Callable[..., ServerProcess]

START = 1_700_000_000.0


def create_table(client: Any, **parameters: Any) -> None:
    client.create_table(
        TableName="table",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "N"}],
        **{"BillingMode": "PAY_PER_REQUEST"} | parameters,
    )


def put(number: int) -> bytes:
    return call("PutItem", {"TableName": "table", "Item": {"k": {"N": str(number)}}})


def test_it_says_what_one_process_says(start_server: Start) -> None:
    server = start_server(workers=2)
    assert server.ready_line == (
        f"Stator {__version__} is ready at http://127.0.0.1:{server.port} (data in {server.data}). "
        "All regions and access keys see the same tables; "
        "signatures and policies are not checked, files are not encrypted.\n"
    )
    completed = server.command("serve", "--port", "0", "--data", str(server.data))
    assert completed.stderr == f"stator: {server.data} is in use by another server, process {server.pid}.\n"
    assert completed.returncode == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_to_all_processes_stops_them_once(start_server: Start, number: signal.Signals) -> None:
    """A terminal's Ctrl-C, and a service manager's stop, reach every process of a server."""
    server = start_server(workers=3)
    with crowd(server, 3) as many:
        many.same("ListTables", {})
        for pid in (*server.workers, server.pid):
            os.kill(pid, number)
        assert [wire.rest() for wire in many.wires] == [b""] * len(many.wires)
    assert server.wait() == 0
    assert server.log == ""


def test_a_stop_loses_no_write_that_was_answered(start_server: Start) -> None:
    """Nor does any worker carry one out that is not answered."""
    server = start_server(workers=3)
    create_table(server.client())
    with crowd(server, 3) as many:
        for number, wire in enumerate(many.wires):
            wire.ask(put(1000 + number))
            wire.send(b"".join(put(number * 20 + n) for n in range(20)))
        server.signal(signal.SIGTERM)
        answered = {1000 + number for number in range(len(many.wires))}
        for number, wire in enumerate(many.wires):
            answered |= {number * 20 + n for n in range(wire.rest().count(b"HTTP/1.1 200 OK\r\n"))}
    assert server.wait() == 0
    assert server.log == ""
    items = server.start().client().scan(TableName="table")["Items"]
    assert {int(item["k"]["N"]) for item in items} == answered


def test_what_keeps_it_from_starting(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        completed = run("serve", "--workers", "2", "--port", port, directory=tmp_path)
    assert completed.stderr.startswith(f"stator: cannot listen on 127.0.0.1:{port}: ")
    assert completed.returncode == 1
    completed = run("serve", "--workers", "2", "--port", "0", "--data", "file", directory=tmp_path)
    assert completed.stderr.startswith(f"stator: {tmp_path}/file cannot be used: ")
    assert completed.returncode == 1
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "stator.db").write_bytes(b"This is no database." * 1000)
    completed = run("serve", "--workers", "2", "--port", "0", "--data", "other", directory=tmp_path)
    assert completed.stderr.startswith("stator: ")
    assert "not a database" in completed.stderr
    assert completed.returncode == 1


def test_memory_is_of_one_process(tmp_path: Path) -> None:
    completed = run("serve", "--memory", "--workers", "2", directory=tmp_path)
    assert completed.stderr == (
        "stator: --workers must be 1 if the data is in memory, which one process cannot share with another.\n"
    )
    assert completed.returncode == 2


def test_all_workers_together_have_room_for_so_many(start_server: Start) -> None:
    server = start_server(workers=2, max_connections=3)
    wires = [server.connect() for _ in range(3)]
    assert {wire.ask(call("ListTables")).status for wire in wires} == {200}
    with server.connect() as refused:
        assert refused.rest().startswith(b"HTTP/1.1 503 ")
    wires.pop().close()
    for _ in eventually():  # The server hears of the end a moment later.
        with server.connect() as again, suppress(OSError):
            if again.ask(call("ListTables")).status == 200:
                break
    for wire in wires:
        wire.close()


def test_expired_items_are_deleted_once(start_server: Start) -> None:
    server = start_server(workers=3, clock=START)
    client = server.client()
    create_table(client, StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"})
    client.update_time_to_live(
        TableName="table", TimeToLiveSpecification={"Enabled": True, "AttributeName": "at"}
    )
    for number in range(20):
        client.put_item(TableName="table", Item={"k": {"N": str(number)}, "at": {"N": str(int(START) + 10)}})
    server.clock.advance(3_600)
    with crowd(server, 3) as many:
        for _ in eventually():
            if many("Scan", {"TableName": "table", "Select": "COUNT"})["Count"] == 0:
                break
        assert many.same("Scan", {"TableName": "table", "Select": "COUNT"}).json == {
            "Count": 0,
            "ScannedCount": 0,
        }
        arn = client.describe_table(TableName="table")["Table"]["LatestStreamArn"]
        (shard,) = many.of_stream("DescribeStream", {"StreamArn": arn}, "StreamDescription")["Shards"]
        streams = server.client("dynamodbstreams")
        iterator = streams.get_shard_iterator(
            StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
        )["ShardIterator"]
        records = streams.get_records(ShardIterator=iterator)["Records"]
        assert [record["eventName"] for record in records] == ["INSERT"] * 20 + ["REMOVE"] * 20


def test_throughput_is_counted_in_one_place(start_server: Start) -> None:
    """However many workers there are, a table gives what it has, and no more."""
    admitted = []
    for workers in (1, 3):
        server = start_server(workers=workers, throttle=True, clock=START)
        throughput = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
        create_table(server.client(), BillingMode="PROVISIONED", ProvisionedThroughput=throughput)
        get = call("GetItem", {"TableName": "table", "Key": {"k": {"N": "1"}}, "ConsistentRead": True})
        with crowd(server, 3) as many:
            replies = [reply.status for _ in range(40) for reply in many.all(get)]
        admitted.append(replies.count(200))
        assert replies.count(400) == len(replies) - admitted[-1]
    assert 0 < admitted[0] == admitted[1] < 40 * 12
