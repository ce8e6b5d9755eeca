"""Expiries: which numbers are times, what the funnel and the back-fill keep, and what the check finds.

Source: "Using time to live (TTL) in DynamoDB" of the developer guide.
"""

import asyncio
from random import Random

import pytest

from harness.handlers import NOON, opened
from stator.tables import backfill, expiry, time_to_live
from stator.tables.check import check
from stator.tables.expiry import Expiry

YEAR = 365 * 86_400
NAME = "expiring"
CREATE = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "index",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}
ENABLE = {"TableName": NAME, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": True}}
DISABLE = {"TableName": NAME, "TimeToLiveSpecification": {"AttributeName": "ttl", "Enabled": False}}


@pytest.mark.parametrize(
    ("value", "second"),
    [
        ({"N": "0"}, 0),
        ({"N": "1700000000"}, 1_700_000_000),
        ({"N": "1700000000.5"}, 1_700_000_001),
        ({"N": "1700000000000"}, 1_700_000_000_000),  # milliseconds, by mistake: in the far future
        ({"N": "4611686018427387903"}, (1 << 62) - 1),
        ({"N": "4611686018427387904"}, None),
        ({"N": "1" + "0" * 120}, None),
        ({"N": "-1"}, None),
        ({"N": "0.00001"}, 1),
        ({"S": "1700000000"}, None),
        ({"NS": ["1700000000"]}, None),
        ({"NULL": True}, None),
        (None, None),
    ],
)
def test_what_is_a_time(value, second):
    item = {} if value is None else {"ttl": value}
    entry = Expiry("ttl", 20).entry(item, b"", b"key")
    assert (entry and entry.key) == (None if second is None else second.to_bytes(8, "big") + b"key")


def test_an_attribute_deep_in_an_item_is_no_time():
    assert Expiry("m.ttl", 20).entry({"m": {"M": {"ttl": {"N": "1"}}}}, b"", b"key") is None


async def settle(handlers):
    """Fill what is to be filled."""
    database = handlers.database
    while (job := database.engine.read(backfill.pending)) is not None:
        await database.engine.write(
            lambda transaction, space=job.space: backfill.fill_chunk(transaction, database.catalog, space)
        )


async def sweep(handlers, now, limit=10):
    """How many entries of what is due at `now` were looked at."""
    database = handlers.database
    return await database.engine.write(
        lambda transaction: time_to_live.delete_due(transaction, database.catalog, NAME, now, limit)
    )


async def put(handlers, pk, ttl, **attributes):
    item = {"pk": {"S": pk}, "ttl": {"N": str(ttl)}, **attributes}
    await handlers("PutItem", {"TableName": NAME, "Item": item})


async def keys(handlers):
    return sorted(item["pk"]["S"] for item in await handlers.items("Scan", {"TableName": NAME}))


def with_table(body, data=None):
    """Run a test's body on a table with TTL."""

    async def run():
        async with opened(data, 1) as handlers:
            await handlers("CreateTable", CREATE)
            await handlers("UpdateTimeToLive", ENABLE)
            await body(handlers)
            assert check(handlers.database.engine.reader).problems == []

    asyncio.run(run())


def test_what_is_due():
    async def body(handlers):
        for name, ttl in {
            "now": int(NOON),
            "later": int(NOON) + 1,
            "fraction": f"{NOON - 1:.0f}.5",
            "five years": int(NOON) - 5 * YEAR,
            "older": int(NOON) - 5 * YEAR - 1,
            "zero": 0,
        }.items():
            await put(handlers, name, ttl)
        assert await sweep(handlers, NOON) == 3
        assert await keys(handlers) == ["later", "older", "zero"]
        assert await sweep(handlers, NOON + 0.999) == 0
        assert await sweep(handlers, NOON + 1) == 1
        assert await keys(handlers) == ["older", "zero"]
        assert await sweep(handlers, -1.0) == 0

    with_table(body)


def test_a_time_that_changed_meanwhile():
    async def body(handlers):
        for name in "abcd":
            await put(handlers, name, int(NOON))
        await put(handlers, "a", int(NOON) + 60)
        update = {"UpdateExpression": "REMOVE #t", "ExpressionAttributeNames": {"#t": "ttl"}}
        await handlers("UpdateItem", {"TableName": NAME, "Key": {"pk": {"S": "b"}}, **update})
        await handlers("DeleteItem", {"TableName": NAME, "Key": {"pk": {"S": "c"}}})
        assert await sweep(handlers, NOON) == 1
        assert await keys(handlers) == ["a", "b"]

    with_table(body)


def test_items_go_a_few_at_a_time_oldest_first():
    async def body(handlers):
        for number in range(25):
            await put(handlers, f"{number:02}", int(NOON) - number, g={"S": "x"})
        assert await sweep(handlers, NOON, limit=10) == 10
        assert await keys(handlers) == [f"{number:02}" for number in range(15)]
        by_index = {
            "TableName": NAME,
            "IndexName": "index",
            "KeyConditionExpression": "g = :g",
            "ExpressionAttributeValues": {":g": {"S": "x"}},
        }
        assert len(await handlers.items("Query", by_index)) == 15
        assert [await sweep(handlers, NOON, limit=10) for _ in range(3)] == [10, 5, 0]

    with_table(body)


def test_what_is_due_is_a_range():
    """The sweep reads what is due, and nothing of the rest of the table."""

    async def body(handlers):
        for number in range(50):
            await put(handlers, str(number), int(NOON) + 10 + number)
        database = handlers.database
        table = database.catalog.table(database.engine.reader, NAME)
        reads = Counting(database.engine.reader)
        assert expiry.due(reads, table.expiry, NOON + 12, 100) == expiry.due(
            database.engine.reader, table.expiry, NOON + 12, 100
        )
        assert reads.rows == 3

    with_table(body)


class Counting:
    """A reader that counts rows."""

    def __init__(self, reader):
        self._reader = reader
        self.rows = 0

    def scan(self, *arguments, **members):
        rows = self._reader.scan(*arguments, **members)
        self.rows += len(rows)
        return rows


def test_a_back_fill_beside_writes():
    async def run():
        async with opened(None, 1) as handlers:
            await handlers("CreateTable", CREATE)
            for number in range(230):
                await put(handlers, str(number), int(NOON) + number % 2)
            await handlers("UpdateTimeToLive", ENABLE)
            reader, catalog = handlers.database.engine.reader, handlers.database.catalog
            assert check(reader).problems == []  # what lacks is being filled
            source = Random(1)
            while (job := reader and backfill.pending(reader)) is not None:
                await handlers.database.engine.write(
                    lambda transaction, space=job.space: backfill.fill_chunk(transaction, catalog, space)
                )
                for _ in range(5):
                    await put(handlers, str(source.randrange(230)), int(NOON) + source.randrange(2))
                await sweep(handlers, NOON, limit=3)
                assert check(reader).problems == []
            while await sweep(handlers, NOON):
                pass
            remaining = await handlers.items("Scan", {"TableName": NAME})
            assert remaining
            assert {item["ttl"]["N"] for item in remaining} == {str(int(NOON) + 1)}

    asyncio.run(run())


def test_disabled_and_enabled_again(tmp_path):
    async def body(handlers):
        await put(handlers, "a", int(NOON))
        await handlers("UpdateTimeToLive", DISABLE)
        assert await sweep(handlers, NOON) == 0
        assert handlers.database.engine.read(time_to_live.tables) == []
        await put(handlers, "b", int(NOON))
        assert check(handlers.database.engine.reader).problems == []
        await handlers("UpdateTimeToLive", ENABLE)
        await settle(handlers)
        assert await sweep(handlers, NOON) == 2

    with_table(body, tmp_path / "data")


def test_nothing_is_left_of_a_deleted_table(tmp_path):
    async def body(handlers):
        await put(handlers, "a", int(NOON))
        await handlers("DeleteTable", {"TableName": NAME})
        assert handlers.database.engine.read(time_to_live.tables) == []
        assert await sweep(handlers, NOON) == 0

    with_table(body, tmp_path / "data")


@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (lambda t, space, key: t.delete(space, key), "the expiry of item"),
        (lambda t, space, key: t.put(space, b"\0" * 8 + key, b""), "1 expiries belong to no item"),
    ],
)
def test_the_check_finds(damage, problem):
    async def run():
        async with opened(None, 1) as handlers:
            await handlers("CreateTable", CREATE)
            await handlers("UpdateTimeToLive", ENABLE)
            await put(handlers, "a", int(NOON))
            database = handlers.database
            space = database.catalog.table(database.engine.reader, NAME).expiry.space
            ((key, _),) = database.engine.reader.scan(space, b"\0", None, limit=9)
            await database.engine.write(lambda transaction: damage(transaction, space, key))
            (found,) = check(database.engine.reader).problems
            assert problem in found

    asyncio.run(run())


def test_an_entry_without_its_item_does_not_stop_the_sweep():
    async def body(handlers):
        await put(handlers, "a", int(NOON))
        database = handlers.database
        space = database.catalog.table(database.engine.reader, NAME).expiry.space
        stray = (int(NOON) - 1).to_bytes(8, "big") + b"nobody"
        await database.engine.write(lambda transaction: transaction.put(space, stray, b""))
        assert await sweep(handlers, NOON) == 2
        assert await keys(handlers) == []

    with_table(body)
