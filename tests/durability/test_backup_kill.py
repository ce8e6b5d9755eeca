"""A server killed at any step of a backup or a restore ends with the finished thing, once it is back.

Each case names a place in the program; the server dies there, before or after the call. Then `stator check`
looks at what is left, and a server that is whole is started: in the end there is the backup, exact to the
moment at which it was asked for, or the restored table; and nothing else, neither on the disk nor in the
database.
"""

import contextlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError

from harness.process import ServerProcess, eventually
from stator.copies import backup_file
from stator.tables import stored

TABLE, TARGET = "ledger", "restored"
ITEMS = 400
WIDTH = 2_000  # so that there are several blocks, slices and transactions
RECOVERY = {"PointInTimeRecoveryEnabled": True}

BACKUP = [
    ("stator.copies.backups:_write", "before", 1),
    ("stator.copies.backup_writer:_Writer.__init__", "after", 1),
    ("stator.copies.backup_writer:_Writer._put_block", "before", 2),
    ("stator.copies.backup_writer:_Writer._put_block", "after", 3),
    ("stator.copies.backup_writer:_Writer.finish", "after", 1),
    ("stator.copies.backup_writer:publish", "after", 1),
    ("stator.copies.backups:_end", "before", 1),
    ("stator.copies.backups:_end", "after", 1),
]
RESTORE = [
    ("stator.copies.filling:restart", "before", 1),
    ("stator.copies.filling:restart", "after", 1),
    ("stator.copies.filling:_put", "before", 1),
    ("stator.copies.filling:_put", "after", 3),
    ("stator.copies.filling:finish", "before", 1),
    ("stator.copies.filling:finish", "after", 1),
]


def named(case: tuple[str, str, int]) -> str:
    place, moment, times = case
    return f"{moment} {place.rpartition('.')[2].rpartition(':')[2]} {times}"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server with a table, and two items that are to change."""
    process = ServerProcess(tmp_path).start()
    try:
        client = process.client()
        client.create_table(
            TableName=TABLE,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "by-kind",
                    "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
        )
        for start in range(0, ITEMS, 25):
            items = [item(number) for number in range(start, start + 25)]
            client.batch_write_item(RequestItems={TABLE: [{"PutRequest": {"Item": each}} for each in items]})
        yield process
    finally:
        process.close()


def item(number: int, version: int = 0) -> dict[str, Any]:
    return {
        "id": {"S": str(number)},
        "kind": {"S": "abc"[number % 3]},
        "version": {"N": str(version)},
        "payload": {"S": "x" * WIDTH},
    }


def dies(server: ServerProcess, case: tuple[str, str, int], act: Callable[[Any], object]) -> None:
    """Have a server that dies at a place, and do with it what brings it there."""
    place, moment, times = case
    assert server.stop() == 0
    program = Path(__file__).with_name("dying_server.py")
    server.program = (sys.executable, str(program), place, moment, str(times))
    server.start()
    with contextlib.suppress(BotoCoreError):  # It may die before it answers.
        act(server.client())
    assert server.wait() == -9
    check(server)
    server.program = ServerProcess.program
    server.start()


def check(server: ServerProcess) -> None:
    server.check()


def settled(server: ServerProcess, kind: str) -> dict[str, Any]:
    """The one backup of a kind, once it is made and nothing is left to be done."""
    client = server.client()
    for _ in eventually():
        found = client.list_backups(BackupType=kind)["BackupSummaries"]
        if all(summary["BackupStatus"] == "AVAILABLE" for summary in found):
            break
    assert server.stop() == 0
    check(server)
    (file,) = (server.data / "backups").iterdir()  # And none that is half of one.
    backup = backup_file.verify(file)
    assert [summary["BackupArn"] for summary in found] == [backup.header.arn]
    server.start()
    return {"file": file, **found[0]}


def items_of(file: Path) -> dict[str, dict[str, Any]]:
    lines = (line for _, lines in backup_file._blocks(file) for line in lines)
    items = [stored.unpack(b"\0" * stored.HEADER_BYTES + line) for line in lines]
    return {each["id"]["S"]: each for each in items}


def scanned(client: Any, table: str, **parameters: Any) -> dict[str, dict[str, Any]]:
    pages = client.get_paginator("scan").paginate(TableName=table, **parameters)
    return {each["id"]["S"]: each for page in pages for each in page["Items"]}


AS_IT_WAS = {str(number): item(number) for number in range(ITEMS)}


@pytest.mark.parametrize("case", BACKUP, ids=named)
def test_a_backup(server: ServerProcess, case: tuple[str, str, int]) -> None:
    """Also what is written between the kill and the new start is not in it."""

    def act(client: Any) -> None:
        client.create_backup(TableName=TABLE, BackupName="killed")
        for number in range(ITEMS):
            client.put_item(TableName=TABLE, Item=item(number, version=1))

    dies(server, case, act)
    client = server.client()
    client.delete_item(TableName=TABLE, Key={"id": {"S": "0"}})
    client.put_item(TableName=TABLE, Item=item(ITEMS))
    found = settled(server, "USER")
    assert items_of(found["file"]) == AS_IT_WAS


@pytest.mark.parametrize("case", BACKUP[2:7:2] + BACKUP[7:], ids=named)
def test_the_backup_of_a_deleted_table(server: ServerProcess, case: tuple[str, str, int]) -> None:
    """And a new table of its name has nothing to do with it."""

    def act(client: Any) -> None:
        client.update_continuous_backups(TableName=TABLE, PointInTimeRecoverySpecification=RECOVERY)
        client.delete_table(TableName=TABLE)

    dies(server, case, act)
    client = server.client()
    assert TABLE not in client.list_tables()["TableNames"]
    client.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    client.put_item(TableName=TABLE, Item=item(ITEMS))
    found = settled(server, "SYSTEM")
    assert items_of(found["file"]) == AS_IT_WAS
    assert set(scanned(server.client(), TABLE)) == {str(ITEMS)}


@pytest.mark.parametrize("case", RESTORE, ids=named)
def test_a_restore(server: ServerProcess, case: tuple[str, str, int]) -> None:
    client = server.client()
    client.create_backup(TableName=TABLE, BackupName="good")
    arn = settled(server, "USER")["BackupArn"]

    dies(server, case, lambda client: client.restore_table_from_backup(BackupArn=arn, TargetTableName=TARGET))
    client = server.client()
    for _ in eventually():
        if client.describe_table(TableName=TARGET)["Table"]["TableStatus"] == "ACTIVE":
            break
    assert scanned(client, TARGET) == AS_IT_WAS
    assert scanned(client, TARGET, IndexName="by-kind") == AS_IT_WAS
    assert server.stop() == 0
    check(server)
