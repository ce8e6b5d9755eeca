"""Background jobs of a real server: they end what a killed one began."""

import asyncio

import pytest

from harness.handlers import opened
from harness.process import eventually
from stator.storage.open import open_reader
from stator.storage.sqlite import own
from stator.tables import backfill, counters
from stator.tables.keyspace import FIRST_TABLE_SPACE

NAME = "things"
ITEMS = 12_000
CREATE = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
}
NEW_INDEX = {
    "TableName": NAME,
    "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
    "GlobalSecondaryIndexUpdates": [
        {
            "Create": {
                "IndexName": "index",
                "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }
        }
    ],
}


def fill(data):
    """A table with items, made without a server; all of them belong into the index that is to come."""

    async def scenario():
        async with opened(data, 1) as handlers:
            await handlers("CreateTable", CREATE)
            for start in range(0, ITEMS, 25):
                puts = [
                    {"PutRequest": {"Item": {"pk": {"S": f"{number}"}, "g": {"S": f"g{number % 7}"}}}}
                    for number in range(start, start + 25)
                ]
                await handlers("BatchWriteItem", {"RequestItems": {NAME: puts}})

    asyncio.run(scenario())


@pytest.fixture
def server(start_server):
    """A server with a full table."""
    server = start_server()
    assert server.stop() == 0
    fill(server.data)
    return server.start()


def index_of(client):
    (index,) = client.describe_table(TableName=NAME)["Table"]["GlobalSecondaryIndexes"]
    return index


def test_a_killed_back_fill_goes_on(server):
    client = server.client()
    client.update_table(**NEW_INDEX)
    server.kill()
    with open_reader(server.data) as reader:
        assert [job.table for job in backfill.all_pending(reader)] == [NAME], "it was over before the kill"
    server.check()
    server.start()
    for number in range(0, ITEMS, 60):  # beside the back-fill
        client.update_item(
            TableName=NAME,
            Key={"pk": {"S": f"{number}"}},
            UpdateExpression="SET g = :g",
            ExpressionAttributeValues={":g": {"S": "other"}},
        )
    for _ in eventually():
        if index_of(client)["IndexStatus"] == "ACTIVE":
            break
    assert index_of(client)["ItemCount"] == ITEMS
    others = client.query(
        TableName=NAME,
        IndexName="index",
        Select="COUNT",
        KeyConditionExpression="g = :g",
        ExpressionAttributeValues={":g": {"S": "other"}},
    )
    assert others["Count"] == ITEMS / 60
    server.check()


def test_killed_again_and_again(server):
    client = server.client()
    client.update_table(**NEW_INDEX)
    for _ in range(3):
        server.kill()
        server.start()
        index_of(client)
    for _ in eventually():
        if index_of(client)["IndexStatus"] == "ACTIVE":
            break
    assert index_of(client)["ItemCount"] == ITEMS
    server.check()


def dropped(data):
    """The spaces that are dropped and not reclaimed yet."""
    with open_reader(data) as reader:
        return set(own.marked(reader, own.DROPPED))


def test_dropped_spaces_are_reclaimed_also_after_a_kill(server):
    client = server.client()
    client.delete_table(TableName=NAME)
    server.kill()
    server.check()
    server.start()
    for _ in eventually():
        if not dropped(server.data):
            break
    client.create_table(**CREATE)
    assert client.scan(TableName=NAME)["Count"] == 0
    with open_reader(server.data) as reader:
        # What was given out before is not given out again.
        assert min(counters.counted(reader)) > FIRST_TABLE_SPACE
    server.check()


def test_counters_are_folded(server):
    client = server.client()
    for _ in eventually():
        with open_reader(server.data) as reader:
            if not counters.is_pending(reader):
                break
    shown = client.describe_table(TableName=NAME)["Table"]
    assert shown["ItemCount"] == ITEMS
