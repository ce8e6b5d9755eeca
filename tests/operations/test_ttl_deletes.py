"""Items expire and go, seen through boto3 on a clock that only the test moves.

Sources: "Using time to live (TTL) in DynamoDB" and "Working with streams and TTL" of the developer guide.
"""

import itertools

import pytest

from harness import feed
from harness.process import eventually

START = 1_700_000_000.0
YEAR = 365 * 86_400
SERVICE = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}

_numbers = itertools.count()


class Table:
    """A table of a server, whose items expire by `ttl`."""

    def __init__(self, server, *, ttl=True):
        self.client, self.server, self.name = server.client(), server, f"expiring-{next(_numbers)}"
        self.client.create_table(
            TableName=self.name,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "g")],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "index",
                    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "ALL"},
                }
            ],
            StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        )
        if ttl:
            self.set_ttl(True)

    def set_ttl(self, enabled):
        specification = {"AttributeName": "ttl", "Enabled": enabled}
        self.client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=specification)

    def put(self, pk, ttl, **attributes):
        item = {"pk": {"S": pk}, "ttl": ttl if isinstance(ttl, dict) else {"N": str(ttl)}, **attributes}
        self.client.put_item(TableName=self.name, Item=item)
        return item

    def get(self, pk):
        return self.client.get_item(TableName=self.name, Key={"pk": {"S": pk}}).get("Item")

    @property
    def keys(self):
        paginator = self.client.get_paginator("scan")
        pages = paginator.paginate(TableName=self.name)
        return {item["pk"]["S"] for page in pages for item in page["Items"]}

    def reach(self, keys):
        """Wait until there are these items and no others."""
        for _ in eventually():
            if self.keys == keys:
                return

    def records(self):
        arn = self.client.describe_table(TableName=self.name)["Table"]["LatestStreamArn"]
        return feed.records(self.server.client("dynamodbstreams"), arn)


@pytest.fixture
def server(start_server):
    return start_server(clock=START)


def checked(server):
    assert server.stop() == 0
    server.check()


def test_items_go_when_their_time_has_come(server):
    table = Table(server)
    now = int(START)
    for name, ttl in {
        "soon": now + 60,
        "later": now + 120,
        "fraction": f"{now + 59}.5",
        "old": now - 5 * YEAR - 1,
        "milliseconds": now * 1000,
        "text": {"S": str(now)},
        "list": {"L": [{"N": str(now)}]},
    }.items():
        table.put(name, ttl)
    forever = {"later", "old", "milliseconds", "text", "list"}
    server.clock.advance(59)
    assert table.keys == forever | {"soon", "fraction"}
    server.clock.advance(1)
    table.reach(forever)
    server.clock.advance(60)
    table.reach(forever - {"later"})
    checked(server)


def test_an_expired_item_is_an_item_until_it_is_deleted(start_server):
    server = start_server(clock=START, ttl_delay=3_600)
    table = Table(server)
    item = table.put("a", int(START) - 60, g={"S": "x"})
    table.put("canary", int(START) - 3_600)
    table.reach({"a"})  # the sweep has been here
    assert table.get("a") == item
    query = {
        "TableName": table.name,
        "IndexName": "index",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "x"}},
    }
    assert table.client.query(**query)["Items"] == [item]
    table.client.update_item(
        TableName=table.name,
        Key={"pk": {"S": "a"}},
        UpdateExpression="SET seen = :true",
        ConditionExpression="attribute_exists(pk)",
        ExpressionAttributeValues={":true": {"BOOL": True}},
    )
    server.clock.advance(3_540)
    table.reach(set())
    assert table.client.query(**query)["Items"] == []


def test_the_stream_tells_who_deleted_an_item(server):
    table = Table(server)
    item = table.put("a", int(START))
    table.reach(set())
    table.put("b", int(START) + 60)
    table.client.delete_item(TableName=table.name, Key={"pk": {"S": "b"}})
    by_ttl, by_user = (record for record in table.records() if record["eventName"] == "REMOVE")
    assert by_ttl["userIdentity"] == SERVICE
    assert by_ttl["dynamodb"]["OldImage"] == item
    assert "NewImage" not in by_ttl["dynamodb"]
    assert "userIdentity" not in by_user


def test_counts_and_indexes_follow(server):
    table = Table(server)
    for number in range(60):
        table.put(str(number), int(START) + number % 2 * 60, g={"S": "x"})
    for _ in eventually():
        shown = table.client.describe_table(TableName=table.name)["Table"]
        if (shown["ItemCount"], shown["GlobalSecondaryIndexes"][0]["ItemCount"]) == (30, 30):
            break
    checked(server)


def test_enabled_on_a_table_with_items(server):
    table = Table(server, ttl=False)
    for number in range(250):
        table.put(str(number), int(START) + number % 2 * 60)
    table.set_ttl(True)
    table.reach({str(number) for number in range(1, 250, 2)})
    checked(server)


def test_disabled_while_items_wait(server):
    table, other = Table(server), Table(server)
    table.put("a", int(START) + 60)
    other.put("b", int(START) + 60)
    table.set_ttl(False)
    server.clock.advance(60)
    other.reach(set())
    assert table.keys == {"a"}
    table.set_ttl(True)
    table.reach(set())
    checked(server)


def test_another_attribute(server):
    table = Table(server)
    table.put("a", int(START) + 60, other={"N": str(int(START))})
    table.set_ttl(False)
    specification = {"AttributeName": "other", "Enabled": True}
    table.client.update_time_to_live(TableName=table.name, TimeToLiveSpecification=specification)
    table.put("b", int(START))
    table.reach({"b"})


def test_what_expires_while_the_server_is_down(server):
    table = Table(server)
    for number in range(40):
        table.put(str(number), int(START) + 60)
    server.kill()
    server.clock.advance(60)
    server.start()
    table.reach(set())
    checked(server)


def test_killed_while_deleting(server):
    table = Table(server)
    keys = {f"{number:04}" for number in range(500)}
    for start in range(0, 500, 25):
        puts = [
            {"PutRequest": {"Item": {"pk": {"S": key}, "g": {"S": "x"}, "ttl": {"N": str(int(START) + 60)}}}}
            for key in sorted(keys)[start : start + 25]
        ]
        table.client.batch_write_item(RequestItems={table.name: puts})
    server.clock.advance(60)
    for _ in eventually(pause=0.0):
        if len(table.keys) < 500:
            break
    server.kill()
    server.check()
    server.start()
    table.reach(set())
    removed = [record for record in table.records() if record["eventName"] == "REMOVE"]
    assert {record["dynamodb"]["Keys"]["pk"]["S"] for record in removed} == keys
    assert len(removed) == 500
    checked(server)


def test_a_deleted_table_takes_its_expiries_along(server):
    table = Table(server)
    table.put("a", int(START) + 60)
    table.client.delete_table(TableName=table.name)
    checked(server)


def test_nothing_expires_while_ttl_is_being_enabled(start_server):
    server = start_server(clock=START, lifecycle_delay=100)
    table, other = Table(server, ttl=False), Table(server, ttl=False)
    server.clock.advance(100)
    other.set_ttl(True)
    server.clock.advance(99)
    table.set_ttl(True)
    for each in (table, other):
        each.put("a", int(START))
    server.clock.advance(1)
    other.reach(set())
    shown = table.client.describe_time_to_live(TableName=table.name)["TimeToLiveDescription"]
    assert shown == {"TimeToLiveStatus": "ENABLING", "AttributeName": "ttl"}
    assert table.keys == {"a"}
    server.clock.advance(99)
    table.reach(set())
