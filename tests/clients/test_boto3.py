"""boto3's client: waiters, paginators and typed exceptions, which stand on what replies look like."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from harness.process import ServerProcess

from .tables import schema, table

Start = Callable[..., ServerProcess]
LIFECYCLE_SECONDS = 5
POLLS = {"Delay": 0, "MaxAttempts": 10}


@pytest.fixture
def slow_client(start_server: Start) -> Any:
    """A client of a server whose tables take their time. Each look at a table takes three seconds of it."""
    server = start_server(memory=True, clock=1_700_000_000.0, lifecycle_delay=LIFECYCLE_SECONDS)
    client = server.client()
    client.seen = []

    def look(http_response: Any, parsed: Any, **_: Any) -> None:
        client.seen.append(parsed.get("Table", {}).get("TableStatus", "none"))
        server.clock.advance(3)

    client.meta.events.register("after-call.dynamodb.DescribeTable", look)
    return client


def test_waiters_see_a_table_come_and_go(slow_client: Any) -> None:
    slow_client.create_table(**table("slow", "id:S"))
    slow_client.get_waiter("table_exists").wait(TableName="slow", WaiterConfig=POLLS)
    assert slow_client.seen == ["CREATING", "CREATING", "ACTIVE"]
    slow_client.seen.clear()
    slow_client.delete_table(TableName="slow")
    slow_client.get_waiter("table_not_exists").wait(TableName="slow", WaiterConfig=POLLS)
    assert slow_client.seen == ["DELETING", "DELETING", "none"]


def test_a_waiter_gives_up(slow_client: Any) -> None:
    with pytest.raises(WaiterError, match="Max attempts exceeded"):
        slow_client.get_waiter("table_exists").wait(TableName="slow", WaiterConfig=POLLS)
    assert slow_client.seen == ["none"] * POLLS["MaxAttempts"]


def test_a_table_is_described_as_it_was_created(client: Any, name: str) -> None:
    asked = table(name, "id:N", CategoryIndex=("category:S", "created_at:S"))
    created = client.create_table(**asked)["TableDescription"]
    assert created["CreationDateTime"].tzinfo is not None
    described = client.describe_table(TableName=name)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["KeySchema"] == asked["KeySchema"]
    assert described["TableArn"] == created["TableArn"]
    assert (described["ItemCount"], described["TableSizeBytes"]) == (0, 0)
    definitions = sorted(described["AttributeDefinitions"], key=lambda row: row["AttributeName"])
    assert definitions == asked["AttributeDefinitions"]
    (index,) = described["GlobalSecondaryIndexes"]
    assert index["IndexStatus"] == "ACTIVE"
    assert index["KeySchema"] == schema("category:S", "created_at:S")


def test_tables_are_listed_in_pages(client: Any, name: str) -> None:
    names = [f"{name}-{number}" for number in range(7)]
    for each in reversed(names):
        client.create_table(**table(each, "id:S"))
    pages = client.get_paginator("list_tables").paginate(PaginationConfig={"PageSize": 3})
    found = [page["TableNames"] for page in pages]
    assert {len(page) for page in found[:-1]} == {3}
    assert [each for page in found for each in page if each.startswith(name)] == names


def fill(client: Any, name: str, count: int) -> list[dict[str, Any]]:
    """A table of one partition with that many items, in order."""
    client.create_table(**table(name, "customer:S", "number:N"))
    items = [
        {"customer": {"S": "ada"}, "number": {"N": str(number)}, "odd": {"BOOL": number % 2 == 1}}
        for number in range(count)
    ]
    for item in items:
        client.put_item(TableName=name, Item=item)
    return items


def ada(name: str, **more: Any) -> dict[str, Any]:
    """Parameters of a query for the partition."""
    return {
        "TableName": name,
        "KeyConditionExpression": "customer = :c",
        "ExpressionAttributeValues": {":c": {"S": "ada"}},
        **more,
    }


def test_a_query_is_read_in_pages(client: Any, name: str) -> None:
    items = fill(client, name, 25)
    paginator = client.get_paginator("query")
    pages = list(paginator.paginate(**ada(name), PaginationConfig={"PageSize": 10}))
    assert [page["Count"] for page in pages] == [10, 10, 5]
    assert [item for page in pages for item in page["Items"]] == items
    assert "LastEvaluatedKey" not in pages[-1]
    backwards = paginator.paginate(
        **ada(name, ScanIndexForward=False), PaginationConfig={"PageSize": 10}
    ).build_full_result()
    assert backwards["Items"] == items[::-1]


def test_a_query_is_resumed_from_a_token(client: Any, name: str) -> None:
    items = fill(client, name, 25)
    paginator = client.get_paginator("query")
    limits = {"PageSize": 10, "MaxItems": 12}
    first = paginator.paginate(**ada(name), PaginationConfig=limits).build_full_result()
    assert first["Items"] == items[:12]
    rest = paginator.paginate(**ada(name), PaginationConfig={"StartingToken": first["NextToken"]})
    assert rest.build_full_result()["Items"] == items[12:]


def test_segments_of_a_scan_are_the_table(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:N"))
    for number in range(40):
        client.put_item(TableName=name, Item={"id": {"N": str(number)}})
    found: list[int] = []
    for segment in range(4):
        pages = client.get_paginator("scan").paginate(
            TableName=name, Segment=segment, TotalSegments=4, PaginationConfig={"PageSize": 5}
        )
        found += [int(item["id"]["N"]) for page in pages for item in page["Items"]]
    assert sorted(found) == list(range(40))


def test_a_missing_table_has_its_exception(client: Any, name: str) -> None:
    with pytest.raises(client.exceptions.ResourceNotFoundException) as raised:
        client.get_item(TableName=name, Key={"id": {"S": "a"}})
    assert raised.value.response["Error"]["Message"] == "Requested resource not found"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert raised.value.response["ResponseMetadata"]["RequestId"]


def test_a_table_that_exists_has_its_exception(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    with pytest.raises(client.exceptions.ResourceInUseException, match="Table already exists"):
        client.create_table(**table(name, "id:S"))


def test_a_failed_condition_brings_the_item(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    item = {"id": {"S": "a"}, "stock": {"N": "3"}}
    client.put_item(TableName=name, Item=item)
    with pytest.raises(client.exceptions.ConditionalCheckFailedException) as raised:
        client.put_item(
            TableName=name,
            Item={"id": {"S": "a"}},
            ConditionExpression="attribute_not_exists(id)",
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    assert raised.value.response["Item"] == item
    assert raised.value.response["Error"]["Message"] == "The conditional request failed"
    assert client.get_item(TableName=name, Key={"id": {"S": "a"}})["Item"] == item


def test_a_broken_rule_is_a_validation_exception(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    with pytest.raises(ClientError, match="Type mismatch for key id expected: S actual: N") as raised:
        client.put_item(TableName=name, Item={"id": {"N": "1"}})
    assert raised.value.response["Error"]["Code"] == "ValidationException"


def test_the_largest_number_is_answered_in_full(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:N"))
    client.put_item(TableName=name, Item={"id": {"N": "1"}, "large": {"N": "9.9E+125"}})
    item = client.get_item(TableName=name, Key={"id": {"N": "1.0"}})["Item"]
    assert item == {"id": {"N": "1"}, "large": {"N": "99" + "0" * 124}}


def test_capacity_is_reported(client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    put = client.put_item(
        TableName=name, Item={"id": {"S": "a"}, "text": {"S": "x" * 2000}}, ReturnConsumedCapacity="TOTAL"
    )
    assert put["ConsumedCapacity"] == {"TableName": name, "CapacityUnits": 2.0}
    got = client.get_item(TableName=name, Key={"id": {"S": "a"}}, ReturnConsumedCapacity="TOTAL")
    assert got["ConsumedCapacity"]["CapacityUnits"] == 0.5
