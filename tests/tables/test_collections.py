"""What shares a partition key in a table with local indexes has a size that is kept, and a limit."""

import asyncio
from typing import Any

import pytest

from harness.compiled import pure_python
from harness.handlers import Handlers, opened
from stator.base.errors import ApiError
from stator.operations.dynamodb import items
from stator.tables import item_collections
from stator.tables.check import check

NAME = "albums"
LIMIT_BYTES = 400
EXCEEDED = ("ItemCollectionSizeLimitExceededException", "Collection size exceeded.")


def create(*, local: bool = True) -> dict[str, Any]:
    def keys(second: str) -> list[dict[str, str]]:
        return [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": second, "KeyType": "RANGE"},
        ]

    types = {"pk": "S", "sk": "N"} | ({"l": "S"} if local else {})
    index = {"IndexName": "local", "KeySchema": keys("l"), "Projection": {"ProjectionType": "KEYS_ONLY"}}
    return {
        "TableName": NAME,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": keys("sk"),
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
        ],
    } | ({"LocalSecondaryIndexes": [index]} if local else {})


def item(sort: int, size: int = 0, *, partition: str = "p", **more: Any) -> dict[str, Any]:
    """An item of 8 + `size` bytes besides what is in `more`."""
    return {"pk": {"S": partition}, "sk": {"N": str(sort)}, "d": {"S": "x" * size}} | more


def key(sort: int, *, partition: str = "p") -> dict[str, Any]:
    return {"pk": {"S": partition}, "sk": {"N": str(sort)}}


def size(handlers: Handlers, partition: str = "p") -> int:
    reader = handlers.database.engine.reader
    table = handlers.database.catalog.table(reader, NAME)
    return item_collections.size_of(reader, table, table.key.position(key(1, partition=partition)))


def played(scenario, **settings):
    """Play a scenario on a database of its own, which is whole afterwards."""

    async def play():
        async with opened(None, 1, collection_bytes_max=LIMIT_BYTES, **settings) as handlers:
            await scenario(handlers)
            assert check(handlers.database.engine.reader).problems == []

    asyncio.run(play())


async def put(handlers: Handlers, given: dict[str, Any]) -> Any:
    return await handlers.outcome("PutItem", {"TableName": NAME, "Item": given})


def test_items_and_local_entries_count():
    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        await put(handlers, item(1, 100))
        assert size(handlers) == 108  # pk, p, sk, 1 (a number of two bytes), d and its value
        await put(handlers, item(1, 100, l={"S": "abc"}))
        assert size(handlers) == 112 + 11  # and the entry: pk, p, sk, 1, l and abc
        await put(handlers, item(2, 50))
        await put(handlers, item(1, 7, partition="q"))
        assert (size(handlers), size(handlers, "q")) == (112 + 11 + 58, 15)
        await handlers("DeleteItem", {"TableName": NAME, "Key": key(1)})
        assert size(handlers) == 58
        await handlers("DeleteItem", {"TableName": NAME, "Key": key(2)})
        assert size(handlers) == 0

    played(scenario)


@pytest.mark.parametrize("filling", [392, 393])
def test_the_limit_is_inclusive(filling):
    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        outcome = await put(handlers, item(1, filling))
        assert outcome == ({} if filling == 392 else EXCEEDED)
        assert size(handlers) == (LIMIT_BYTES if filling == 392 else 0)

    played(scenario)


def test_writes_that_grow_a_full_collection_are_refused():
    update = {
        "TableName": NAME,
        "Key": key(1),
        "UpdateExpression": "SET l = :l",
        "ExpressionAttributeValues": {":l": {"S": "abc"}},
    }
    batch = {"RequestItems": {NAME: [{"PutRequest": {"Item": item(2)}}]}}
    shrunk = {"TableName": NAME, "Item": item(1, 391)}

    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        await put(handlers, item(1, 392))
        assert await handlers.outcome("UpdateItem", update) == EXCEEDED
        assert await handlers.outcome("BatchWriteItem", batch) == EXCEEDED
        assert await put(handlers, item(2, partition="q")) == {}
        assert await handlers.outcome("PutItem", shrunk) == {}
        assert size(handlers) == LIMIT_BYTES - 1

    played(scenario)


def test_a_transaction_that_grows_a_full_collection_is_cancelled():
    actions = [
        {"Put": {"TableName": NAME, "Item": item(1, partition="q")}},
        {"Put": {"TableName": NAME, "Item": item(2)}},
    ]

    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        await put(handlers, item(1, 392))
        with pytest.raises(ApiError) as caught:
            await handlers("TransactWriteItems", {"TransactItems": actions})
        assert caught.value.fields == {
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ItemCollectionSizeLimitExceeded", "Message": "Collection size exceeded."},
            ]
        }
        assert (size(handlers), size(handlers, "q")) == (LIMIT_BYTES, 0)

    played(scenario)


@pure_python
def test_the_estimate_is_in_whole_gigabytes(monkeypatch):
    monkeypatch.setattr(items, "_GIGABYTE", 100)
    asked = {"ReturnItemCollectionMetrics": "SIZE"}

    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        write = {"TableName": NAME, "Item": item(1, 180)}
        metrics = (await handlers("PutItem", write | asked))["ItemCollectionMetrics"]
        assert metrics == {"ItemCollectionKey": {"pk": {"S": "p"}}, "SizeEstimateRangeGB": [1.0, 2.0]}
        batch = {"RequestItems": {NAME: [{"PutRequest": {"Item": item(2, 50)}}]}}
        metrics = (await handlers("BatchWriteItem", batch | asked))["ItemCollectionMetrics"]
        assert metrics[NAME][0]["SizeEstimateRangeGB"] == [2.0, 3.0]
        actions = {"TransactItems": [{"Delete": {"TableName": NAME, "Key": key(1)}}]}
        metrics = (await handlers("TransactWriteItems", actions | asked))["ItemCollectionMetrics"]
        assert metrics[NAME][0]["SizeEstimateRangeGB"] == [0.0, 1.0]

    played(scenario)


def test_tables_without_local_indexes_have_no_limit():
    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create(local=False))
        assert await put(handlers, item(1, 1000)) == {}
        assert size(handlers) == 0

    played(scenario)


def test_sizes_go_with_their_table():
    async def scenario(handlers: Handlers) -> None:
        await handlers("CreateTable", create())
        await put(handlers, item(1, 300))
        await handlers("DeleteTable", {"TableName": NAME})
        await handlers("CreateTable", create())
        assert size(handlers) == 0
        while await handlers.database.engine.reclaim(100):
            pass

    played(scenario)


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ((999).to_bytes(8, "big"), "has 108 bytes, and 999 are kept of it"),
        (None, "has 108 bytes, and 0 are kept of it"),
    ],
)
def test_check_finds_a_wrong_size(row, problem):
    async def play():
        async with opened(None, 1) as handlers:
            await handlers("CreateTable", create())
            await put(handlers, item(1, 100))
            engine = handlers.database.engine
            table = handlers.database.catalog.table(engine.reader, NAME)
            partition = table.key.position(key(1))[:16]

            def spoil(transaction):
                if row is None:
                    transaction.delete(table.collections, partition)
                else:
                    transaction.put(table.collections, partition, row)
                transaction.put(table.collections, b"z" * 16, b"\1")

            await engine.write(spoil)
            problems = check(engine.reader).problems
            assert [text.partition(": ")[2] for text in problems] == [
                problem,
                "1 sizes are of no item collection",
            ]

    asyncio.run(play())
