"""What is recorded of each kind of write, and in which form.

Sources: "StreamRecord" and "Record" of the DynamoDB Streams API reference; "Change data capture for DynamoDB
Streams" of the developer guide.
"""

import re

import pytest
from botocore.exceptions import ClientError

from harness.actions import check, delete, pk, put, update
from operations.streams.conftest import START

NUMBER = {"n": {"N": "1"}}
OTHER = {"n": {"N": "2"}}


def shown(record):
    """A record without what differs from one to the next."""
    change = record["dynamodb"]
    return record["eventName"], *(change.get(name) for name in ("Keys", "OldImage", "NewImage"))


def test_a_whole_record(streamed, timed):
    table = streamed(keys="pk sk")
    timed.clock.advance(0.75)
    key = {"pk": {"S": "a"}, "sk": {"S": "é"}}
    table.items.put_item(TableName=table.name, Item=key | {"n": {"N": "1.50"}})
    (record,) = table.records()
    change = record.pop("dynamodb")
    assert re.fullmatch("[0-9a-f]{32}", record.pop("eventID"))
    assert record == {
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
    }
    assert re.fullmatch("[0-9]{21,40}", change.pop("SequenceNumber"))
    made_at = change.pop("ApproximateCreationDateTime").timestamp()
    assert made_at == int(timed.clock.now())
    assert change == {
        "Keys": key,
        "NewImage": key | {"n": {"N": "1.5"}},
        "SizeBytes": 7 + 7 + 4,  # the keys, and the image with them and `n`
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }


@pytest.mark.parametrize(
    ("view", "old", "new"),
    [
        ("KEYS_ONLY", False, False),
        ("NEW_IMAGE", False, True),
        ("OLD_IMAGE", True, False),
        ("NEW_AND_OLD_IMAGES", True, True),
    ],
)
def test_view_types(streamed, view, old, new):
    table = streamed(view)
    table.put("a", **NUMBER)
    table.put("a", **OTHER)
    table.delete("a")
    first, second = pk("a") | NUMBER, pk("a") | OTHER
    assert [shown(record) for record in table.records()] == [
        ("INSERT", pk("a"), None, first if new else None),
        ("MODIFY", pk("a"), first if old else None, second if new else None),
        ("REMOVE", pk("a"), second if old else None, None),
    ]
    key, image = 3, 3 + 3
    assert [record["dynamodb"]["SizeBytes"] for record in table.records()] == [
        key + image * new,
        key + image * (old + new),
        key + image * old,
    ]
    assert {record["dynamodb"]["StreamViewType"] for record in table.records()} == {view}


def test_updates(streamed):
    table = streamed()
    request = {
        "TableName": table.name,
        "Key": pk("a"),
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    table.items.update_item(**request)
    table.items.update_item(**request)
    assert [shown(record) for record in table.records()] == [
        ("INSERT", pk("a"), None, pk("a") | NUMBER),
        ("MODIFY", pk("a"), pk("a") | NUMBER, pk("a") | OTHER),
    ]


def test_what_changes_nothing_is_not_recorded(streamed):
    table = streamed()
    table.put("a", n={"N": "1"}, s={"SS": ["x", "y"]})
    before = table.records()
    table.put("a", n={"N": "1.0"}, s={"SS": ["x", "y"]})
    table.put("a", s={"SS": ["y", "x"]}, n={"N": "1"})  # other bytes, but an equal item
    table.items.update_item(
        TableName=table.name,
        Key=pk("a"),
        UpdateExpression="SET n = :n REMOVE absent",
        ExpressionAttributeValues={":n": {"N": "1"}},
    )
    table.delete("absent")
    with pytest.raises(ClientError, match="conditional"):
        table.items.put_item(TableName=table.name, Item=pk("a"), ConditionExpression="attribute_exists(z)")
    table.items.batch_write_item(
        RequestItems={
            table.name: [
                {"DeleteRequest": {"Key": pk("absent")}},
                {"PutRequest": {"Item": {"pk": {"S": "a"}, "n": {"N": "1"}, "s": {"SS": ["y", "x"]}}}},
            ]
        }
    )
    assert table.records() == before
    table.put("a", n={"N": "2"})
    (_, last) = table.records()
    assert last["dynamodb"]["OldImage"] == {**pk("a"), "n": {"N": "1"}, "s": {"SS": ["y", "x"]}}


def test_batches(streamed):
    one, two = streamed(), streamed("NEW_IMAGE")
    one.put("gone")
    one.items.batch_write_item(
        RequestItems={
            one.name: [{"PutRequest": {"Item": pk("x")}}, {"DeleteRequest": {"Key": pk("gone")}}],
            two.name: [{"PutRequest": {"Item": pk("y")}}],
        }
    )
    assert [shown(record) for record in one.records()[1:]] == [
        ("INSERT", pk("x"), None, pk("x")),
        ("REMOVE", pk("gone"), pk("gone"), None),
    ]
    assert [shown(record) for record in two.records()] == [("INSERT", pk("y"), None, pk("y"))]


def test_transactions(streamed):
    table = streamed()
    table.put("a", **NUMBER)
    table.put("b")
    actions = [
        update(table.name, pk("a"), "SET n = :n", ExpressionAttributeValues={":n": {"N": "2"}}),
        delete(table.name, pk("b")),
        put(table.name, pk("c")),
        check(table.name, pk("d"), "attribute_not_exists(pk)"),
    ]
    request = {"TransactItems": actions, "ClientRequestToken": f"token-{table.name}"}
    table.items.transact_write_items(**request)
    table.items.transact_write_items(**request)  # the same again, which changes nothing
    with pytest.raises(ClientError, match="cancelled"):
        table.items.transact_write_items(
            TransactItems=[put(table.name, pk("e")), check(table.name, pk("a"), "attribute_not_exists(pk)")]
        )
    assert [shown(record) for record in table.records()[2:]] == [
        ("MODIFY", pk("a"), pk("a") | NUMBER, pk("a") | OTHER),
        ("REMOVE", pk("b"), pk("b"), None),
        ("INSERT", pk("c"), None, pk("c")),
    ]


def test_partiql(streamed):
    table = streamed()
    for statement in (
        f"INSERT INTO \"{table.name}\" VALUE {{'pk': 'a', 'n': 1}}",
        f"UPDATE \"{table.name}\" SET n = 1 WHERE pk = 'a'",  # which changes nothing
        f"UPDATE \"{table.name}\" SET n = 2 WHERE pk = 'a'",
    ):
        table.items.execute_statement(Statement=statement)
    insert = f"INSERT INTO \"{table.name}\" VALUE {{'pk': 'b'}}"
    table.items.batch_execute_statement(Statements=[{"Statement": insert}])
    delete_ = f"DELETE FROM \"{table.name}\" WHERE pk = 'a'"
    table.items.execute_transaction(TransactStatements=[{"Statement": delete_}])
    first, second = pk("a") | NUMBER, pk("a") | OTHER
    assert [shown(record) for record in table.records()] == [
        ("INSERT", pk("a"), None, first),
        ("MODIFY", pk("a"), first, second),
        ("INSERT", pk("b"), None, pk("b")),
        ("REMOVE", pk("a"), second, None),
    ]


def test_records_are_visible_at_once_and_in_order(streamed):
    table = streamed()
    iterator = table.iterator("LATEST")
    for number in range(20):
        table.put("a", n={"N": str(number)})
        page = table.read(iterator)
        assert [record["dynamodb"]["NewImage"]["n"]["N"] for record in page["Records"]] == [str(number)]
        iterator = page["NextShardIterator"]
    found = table.records()
    numbers = [int(record["dynamodb"]["SequenceNumber"]) for record in found]
    assert numbers == sorted(set(numbers))
    assert len({record["eventID"] for record in found}) == 20
    assert [record["eventID"] for record in table.records()] == [record["eventID"] for record in found]


def test_a_page_has_at_most_1000_records(streamed):
    table = streamed("KEYS_ONLY")
    for start in range(0, 1025, 25):
        puts = [{"PutRequest": {"Item": pk(f"{number:04}")}} for number in range(start, start + 25)]
        table.items.batch_write_item(RequestItems={table.name: puts})
    first = table.read(table.iterator())
    assert len(first["Records"]) == 1000
    second = table.read(first["NextShardIterator"])
    keys = [record["dynamodb"]["Keys"]["pk"]["S"] for record in first["Records"] + second["Records"]]
    assert keys == [f"{number:04}" for number in range(1025)]
    assert len(table.read(table.iterator(), Limit=7)["Records"]) == 7


def test_a_page_has_at_most_1_mb(streamed):
    table = streamed("NEW_IMAGE")
    body = {"B": b"x" * 400_000}
    for number in range(5):
        table.put(str(number), body=body)
    pages, iterator = [], table.iterator()
    while records := (reply := table.read(iterator))["Records"]:
        pages.append([record["dynamodb"]["Keys"]["pk"]["S"] for record in records])
        iterator = reply["NextShardIterator"]
    assert pages == [["0", "1"], ["2", "3"], ["4"]]


def test_a_record_of_two_large_images(streamed):
    table = streamed()
    for filler in (b"x", b"y"):
        table.put("a", body={"B": filler * 409_000})
    sizes = [record["dynamodb"]["SizeBytes"] for record in table.records()]
    assert sizes == [3 + 3 + 4 + 409_000, 3 + 2 * (3 + 4 + 409_000)]
    assert [len(page) for page in pages_of(table)] == [1, 1]


def pages_of(table):
    iterator = table.iterator()
    while records := (reply := table.read(iterator))["Records"]:
        yield records
        iterator = reply["NextShardIterator"]


def test_the_region_is_the_readers(streamed, timed):
    table = streamed()
    table.put("a")
    elsewhere = timed.client("dynamodbstreams", region="eu-west-3")
    arn = table.arn.replace("us-east-1", "eu-west-3")
    (shard,) = elsewhere.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    reply = elsewhere.get_shard_iterator(
        StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON"
    )
    (record,) = elsewhere.get_records(ShardIterator=reply["ShardIterator"])["Records"]
    assert record["awsRegion"] == "eu-west-3"
    assert timed.clock.now() >= START
