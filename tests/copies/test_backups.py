"""A backup is its table at one moment, whatever is written meanwhile, and is the same table elsewhere."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from copies.running import backed_up, copying, idle, restored
from harness.handlers import NOON, Handlers
from harness.histories import CREATE, NAME, Item, Table, drawn, position
from stator.base.clock import FileClock
from stator.copies import backup_file, backups
from stator.copies.past import PastItems
from stator.server.jobs.backups import BackupKeeper
from stator.tables import stored
from stator.tables.holds import held
from tables.test_model import check_indexes, same_items

FILLING = 1_500
OTHER_SECRET = 10_000  # seeds from there on give databases with other secrets
RECOVERY = {"TableName": NAME, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
ENGINES = pytest.mark.parametrize("engine", ["memory", "sqlite"])


async def fill(handlers: Handlers, table: Table) -> None:
    """Enough items that a backup takes a while."""
    await handlers("CreateTable", CREATE)
    items: list[Item] = [
        {"pk": {"S": f"filling {number % 100}"}, "sk": {"N": str(number)}, "g": {"S": "red"}, "n": {"N": "0"}}
        for number in range(FILLING)
    ]
    for start in range(0, FILLING, 25):
        some = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        await handlers("BatchWriteItem", {"RequestItems": {NAME: some}})
    table.update((position(item), item) for item in items)


async def write_some(handlers: Handlers, source: Random, table: Table, count: int = 10) -> None:
    """So many writes among the drawn keys, and to the filling: changed, deleted and put back."""
    for write in drawn(source, count):
        outcome = await handlers.outcome(write.operation, write.request)
        assert write.effect(table) == isinstance(outcome, dict)
    for number in source.sample(range(FILLING), count):
        key = {"pk": {"S": f"filling {number % 100}"}, "sk": {"N": str(number)}}
        if position(key) in table and source.random() < 0.5:
            await handlers("DeleteItem", {"TableName": NAME, "Key": key})
            del table[position(key)]
        else:
            item = key | {"n": {"N": str(source.randint(1, 9))}}
            await handlers("PutItem", {"TableName": NAME, "Item": item})
            table[position(key)] = item


async def items_of(path: Path) -> list[Item]:
    return [stored.unpack(value) async for batch in backup_file.read(path).batches() for value in batch]


@ENGINES
@pytest.mark.parametrize("seed", range(2))
def test_a_backup_is_a_moment_and_moves(
    engine: str, seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Beside a writer, three times; then the last one goes to a database with another secret."""
    source, table = Random(seed), dict[tuple[str, Decimal], Item]()
    read = backups._stored

    async def scenario() -> None:
        here, there = tmp_path / "here", tmp_path / "there"
        async with copying(tmp_path / "data" if engine == "sqlite" else None, here, seed) as handlers:

            async def read_beside(items: PastItems) -> AsyncIterator[list[bytes]]:
                """What the job reads, with writes between one slice and the next."""
                async for batch in read(items):
                    yield batch
                    await write_some(handlers, source, table, 2)

            monkeypatch.setattr(backups, "_stored", read_beside)
            await fill(handlers, table)
            for _ in range(3):
                await write_some(handlers, source, table)
                moment = dict(table)
                arn = await backed_up(handlers, NAME)
                assert table != moment
                found = await backups.find(handlers.database, arn)
                assert found is not None
                assert found.path is not None
                assert same_items(await items_of(found.path), moment.values())
                assert found.items == len(moment)
            definition = held(
                handlers.database.engine.reader, handlers.database.catalog, NAME, found.header.table.id
            )
            assert definition is not None
            assert definition.holds == {}
        shutil.copytree(here, there)
        async with copying(None, there, OTHER_SECRET + seed) as handlers:
            await restored(handlers, arn, NAME)
            assert same_items(await handlers.items("Scan", {"TableName": NAME}), moment.values())
            await check_indexes(handlers, moment, source)
            shown = (await handlers("DescribeTable", {"TableName": NAME}))["Table"]
            assert shown["ItemCount"] == len(moment)

    asyncio.run(scenario())


EVERY_TYPE: list[Item] = [
    {
        "pk": {"B": "AP8="},
        "sk": {"S": 'é\u0000\n"\\\U0001f600'},
        "S": {"S": ""},
        "N": {"N": "-1.2345678901234567890123456789012345678E-100"},
        "B": {"B": ""},
        "BOOL": {"BOOL": False},
        "NULL": {"NULL": True},
        "SS": {"SS": ["b", "a", ""]},
        "NS": {"NS": ["3", "-1", "0.5"]},
        "BS": {"BS": ["AA==", ""]},
        "L": {"L": [{"L": []}, {"M": {}}, {"N": "9.9999999999999999999999999999999999999E+125"}]},
        "M": {"M": {"é": {"M": {"a.b": {"S": "deep"}}}}},
    },
    {"pk": {"B": "AA=="}, "sk": {"S": "x" * 1_024}, "large": {"S": "y" * 390_000}},
]


def test_every_type_and_size_comes_back_as_it_was(tmp_path: Path) -> None:
    async def scenario() -> None:
        request = {
            "TableName": "types",
            "BillingMode": "PAY_PER_REQUEST",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "B"},
                {"AttributeName": "sk", "AttributeType": "S"},
            ],
        }
        async with copying(None, tmp_path, 1) as handlers:
            await handlers("CreateTable", request)
            for item in EVERY_TYPE:
                await handlers("PutItem", {"TableName": "types", "Item": item})
            before = await handlers.items("Scan", {"TableName": "types"})
            arn = await backed_up(handlers, "types")
        async with copying(None, tmp_path, OTHER_SECRET) as handlers:
            await restored(handlers, arn, "types-again")
            after = await handlers.items("Scan", {"TableName": "types-again"})
            by_size = [sorted(map(repr, items), key=len) for items in (before, after)]
            assert by_size[0] == by_size[1]

    asyncio.run(scenario())


@ENGINES
def test_a_deleted_table_leaves_itself(engine: str, tmp_path: Path) -> None:
    """Its items stay until its backup is made; a new table of its name has nothing to do with that."""

    async def scenario() -> None:
        table: Table = {}
        data = tmp_path / "data" if engine == "sqlite" else None
        async with copying(data, tmp_path / "backups", 3) as handlers:
            await fill(handlers, table)
            await handlers("UpdateContinuousBackups", RECOVERY)
            await write_some(handlers, Random(3), table)
            await handlers("DeleteTable", {"TableName": NAME})
            await handlers("CreateTable", CREATE)
            again: Item = {"pk": {"S": "new"}, "sk": {"N": "1"}}
            await handlers("PutItem", {"TableName": NAME, "Item": again})
            (summary,) = (await handlers("ListBackups", {"BackupType": "SYSTEM"}))["BackupSummaries"]
            assert (summary["BackupName"], summary["TableName"]) == (f"{NAME}$DeletedTableBackup", NAME)
            assert summary["BackupExpiryDateTime"] - summary["BackupCreationDateTime"] == 35 * 86_400
            await idle(handlers)
            assert await handlers.items("Scan", {"TableName": NAME}) == [again]
            await handlers("DeleteTable", {"TableName": NAME})  # It has no recovery, and leaves nothing.
            assert len((await handlers("ListBackups", {"BackupType": "ALL"}))["BackupSummaries"]) == 1
            await restored(handlers, summary["BackupArn"], NAME)
            assert same_items(await handlers.items("Scan", {"TableName": NAME}), table.values())
            await check_indexes(handlers, table, Random(3))

    asyncio.run(scenario())


def test_a_backup_that_cannot_be_written_is_given_up(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scenario() -> None:
        place = tmp_path / "a file"
        place.write_text("where the directory should be")
        async with copying(None, place, 4) as handlers:
            await handlers("CreateTable", CREATE)
            arn = await backed_up(handlers, NAME)
            refused = await handlers.outcome("DescribeBackup", {"BackupArn": arn})
            assert refused == ("BackupNotFoundException", f"Backup not found: {arn}")
            table = handlers.database.catalog.table(handlers.database.engine.reader, NAME)
            assert table is not None
            assert table.definition.holds == {}

    with caplog.at_level(logging.ERROR):
        asyncio.run(scenario())
    assert "cannot be written" in caplog.text


def test_that_of_a_deleted_table_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(backups, "_RETRY_SECONDS", 0.01)

    async def scenario() -> None:
        place = tmp_path / "backups"
        place.write_text("where the directory should be")
        table: Table = {}
        async with copying(None, place, 5) as handlers:
            await fill(handlers, table)
            await handlers("UpdateContinuousBackups", RECOVERY)
            await handlers("DeleteTable", {"TableName": NAME})
            while "cannot be written" not in caplog.text:
                await asyncio.sleep(0)
            place.unlink()
            await idle(handlers)
            ((_, found),) = (await backups.made(handlers.database)).items()
            assert found.path is not None
            assert same_items(await items_of(found.path), table.values())

    asyncio.run(scenario())


def test_system_backups_go_when_their_time_has_come(tmp_path: Path) -> None:
    """This database's own ones; one that was brought here stays, for somebody wants to restore it."""
    clock = FileClock.create(tmp_path / "clock", NOON)
    own, elsewhere = tmp_path / "own", tmp_path / "elsewhere"

    async def scenario() -> None:
        for place in (elsewhere, own):
            async with copying(None, place, 6, clock=clock) as handlers:
                await handlers("CreateTable", CREATE)
                await handlers("UpdateContinuousBackups", RECOVERY)
                await handlers("DeleteTable", {"TableName": NAME})
                await idle(handlers)
                clock.advance(1)
                if place == elsewhere:
                    continue
                (brought,) = elsewhere.iterdir()
                shutil.copy(brought, own)
                keeper = BackupKeeper(handlers.database)
                clock.advance(35 * 86_400 - 20)
                await keeper.keep()
                assert len(list(own.iterdir())) == 2
                clock.advance(20)
                await keeper.keep()
                assert [path.name for path in own.iterdir()] == [brought.name]
                assert handlers.database.engine.read(lambda reader: backups.expired(reader, 1e12)) == []

    asyncio.run(scenario())


def test_a_damaged_file_makes_no_table(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Whether that is found at once, or only when its block is read: there is no half of a table."""

    async def scenario() -> None:
        async with copying(None, tmp_path, 7) as handlers:
            await fill(handlers, {})
            arn = await backed_up(handlers, NAME)
            (path,) = tmp_path.iterdir()
            whole = path.read_bytes()
            request: dict[str, Any] = {"BackupArn": arn, "TargetTableName": "restored"}

            path.write_bytes(whole[:-1])
            name, text = await handlers.outcome("RestoreTableFromBackup", request)
            assert name == "ValidationException"
            assert text.endswith("is damaged: end: there is no footer: it is torn, or was never finished")

            path.write_bytes(whole[:-100] + b"?" + whole[-99:])
            reply = await handlers("RestoreTableFromBackup", request)
            assert reply["TableDescription"]["TableStatus"] == "CREATING"
            await idle(handlers)
            assert (await handlers("ListTables", {}))["TableNames"] == [NAME]

    asyncio.run(scenario())
    assert "its check does not match" in caplog.text
