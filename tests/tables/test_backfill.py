"""Filling a new index step by step, beside writers of its keys: in the end it is what it would have been."""

import asyncio
from random import Random

import pytest

from harness.handlers import opened
from stator.storage.open import open_engine
from stator.tables import backfill, counters
from stator.tables.check import check
from stator.tables.keyspace import JOBS

NAME = "things"
CREATE = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
UPDATES = (
    ("SET n = :n", {":n": {"N": "7"}}),
    ("SET g = :g, h = :n", {":g": {"S": "g1"}, ":n": {"N": "7"}}),
    ("SET h = :n", {":n": {"N": "8"}}),
    ("REMOVE g", {}),
)
KEYS = [f"key-{number:03}" for number in range(260)]  # more than two chunks


def index_creation(name="index", projection="ALL"):
    return {
        "TableName": NAME,
        "AttributeDefinitions": [
            {"AttributeName": "g", "AttributeType": "S"},
            {"AttributeName": "h", "AttributeType": "N"},
        ],
        "GlobalSecondaryIndexUpdates": [
            {
                "Create": {
                    "IndexName": name,
                    "KeySchema": [
                        {"AttributeName": "g", "KeyType": "HASH"},
                        {"AttributeName": "h", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": projection},
                }
            }
        ],
    }


def index_deletion(name="index"):
    return {"TableName": NAME, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": name}}]}


def item(key, source):
    """An item that is in the index, or is not, or may not be: attributes are absent or of the wrong type."""
    made = {"pk": {"S": key}, "n": {"N": str(source.randrange(1000))}}
    if source.random() < 0.8:
        too_long = {"S": "x" * 2_049}
        made["g"] = source.choice([{"S": f"g{source.randrange(5)}"}, {"N": "1"}, {"S": ""}, too_long])
    if source.random() < 0.8:
        made["h"] = source.choice([{"N": str(source.randrange(9))}, {"S": "x"}])
    return made


def valid(made):
    return 0 < len(made.get("g", {}).get("S", "")) <= 2_048 and "N" in made.get("h", {})


async def write_something(handlers, source):
    """One write of a drawn key; those that the index forbids are refused, which is as good."""
    key = {"pk": {"S": source.choice(KEYS)}}
    kind = source.random()
    if kind < 0.4:
        await handlers.outcome("PutItem", {"TableName": NAME, "Item": item(key["pk"]["S"], source)})
    elif kind < 0.6:
        await handlers("DeleteItem", {"TableName": NAME, "Key": key})
    else:
        text, values = source.choice(UPDATES)
        update = {"UpdateExpression": text, **({"ExpressionAttributeValues": values} if values else {})}
        await handlers.outcome("UpdateItem", {"TableName": NAME, "Key": key, **update})


async def step(handlers):
    """One step of the back-fill; False once there is nothing to fill."""
    database = handlers.database
    job = database.engine.read(backfill.pending)
    if job is None:
        return False
    await database.engine.write(
        lambda transaction: backfill.fill_chunk(transaction, database.catalog, job.space)
    )
    return True


async def with_items(handlers, source):
    await handlers("CreateTable", CREATE)
    for key in KEYS:
        await handlers("PutItem", {"TableName": NAME, "Item": item(key, source)})


def problems(handlers):
    return handlers.database.engine.read(check).problems


async def described(handlers):
    table = (await handlers("DescribeTable", {"TableName": NAME}))["Table"]
    return table, {index["IndexName"]: index for index in table.get("GlobalSecondaryIndexes", ())}


@pytest.mark.parametrize("projection", ["ALL", "KEYS_ONLY"])
@pytest.mark.parametrize("seed", range(4))
def test_beside_writers(seed, projection):
    async def scenario():
        source = Random(seed)
        async with opened(None, seed) as handlers:
            await with_items(handlers, source)
            await handlers("UpdateTable", index_creation(projection=projection))
            steps = 0
            _, indexes = await described(handlers)
            assert (indexes["index"]["IndexStatus"], indexes["index"]["Backfilling"]) == ("CREATING", True)
            while await step(handlers):
                steps += 1
                for _ in range(60):
                    await write_something(handlers, source)
                assert problems(handlers) == []
                if source.random() < 0.3:
                    await handlers.database.engine.write(counters.fold)
            assert steps > 3
            table, indexes = await described(handlers)
            items = await handlers.items("Scan", {"TableName": NAME})
            entries = await handlers.items("Scan", {"TableName": NAME, "IndexName": "index"})
            expected = {made["pk"]["S"] for made in items if valid(made)}
            assert {entry["pk"]["S"] for entry in entries} == expected
            assert (table["ItemCount"], indexes["index"]["ItemCount"]) == (len(items), len(expected))
            assert indexes["index"]["IndexStatus"] == "ACTIVE"
            assert "Backfilling" not in indexes["index"]
            assert problems(handlers) == []

    asyncio.run(scenario())


def test_an_index_is_not_read_before_it_is_filled():
    async def scenario():
        async with opened(None, 1) as handlers:
            await with_items(handlers, Random(1))
            await handlers("UpdateTable", index_creation())
            refusal = await handlers.outcome("Scan", {"TableName": NAME, "IndexName": "index"})
            assert refusal[0] == "ValidationException"

    asyncio.run(scenario())


def test_an_index_of_an_empty_table_is_full_at_once():
    async def scenario():
        async with opened(None, 1) as handlers:
            await handlers("CreateTable", CREATE)
            await handlers("UpdateTable", index_creation())
            assert not await step(handlers)
            _, indexes = await described(handlers)
            assert indexes["index"]["IndexStatus"] == "ACTIVE"

    asyncio.run(scenario())


@pytest.mark.parametrize("steps", [0, 1, 2])
def test_deleting_the_index_ends_its_back_fill(steps):
    async def scenario():
        async with opened(None, 1) as handlers:
            await with_items(handlers, Random(1))
            await handlers("UpdateTable", index_creation())
            for _ in range(steps):
                await step(handlers)
            other = await handlers.outcome("UpdateTable", index_creation("other"))
            assert other[0] == "LimitExceededException"
            await handlers("UpdateTable", index_deletion())
            assert not await step(handlers)
            assert problems(handlers) == []
            table, indexes = await described(handlers)
            assert (indexes, len(table["AttributeDefinitions"])) == ({}, 1)
            # The name is free again, and nothing of the old entries shows.
            await handlers("UpdateTable", index_creation(projection="KEYS_ONLY"))
            while await step(handlers):
                pass
            assert problems(handlers) == []

    asyncio.run(scenario())


def test_deleting_the_table_ends_the_back_fill():
    async def scenario():
        async with opened(None, 1) as handlers:
            engine = handlers.database.engine
            await with_items(handlers, Random(1))
            await handlers("UpdateTable", index_creation())
            await step(handlers)
            await handlers("DeleteTable", {"TableName": NAME})
            assert engine.reader.scan(JOBS, b"", None, limit=1) == []
            await handlers("CreateTable", CREATE)
            assert not await step(handlers)
            assert problems(handlers) == []

    asyncio.run(scenario())


def test_a_chunk_that_runs_twice_does_no_harm():
    """As when a process stopped after the commit of a chunk and before it knew of it."""

    async def scenario():
        async with opened(None, 1) as handlers:
            database = handlers.database
            await with_items(handlers, Random(1))
            await handlers("UpdateTable", index_creation())
            (space,) = (job.space for job in backfill.all_pending(database.engine.reader))
            await step(handlers)

            def rewound(transaction):
                transaction.delete(JOBS, transaction.scan(JOBS, b"", None, limit=1)[0][0])
                backfill.begin(transaction, NAME, space)

            await database.engine.write(rewound)
            while await step(handlers):
                pass
            assert problems(handlers) == []

    asyncio.run(scenario())


def test_a_back_fill_goes_on_where_it_stopped(tmp_path):
    async def begin():
        async with opened(tmp_path, 1) as handlers:
            await with_items(handlers, Random(1))
            await handlers("UpdateTable", index_creation())
            await step(handlers)
            (job,) = backfill.all_pending(handlers.database.engine.reader)
            return job

    async def go_on():
        async with opened(tmp_path, 2) as handlers:
            (job,) = backfill.all_pending(handlers.database.engine.reader)
            while await step(handlers):
                pass
            return job, problems(handlers)

    stopped_at = asyncio.run(begin())
    assert stopped_at.cursor > b""
    assert asyncio.run(go_on()) == (stopped_at, [])


def test_what_is_not_wanted_any_more():
    async def scenario():
        async with opened(None, 1) as handlers:
            database = handlers.database
            await database.engine.write(lambda transaction: backfill.begin(transaction, "no-table", 99))
            assert await step(handlers)
            assert not await step(handlers)

    asyncio.run(scenario())
    assert open_engine(None).read(backfill.pending) is None
