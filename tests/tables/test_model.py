"""A table behaves as a dict does: after random writes, every kind of read finds what a plain model has."""

import asyncio
from base64 import b64decode
from decimal import Decimal
from random import Random

import pytest

from harness.handlers import Handlers, opened
from harness.histories import CREATE, INDEXES, NAME, PARTITIONS, SORTS, drawn, position

ROUNDS = 25
WRITES_PER_ROUND = 12


def sort_value(value):
    """What a key attribute's value is ordered by."""
    ((kind, content),) = value.items()
    decoders = {"S": str.encode, "N": Decimal, "B": b64decode}
    return decoders[kind](content)


def same_items(found, expected):
    def by_key(items):
        return sorted(items, key=position)

    return by_key(found) == by_key(expected)


async def check_items(handlers: Handlers, table):
    for partition in PARTITIONS:
        for sort in SORTS:
            key = {"pk": {"S": partition}, "sk": {"N": sort}}
            reply = await handlers("GetItem", {"TableName": NAME, "Key": key})
            assert reply.get("Item") == table.get(position(key))
    assert same_items(await handlers.items("Scan", {"TableName": NAME}), table.values())
    keys = [{"pk": {"S": partition}, "sk": {"N": sort}} for partition in PARTITIONS for sort in SORTS]
    batch = await handlers("BatchGetItem", {"RequestItems": {NAME: {"Keys": keys}}})
    assert same_items(batch["Responses"][NAME], table.values())


async def check_ranges(handlers: Handlers, table, source):
    """Queries of drawn ranges, in drawn pages and directions."""
    conditions = {
        "sk = :s": lambda sort, low, high: sort == low,
        "sk < :s": lambda sort, low, high: sort < low,
        "sk <= :s": lambda sort, low, high: sort <= low,
        "sk > :s": lambda sort, low, high: sort > low,
        "sk >= :s": lambda sort, low, high: sort >= low,
        "sk BETWEEN :s AND :t": lambda sort, low, high: low <= sort <= high,
    }
    for partition in PARTITIONS:
        text, holds = source.choice(sorted(conditions.items()))
        low, high = sorted(map(Decimal, source.sample(SORTS, 2)))
        forward = source.random() < 0.5
        values = {":p": {"S": partition}, ":s": {"N": str(low)}}
        if ":t" in text:
            values[":t"] = {"N": str(high)}
        request = {
            "TableName": NAME,
            "KeyConditionExpression": f"pk = :p AND {text}",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": forward,
            "Limit": source.choice((1, 2, 100)),
        }
        expected = [
            item for (pk, sort), item in sorted(table.items()) if pk == partition and holds(sort, low, high)
        ]
        assert await handlers.items("Query", request) == (expected if forward else expected[::-1])


async def check_indexes(handlers: Handlers, table, source):
    for name, index in INDEXES.items():
        entries = [
            {
                attribute: item[attribute]
                for attribute in item
                if index.kept is None or attribute in index.kept
            }
            for item in table.values()
            if all(attribute in item for attribute in index.hash + index.range)
        ]
        request = {"TableName": NAME, "IndexName": name, "Limit": source.choice((1, 3, 100))}
        assert same_items(await handlers.items("Scan", request), entries)
        groups = {tuple(sort_value(entry[key]) for key in index.hash) for entry in entries}
        for group in sorted(groups):
            members = [
                entry for entry in entries if tuple(sort_value(entry[key]) for key in index.hash) == group
            ]
            query = request | {
                "KeyConditionExpression": " AND ".join(f"{key} = :{key}" for key in index.hash),
                "ExpressionAttributeValues": {f":{key}": members[0][key] for key in index.hash},
            }
            found = await handlers.items("Query", query)
            assert same_items(found, members)
            orders = [tuple(sort_value(entry[key]) for key in index.range) for entry in found]
            assert orders == sorted(orders)
            assert await handlers.items("Query", query | {"ScanIndexForward": False}) == found[::-1]


async def check_segments(handlers: Handlers, table, source):
    total = source.randint(1, 9)
    request = {"TableName": NAME, "TotalSegments": total, "Limit": source.choice((1, 100))}
    found = []
    for segment in range(total):
        found += await handlers.items("Scan", request | {"Segment": segment})
    assert same_items(found, table.values())


async def play(seed, data):
    source = Random(seed)
    table = {}
    async with opened(data, seed) as handlers:
        await handlers("CreateTable", CREATE)
        for _ in range(ROUNDS):
            for write in drawn(source, WRITES_PER_ROUND):
                outcome = await handlers.outcome(write.operation, write.request)
                failed = outcome == ("ConditionalCheckFailedException", "The conditional request failed")
                assert isinstance(outcome, dict) or failed, (outcome, write)
                assert write.effect(table) is not failed
            await check_items(handlers, table)
            await check_ranges(handlers, table, source)
            await check_indexes(handlers, table, source)
            await check_segments(handlers, table, source)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("engine", ["memory", "sqlite"])
def test_table_is_a_dict(engine, seed, tmp_path):
    asyncio.run(play(seed, tmp_path if engine == "sqlite" else None))
