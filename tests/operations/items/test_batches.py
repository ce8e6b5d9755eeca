"""BatchGetItem and BatchWriteItem: what they do and answer.

Source: docs/operations.md, "BatchGetItem" and "Writes".
"""

import pytest


def key(number):
    return {"pk": {"S": str(number)}}


def test_reads_of_two_tables(api):
    first, second, third = api.table(), api.table("pk:S sk:N"), api.table()
    api.put(first, key(1) | {"a": {"S": "x"}}, key(2))
    api.put(second, key(1) | {"sk": {"N": "1"}, "a": {"S": "x"}, "b": {"S": "y"}})
    request = {
        "RequestItems": {
            first: {"Keys": [key(2), key(404), key(1)], "ConsistentRead": True},
            second: {
                "Keys": [key(1) | {"sk": {"N": "1"}}],
                "ProjectionExpression": "#b",
                "ExpressionAttributeNames": {"#b": "b"},
            },
            third: {"Keys": [key(1)]},
        }
    }
    reply = api("BatchGetItem", request)
    assert reply["UnprocessedKeys"] == {}
    responses = reply["Responses"]
    assert sorted(responses) == sorted([first, second, third])
    assert sorted(responses[first], key=str) == sorted([key(1) | {"a": {"S": "x"}}, key(2)], key=str)
    assert responses[second] == [{"b": {"S": "y"}}]
    assert responses[third] == []


def test_hundred_keys(api):
    table = api.table()
    for start in range(0, 100, 25):
        puts = [{"PutRequest": {"Item": key(number)}} for number in range(start, start + 25)]
        assert api("BatchWriteItem", {"RequestItems": {table: puts}}) == {"UnprocessedItems": {}}
    reads = {"RequestItems": {table: {"Keys": [key(number) for number in range(100)]}}}
    assert len(api("BatchGetItem", reads)["Responses"][table]) == 100


# Forty items of the greatest size, and one that leaves no byte of 16 MB; three more find no room.
SIZES = [409_600] * 40 + [393_216] + [100] * 3
FIT = 41


@pytest.fixture(scope="module")
def large(api):
    """More items than a reply has room for."""
    table = api.table()
    for number, size in enumerate(SIZES):
        identity = key(f"{number:04}")
        api.put(table, identity | {"a": {"S": "x"}, "fat": {"S": "x" * (size - 2 - 4 - 2 - 3)}})
    return table


def test_reply_holds_16_megabytes(api, large):
    small = api.table()
    api.put(small, key(1))
    asked = {
        "Keys": [key(f"{number:04}") for number in range(len(SIZES))],
        "ConsistentRead": True,
        "ProjectionExpression": "#k, a",
        "ExpressionAttributeNames": {"#k": "pk"},
    }
    request = {
        "RequestItems": {large: asked, small: {"Keys": [key(1)]}},
        "ReturnConsumedCapacity": "TOTAL",
    }
    reply = api("BatchGetItem", request)
    # Items count whole, whatever is answered of them; the tables that follow wait too.
    assert [item["pk"]["S"] for item in reply["Responses"][large]] == [
        f"{number:04}" for number in range(FIT)
    ]
    assert reply["Responses"][small] == []
    assert reply["UnprocessedKeys"] == {
        large: asked | {"Keys": asked["Keys"][FIT:]},
        small: {"Keys": [key(1)]},
    }
    assert reply["ConsumedCapacity"][0]["CapacityUnits"] == 16 * 1024 * 1024 // 4096
    rest = api("BatchGetItem", {"RequestItems": reply["UnprocessedKeys"]})
    assert len(rest["Responses"][large]) == 3
    assert rest["Responses"][small] == [key(1)]
    assert rest["UnprocessedKeys"] == {}


def test_writes_of_two_tables(api):
    first, second = api.table(), api.table()
    api.put(first, key(1) | {"old": {"S": "x"}}, key(2))
    request = {
        "RequestItems": {
            first: [
                {"PutRequest": {"Item": key(1) | {"new": {"S": "x"}}}},
                {"DeleteRequest": {"Key": key(2)}},
                {"DeleteRequest": {"Key": key(404)}},
            ],
            second: [{"PutRequest": {"Item": key(1) | {"n": {"N": "1.0"}}}}],
        }
    }
    assert api("BatchWriteItem", request) == {"UnprocessedItems": {}}
    assert api("Scan", {"TableName": first})["Items"] == [key(1) | {"new": {"S": "x"}}]
    assert api("Scan", {"TableName": second})["Items"] == [key(1) | {"n": {"N": "1"}}]


def test_through_an_sdk(client, api):
    """boto3's own batch writer and paginator."""
    table = api.table("pk:S sk:N")
    requests = [
        {"PutRequest": {"Item": {"pk": {"S": "p"}, "sk": {"N": str(number)}}}} for number in range(25)
    ]
    assert client.batch_write_item(RequestItems={table: requests})["UnprocessedItems"] == {}
    pages = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="pk = :p",
        ExpressionAttributeValues={":p": {"S": "p"}},
        PaginationConfig={"PageSize": 4},
    )
    assert [int(item["sk"]["N"]) for page in pages for item in page["Items"]] == list(range(25))
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as failure:
        client.put_item(
            TableName=table,
            Item=requests[0]["PutRequest"]["Item"],
            ConditionExpression="attribute_not_exists(pk)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert failure.value.response["Item"] == requests[0]["PutRequest"]["Item"]
