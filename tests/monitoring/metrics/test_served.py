"""What a server publishes of requests equals what was asked of it, as counted here from the replies."""

import http.client
import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.api import global_index, local_index
from harness.counted import Counted, create, item, key
from harness.crowd import crowd
from harness.metrics import seen
from harness.process import ServerProcess, eventually
from harness.wire import Wire, call

NOON = 1_700_000_040.0
MINUTE = 60
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/orders"
STREAMS = "DynamoDBStreams_20120810"
LONG = {"S": "x" * 5000}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that throttles, whose time stands still."""
    process = ServerProcess(tmp_path, clock=NOON, throttle=True).start()
    try:
        yield process
    finally:
        process.close()


@pytest.fixture
def wire(server: ServerProcess) -> Iterator[Wire]:
    with server.connect() as connection:
        yield connection


def of_items(ask: Counted, table: str) -> None:
    """Single items: more than a unit, none there, by an ARN, with a condition."""
    for number in range(6):
        ask("PutItem", {"TableName": table, "Item": item(number)}, table, writes=True)
    ask("PutItem", {"TableName": table, "Item": {**item(6), "long": LONG}}, table, writes=True)
    for number in (0, 6, 99):
        for consistent in (False, True):
            request = {"TableName": table, "Key": key(number), "ConsistentRead": consistent}
            ask("GetItem", request, table)
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{table}"
    reply = ask("GetItem", {"TableName": arn, "Key": key(1), "ProjectionExpression": "g"}, table)
    assert reply["Item"] == {"g": {"S": "all"}}
    ask(
        "UpdateItem",
        {
            "TableName": table,
            "Key": key(0),
            "UpdateExpression": "SET g = :g",
            "ConditionExpression": "attribute_exists(pk)",
            "ExpressionAttributeValues": {":g": {"S": "other"}},
        },
        table,
        writes=True,
    )
    ask("DeleteItem", {"TableName": table, "Key": key(5)}, table, writes=True)
    ask("DeleteItem", {"TableName": table, "Key": key(50)}, table, writes=True)


def of_pages(ask: Counted, table: str) -> None:
    """Queries and scans, of the table and of its indexes."""
    partition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    ask("Query", {"TableName": table, **partition}, table)
    ask("Query", {"TableName": table, **partition, "Limit": 2, "ConsistentRead": True}, table)
    ask("Query", {"TableName": table, **partition, "IndexName": "local", "Select": "ALL_ATTRIBUTES"}, table)
    of_index = {"KeyConditionExpression": "g = :g", "ExpressionAttributeValues": {":g": {"S": "all"}}}
    ask("Query", {"TableName": table, **of_index, "IndexName": "global", "Select": "COUNT"}, table)
    ask("Scan", {"TableName": table}, table)
    ask("Scan", {"TableName": table, "IndexName": "global", "Limit": 1}, table)


def of_batches(ask: Counted, table: str, other: str) -> None:
    """Several items, of two tables."""
    puts = [{"PutRequest": {"Item": item(number)}} for number in (10, 11, 12)]
    deletes = [{"DeleteRequest": {"Key": key(number)}} for number in (0, 60)]
    ask("BatchWriteItem", {"RequestItems": {table: puts + deletes, other: puts}}, table, other, writes=True)
    keys = {"Keys": [key(10), key(6), key(61)]}
    ask("BatchGetItem", {"RequestItems": {table: keys | {"ConsistentRead": True}, other: keys}}, table, other)


def of_transactions(ask: Counted, table: str, other: str) -> None:
    """Together, each unit twice; what is asked again with its token only reads."""
    request: dict[str, Any] = {
        "TransactItems": [
            {"Put": {"TableName": table, "Item": item(20)}},
            {"Delete": {"TableName": other, "Key": key(10)}},
            {
                "ConditionCheck": {
                    "TableName": other,
                    "Key": key(11),
                    "ConditionExpression": "attribute_exists(pk)",
                }
            },
        ],
        "ClientRequestToken": "once",
    }
    ask("TransactWriteItems", request, table, other, writes=True)
    ask("TransactWriteItems", request, table, other)
    gets = [{"Get": {"TableName": name, "Key": key(20)}} for name in (table, other)]
    ask("TransactGetItems", {"TransactItems": gets}, table, other)


def of_statements(ask: Counted, table: str, other: str) -> None:
    """PartiQL, one by one, in batches and in transactions."""

    def statement(text: str) -> dict[str, Any]:
        return {"Statement": text}

    insert = f"INSERT INTO \"{table}\" VALUE {{'pk': 'q', 'sk': '%s', 'g': 'all'}}"
    select = "SELECT * FROM \"%s\" WHERE pk = 'q' AND sk = '1'"
    ask("ExecuteStatement", statement(insert % 1), table, writes=True)
    ask("ExecuteStatement", statement(f"SELECT * FROM \"{table}\" WHERE pk = 'p'"), table)
    ask("BatchExecuteStatement", {"Statements": [statement(insert % n) for n in (2, 3)]}, table, writes=True)
    twice = [statement(select % table), statement(select % other), statement(select % "not-there")]
    ask("BatchExecuteStatement", {"Statements": twice}, table, other)
    transaction = {"TransactStatements": [statement(insert % 4)]}
    ask("ExecuteTransaction", transaction, table, writes=True)
    reads = {"TransactStatements": [statement(select % table), statement(select % other)]}
    ask("ExecuteTransaction", reads, table, other)


def of_streams(wire: Wire, arn: str) -> tuple[int, int, int]:
    """All records of a stream: how many requests, records and bytes that took."""

    def stream(operation: str, request: dict[str, Any]) -> Any:
        return wire.ask(call(operation, request, x_amz_target=f"{STREAMS}.{operation}")).json

    [shard] = stream("DescribeStream", {"StreamArn": arn})["StreamDescription"]["Shards"]
    place = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
    iterator = stream("GetShardIterator", place)["ShardIterator"]
    requests = records = size = 0
    while True:
        page = stream("GetRecords", {"ShardIterator": iterator, "Limit": 5})
        requests += 1
        if not page["Records"]:
            return requests, records, size
        records += len(page["Records"])
        size += sum(record["dynamodb"]["SizeBytes"] for record in page["Records"])
        iterator = page["NextShardIterator"]


def test_what_succeeds(server: ServerProcess, wire: Wire) -> None:
    indexes = global_index("global", "g"), local_index("local", "pk l", "KEYS_ONLY")
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    described = create(wire, "orders", *indexes, StreamSpecification=stream)
    create(wire, "others")
    ask = Counted(wire)
    of_items(ask, "orders")
    server.clock.advance(MINUTE)
    of_pages(ask, "orders")
    server.clock.advance(MINUTE)
    of_batches(ask, "orders", "others")
    of_transactions(ask, "orders", "others")
    server.clock.advance(3 * MINUTE)
    of_statements(ask, "orders", "others")
    requests, records, size = of_streams(wire, described["LatestStreamArn"])
    assert server.stop() == 0
    assert server.log == ""
    found = seen(server.data)
    ask.check(found)
    of_stream = {
        "TableName": "orders",
        "Operation": "GetRecords",
        "StreamLabel": described["LatestStreamLabel"],
    }
    assert found.samples("SuccessfulRequestLatency", **of_stream) == requests
    assert found.sum("ReturnedRecordsCount", **of_stream) == records
    assert found.sum("ReturnedBytes", **of_stream) == size
    of_query = found.minutes("SuccessfulRequestLatency", TableName="orders", Operation="Query")
    assert list(of_query) == [NOON + MINUTE], "in its own minute"
    assert (
        found.total("SuccessfulRequestLatency", TableName="not-there", Operation="BatchExecuteStatement")
        is None
    )
    assert found.sum("UserErrors") == 0
    assert found.sum("ThrottledRequests", TableName="orders", Operation="PutItem") == 0


def fault(server: ServerProcess, **fields: Any) -> None:
    connection = http.client.HTTPConnection(server.host, server.port)
    try:
        connection.request("POST", "/_stator/faults", json.dumps(fields))
        assert connection.getresponse().status == 200
    finally:
        connection.close()


def mistakes_and_faults(ask: Counted, server: ServerProcess) -> None:
    """What is the caller's own fault, wherever it is found, and what a fault says."""
    for operation, request, error in (
        ("GetItem", {"TableName": "orders", "Key": {}}, "ValidationException"),
        ("PutItem", {"TableName": 1}, "SerializationException"),
        ("PutItem", {"TableName": "not-there", "Item": item(1)}, "ResourceNotFoundException"),
        ("NoSuchOperation", {}, "UnknownOperationException"),
        ("DescribeTable", {"TableName": "not-there"}, "ResourceNotFoundException"),
    ):
        assert ask.refused(operation, request) == error
    fault(server, kind="error", operation="GetItem", count=2)
    for _ in range(2):
        assert ask.refused("GetItem", {"TableName": "orders", "Key": key(1)}, 500) == "InternalServerError"
    fault(server, kind="conflict", operation="UpdateItem", count=1)
    update = {"TableName": "others", "Key": key(1), "AttributeUpdates": {}}
    assert ask.refused("UpdateItem", update) == "TransactionConflictException"
    fault(server, kind="throttle", operation="Query", count=1)
    partition = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}
    assert ask.refused("Query", {"TableName": "others", **partition}) == "ThrottlingException"


def test_what_is_refused(server: ServerProcess, wire: Wire) -> None:
    limited = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    create(wire, "orders", BillingMode="PROVISIONED", ProvisionedThroughput=limited)
    create(wire, "others")
    ask = Counted(wire)
    put = {"TableName": "orders", "Item": {**key(1), "long": {"S": "x" * 150_000}}}
    never = {"ConditionExpression": "attribute_not_exists(pk)"}
    check = {
        "ConditionCheck": {
            "TableName": "others",
            "Key": key(9),
            "ConditionExpression": "attribute_exists(pk)",
        }
    }
    put_other = {"Put": {"TableName": "others", "Item": item(8)}}
    ask("PutItem", put, "orders", writes=True)
    # Conditions; each costs what the item is.
    assert ask.refused("PutItem", put | never) == "ConditionalCheckFailedException"
    ask.units["Write", "orders", ""] += 147
    cancelled = "TransactionCanceledException"
    assert ask.refused("TransactWriteItems", {"TransactItems": [check, put_other]}) == cancelled
    ask.units["Write", "others", ""] += 1
    # Its burst of 300 units is used up.
    ask("PutItem", put, "orders", writes=True)
    exceeded = "ProvisionedThroughputExceededException"
    for _ in range(3):
        assert ask.refused("PutItem", put) == exceeded
    puts = [{"PutRequest": {"Item": item(number)}} for number in range(4)]
    assert ask.refused("BatchWriteItem", {"RequestItems": {"orders": puts}}) == exceeded
    ask("BatchWriteItem", {"RequestItems": {"orders": puts, "others": puts}}, "orders", "others", writes=True)
    both = {"TransactItems": [{"Put": {"TableName": "orders", "Item": item(7)}}, put_other]}
    assert ask.refused("TransactWriteItems", both) == cancelled
    mistakes_and_faults(ask, server)
    assert server.stop() == 0
    found = seen(server.data)
    ask.check(found)
    assert found.sum("ConditionalCheckFailedRequests", TableName="orders") == 1
    assert found.sum("ConditionalCheckFailedRequests", TableName="others") == 1
    events = 3 + 4 + 4 + 1
    for name in ("WriteThrottleEvents", "WriteThrottledEvents", "WriteProvisionedThroughputThrottleEvents"):
        assert found.sum(name, TableName="orders") == events
    assert found.sum("WriteThrottleEvents", TableName="others") == 0
    assert found.sum("ReadThrottleEvents", TableName="orders") == 0
    for operation, times in (("PutItem", 3), ("BatchWriteItem", 1), ("TransactWriteItems", 1)):
        assert found.sum("ThrottledRequests", TableName="orders", Operation=operation) == times
    assert found.sum("SystemErrors", TableName="orders", Operation="GetItem") == 2
    assert found.sum("TransactionConflict", TableName="others") == 1
    for name in ("ReadThrottleEvents", "ReadKeyRangeThroughputThrottleEvents"):
        assert found.sum(name, TableName="others") == 1
    assert found.sum("ThrottledRequests", TableName="others", Operation="Query") == 1
    assert found.sum("UserErrors") == 5


def test_what_goes_on_by_itself(server: ServerProcess, wire: Wire) -> None:
    """Items that expire, and an index that is filled."""
    create(wire, "orders")
    ask = Counted(wire)
    for number in range(5):
        expires = {"N": str(int(NOON) + (1 if number < 3 else 10**6))}
        ask("PutItem", {"TableName": "orders", "Item": {**item(number), "t": expires}}, "orders", writes=True)
    setting = {"AttributeName": "t", "Enabled": True}
    of_table = {"TableName": "orders"}
    ask("UpdateTimeToLive", {**of_table, "TimeToLiveSpecification": setting})
    index = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    update = {
        "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }
    ask("UpdateTable", of_table | update)
    for _ in eventually():
        [shown] = ask("DescribeTable", of_table)["Table"]["GlobalSecondaryIndexes"]
        if shown["IndexStatus"] == "ACTIVE":
            break
    server.clock.advance(MINUTE)
    for _ in eventually():
        if ask("Scan", of_table, "orders")["Count"] == 2:
            break
    assert server.stop() == 0
    found = seen(server.data)
    ask.check(found)
    assert found.minutes("TimeToLiveDeletedItemCount", **of_table) == {NOON + MINUTE: 3}
    of_index = {**of_table, "GlobalSecondaryIndexName": "by-g"}
    assert found.sum("OnlineIndexConsumedWriteCapacity", **of_index) == 5
    assert found.sum("OnlineIndexThrottleEvents", **of_index) == 0
    progress = found.total("OnlineIndexPercentageProgress", **of_index)
    assert progress is not None
    assert progress.max == 100


def test_with_two_workers_of_which_both_are_killed(tmp_path: Path) -> None:
    """What was answered is counted, whoever answered it and whatever became of him."""
    server = ServerProcess(tmp_path, workers=2, clock=NOON).start()
    try:
        with server.connect() as first:
            create(first, "orders")
        writes = reads = 0
        for victim in (1, 0, None):
            with crowd(server, 2) as connections:
                for number in range(20):
                    connections("PutItem", {"TableName": "orders", "Item": item(number)})
                    writes += 1
                for reply in connections.all(call("GetItem", {"TableName": "orders", "Key": key(3)})):
                    assert reply.status == 200
                    reads += 1
            server.clock.advance(MINUTE / 2)
            if victim is not None:
                before = server.workers
                os.kill(before[victim], signal.SIGKILL)
                for _ in eventually():
                    if len(server.workers) == 2 and server.workers != before and answers(server):
                        break
        assert server.stop() == 0
    finally:
        server.close()
    found = seen(server.data)
    of_table = {"TableName": "orders"}
    assert found.sum("ConsumedWriteCapacityUnits", **of_table) == writes
    assert found.sum("ConsumedReadCapacityUnits", **of_table) == reads / 2
    for operation, times in (("PutItem", writes), ("GetItem", reads)):
        assert found.samples("SuccessfulRequestLatency", Operation=operation, **of_table) == times
    assert set(found.minutes("ConsumedWriteCapacityUnits", **of_table)) == {NOON, NOON + MINUTE}


def answers(server: ServerProcess) -> bool:
    """Whether a write is answered, and so the process that writes is there."""
    with server.connect() as wire:
        reply = wire.ask(call("TagResource", {"ResourceArn": ARN, "Tags": [{"Key": "k", "Value": "v"}]}))
    return reply.status == 200
