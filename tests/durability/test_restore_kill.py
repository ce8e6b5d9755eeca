"""A server killed at any moment of a restore, under load: the restore ends as if nothing had happened.

The source loses nothing that was acknowledged, the new table is at last what the source was at the second
that was asked for, and `stator check` finds nothing. The kills of real servers come at moments that the
progress of the restore decides; besides, one is stopped after each of its commits, and the database opened
again.
"""

import asyncio
import threading
from pathlib import Path
from typing import Any

import msgspec
import pytest

from durability.test_kill import TABLE, Client, Item, create_table
from harness.handlers import NOON, Handlers, opened
from harness.process import ServerProcess, eventually
from harness.recovery import HandClock, contents, enable, restore, run_copies
from harness.wire import Wire, call
from stator.copies import jobs
from stator.tables.check import check

FILLING = 2_000
CLIENTS = 3
# How much of the new table is filled when the server is killed; None: before the request is answered.
KILLS = (None, 0.0, 0.1, 0.6, 1.0)


def ask(wire: Wire, operation: str, **request: Any) -> dict[str, Any]:
    reply = wire.ask(call(operation, request))
    assert reply.status == 200, reply.body
    decoded: dict[str, Any] = msgspec.json.decode(reply.body)
    return decoded


def fill(wire: Wire) -> dict[str, Item]:
    """Items that nobody writes to again, so that a restore takes a while."""
    items = {
        f"filling-{number}": {
            "id": {"S": f"filling-{number}"},
            "kind": {"S": "abc"[number % 3]},
            "text": {"S": "x" * 200},
        }
        for number in range(FILLING)
    }
    puts = [{"PutRequest": {"Item": item}} for item in items.values()]
    for start in range(0, FILLING, 25):
        ask(wire, "BatchWriteItem", RequestItems={TABLE: puts[start : start + 25]})
    return items


def scanned(wire: Wire, table: str, **more: Any) -> dict[str, Item]:
    found: dict[str, Item] = {}
    start: dict[str, Any] = {}
    while True:
        page = ask(wire, "Scan", TableName=table, ConsistentRead=not more, **more, **start)
        found |= {item["id"]["S"]: item for item in page["Items"]}
        if "LastEvaluatedKey" not in page:
            return found
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def is_filled(wire: Wire, table: str, share: float) -> bool:
    shown = ask(wire, "DescribeTable", TableName=table)["Table"]
    return shown["TableStatus"] == "ACTIVE" or 0 < share * FILLING <= shown["ItemCount"] or not share


def restore_and_kill(server: ServerProcess, target: str, time: float, share: float | None) -> None:
    request = {"SourceTableName": TABLE, "TargetTableName": target, "RestoreDateTime": time}
    with server.connect() as wire:
        if share is None:
            wire.send(call("RestoreTableToPointInTime", request))
        else:
            ask(wire, "RestoreTableToPointInTime", **request)
            for _ in eventually(pause=0.001):
                if is_filled(wire, target, share):
                    break
        server.kill()


def test_a_restore_survives_a_kill_at_any_moment(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, clock=NOON).start()
    clients = [Client(number) for number in range(CLIENTS)]
    try:
        with server.connect() as wire:
            create_table(wire)
            filling = fill(wire)
            specification = {"PointInTimeRecoveryEnabled": True}
            ask(
                wire,
                "UpdateContinuousBackups",
                TableName=TABLE,
                PointInTimeRecoverySpecification=specification,
            )
        for number, share in enumerate(KILLS):
            expected = dict(filling)
            for client in clients:
                expected |= {key: item for key, item in client.sure.items() if item is not None}
            time = server.clock.now()
            server.clock.advance(1.0)
            target = f"restored-{number}"
            threads = [
                threading.Thread(target=client.write_until_killed, args=(server.connect(), lambda: None))
                for client in clients
            ]
            for thread in threads:
                thread.start()
            restore_and_kill(server, target, time, share)
            for thread in threads:
                thread.join()
            server.start()
            with server.connect() as wire:
                for client in clients:
                    client.compare(wire)
                if share is not None or target in ask(wire, "ListTables")["TableNames"]:
                    for _ in eventually():
                        if is_filled(wire, target, 2.0):
                            break
                    assert scanned(wire, target) == expected
                    by_kind = {key: item for key, item in expected.items() if "kind" in item}
                    assert scanned(wire, target, IndexName="by-kind") == by_kind
            server.check()
    finally:
        server.close()


# Every commit.

CREATE = {
    "TableName": "source",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind} for name, kind in (("pk", "S"), ("sk", "N"))
    ],
}


class Stopped(Exception):
    """The process is gone."""


async def put(handlers: Handlers, count: int, **more: Any) -> None:
    items = [{"pk": {"S": "a"}, "sk": {"N": str(number)}} | more for number in range(count)]
    puts = [{"PutRequest": {"Item": item}} for item in items]
    for start in range(0, count, 25):
        await handlers("BatchWriteItem", {"RequestItems": {"source": puts[start : start + 25]}})


def stop_after(handlers: Handlers, commits: int) -> None:
    """Let the process be gone after so many commits."""
    engine = handlers.database.engine
    write, left = engine.write, commits

    def counted(body: Any) -> Any:
        nonlocal left
        if not left:
            raise Stopped
        left -= 1
        return write(body)

    engine.write = counted  # type: ignore[method-assign]


@pytest.mark.parametrize("commits", range(6))
def test_a_restore_goes_on_after_any_of_its_commits(commits: int, tmp_path: Path) -> None:
    clock = HandClock()

    async def first() -> None:
        async with opened(tmp_path, 1, clock=clock) as handlers:
            await handlers("CreateTable", CREATE)
            await put(handlers, 260)
            await enable(handlers, "source")
            await restore(handlers, "source", "target", clock.time)
            clock.time += 1
            await put(handlers, 300, changed={"BOOL": True})
            stop_after(handlers, commits)
            try:
                await run_copies(handlers)
            except Stopped:
                assert handlers.database.engine.read(jobs.unfinished)
            assert check(handlers.database.engine.reader).problems == []

    async def second() -> None:
        async with opened(tmp_path, 2, clock=clock) as handlers:
            assert check(handlers.database.engine.reader).problems == []
            await run_copies(handlers)
            items = await contents(handlers, "target")
            assert [item.keys() for item in items] == [{"pk", "sk"}] * 260
            assert check(handlers.database.engine.reader).problems == []

    asyncio.run(first())
    asyncio.run(second())
