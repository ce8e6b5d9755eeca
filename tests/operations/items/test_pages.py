"""Pages of Query and Scan: where they end, and that the next one goes on there.

Source: docs/operations.md, "Query" and "Scan": a page ends with the item that is the limit's last, or with
which the sizes of the items looked at reach 1 MB; then there is a LastEvaluatedKey, even if nothing follows.
"""

import threading

import pytest

from harness.api import Api, global_index, local_index

PK = {"S": "p"}
QUERY = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": PK}}
MEGABYTE = 1024 * 1024


def numbers(items):
    return [int(item["sk"]["N"]) for item in items]


@pytest.fixture(scope="module")
def small(api):
    """Ten small items in one partition, in a table with two indexes."""
    table = api.table("pk:S sk:N", local_index("local", "pk l"), global_index("global", "g"), l="N", g="S")
    api.put(
        table,
        *(
            {"pk": PK, "sk": {"N": str(n)}, "l": {"N": str(-n)}, "g": {"S": "g"}, "odd": {"BOOL": n % 2 == 1}}
            for n in range(10)
        ),
    )
    return table


def test_last_evaluated_key_though_nothing_follows(api, small):
    request = {"TableName": small} | QUERY
    assert "LastEvaluatedKey" not in api("Query", request)
    assert "LastEvaluatedKey" not in api("Query", request | {"Limit": 11})
    exact = api("Query", request | {"Limit": 10})
    assert exact["LastEvaluatedKey"] == {"pk": PK, "sk": {"N": "9"}}
    after = api("Query", request | {"Limit": 10, "ExclusiveStartKey": exact["LastEvaluatedKey"]})
    assert after == {"Items": [], "Count": 0, "ScannedCount": 0}
    counted = api("Query", request | {"Limit": 3, "Select": "COUNT"})
    assert counted == {"Count": 3, "ScannedCount": 3, "LastEvaluatedKey": {"pk": PK, "sk": {"N": "2"}}}


@pytest.mark.parametrize("forward", [True, False])
def test_start_item_need_not_exist(api, small, forward):
    request = {"TableName": small, "ScanIndexForward": forward} | QUERY

    def rest(number):
        return numbers(
            api("Query", request | {"ExclusiveStartKey": {"pk": PK, "sk": {"N": number}}})["Items"]
        )

    assert rest("4.5") == ([5, 6, 7, 8, 9] if forward else [4, 3, 2, 1, 0])
    assert rest("4") == ([5, 6, 7, 8, 9] if forward else [3, 2, 1, 0])
    assert rest("-1") == (list(range(10)) if forward else [])
    assert rest("10") == ([] if forward else list(range(10))[::-1])


def test_deleted_start_item(api):
    table = api.table("pk:S sk:N")
    api.put(table, *({"pk": PK, "sk": {"N": str(n)}} for n in range(6)))
    page = api("Query", {"TableName": table, "Limit": 3} | QUERY)
    api("DeleteItem", {"TableName": table, "Key": page["LastEvaluatedKey"]})
    request = {"TableName": table, "ExclusiveStartKey": page["LastEvaluatedKey"]}
    assert numbers(api("Query", request | QUERY)["Items"]) == [3, 4, 5]
    assert numbers(api("Scan", request)["Items"]) == [3, 4, 5]


INDEX_KEYS = {"local": {"pk", "sk", "l"}, "global": {"pk", "sk", "g"}}


@pytest.mark.parametrize("name", INDEX_KEYS)
@pytest.mark.parametrize("limit", [1, 3, 9])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_of_an_index(api, small, name, limit, forward):
    condition = QUERY
    if name == "global":
        condition = {"KeyConditionExpression": "g = :p", "ExpressionAttributeValues": {":p": {"S": "g"}}}
    request = {"TableName": small, "IndexName": name, "Limit": limit, "ScanIndexForward": forward} | condition
    first = api("Query", request)
    assert set(first["LastEvaluatedKey"]) == INDEX_KEYS[name]
    assert first["LastEvaluatedKey"].items() <= first["Items"][-1].items()
    found = numbers(api.items("Query", request))
    assert sorted(found) == list(range(10))
    if name == "local":
        assert found == (list(range(10))[::-1] if forward else list(range(10)))
    else:  # The order of equal index keys is not told, but one is the other's reverse.
        request["ScanIndexForward"] = not forward
        assert numbers(api.items("Query", request)) == found[::-1]


def test_pages_and_filter(api, small):
    request = {"TableName": small, "Limit": 3, "FilterExpression": "odd = :t"} | QUERY
    request["ExpressionAttributeValues"] = QUERY["ExpressionAttributeValues"] | {":t": {"BOOL": True}}
    page = api("Query", request)
    assert (numbers(page["Items"]), page["ScannedCount"]) == ([1], 3)
    assert numbers(api.items("Query", request)) == [1, 3, 5, 7, 9]


# One megabyte. Items of 4 + 3 + 3 bytes and a filling (sk has one byte more than half of its digits).


def fill(api, table, sizes):
    """Put items of these sizes, a batch at a time."""
    for number, size in enumerate(sizes):
        item = {"pk": PK, "sk": {"N": str(number)}, "fat": {"S": ""}}
        digits = len(str(number).rstrip("0"))
        used = 3 + 2 + (1 + (digits + 1) // 2) + 3
        item["fat"] = {"S": "x" * (size - used)}
        api.put(table, item)
    return table


def test_item_that_reaches_a_megabyte_is_included(api):
    # Three items of a third of a megabyte, two bytes short of it; the fourth ends the page.
    third = MEGABYTE // 3
    table = fill(api, api.table("pk:S sk:N"), [third] * 6)
    page = api("Query", {"TableName": table, "ReturnConsumedCapacity": "TOTAL"} | QUERY)
    assert numbers(page["Items"]) == [0, 1, 2, 3]
    assert page["LastEvaluatedKey"] == {"pk": PK, "sk": {"N": "3"}}
    assert page["ConsumedCapacity"]["CapacityUnits"] == -(-4 * third // 4096) / 2
    assert numbers(api.items("Query", {"TableName": table} | QUERY)) == list(range(6))


def test_exactly_a_megabyte(api):
    table = fill(api, api.table("pk:S sk:N"), [MEGABYTE // 4] * 5)
    page = api("Query", {"TableName": table} | QUERY)
    assert numbers(page["Items"]) == [0, 1, 2, 3]
    last = api("Query", {"TableName": table, "ExclusiveStartKey": page["LastEvaluatedKey"]} | QUERY)
    assert numbers(last["Items"]) == [4]
    assert "LastEvaluatedKey" not in last


@pytest.fixture(scope="module")
def large(api):
    """250 items of 10 KB: 105 fill a page, and a page takes several slices."""
    return fill(api, api.table("pk:S sk:N", local_index("local", "pk l", "KEYS_ONLY"), l="N"), [10_000] * 250)


def test_long_pages(api, large):
    def page(start, **more):
        request = {"TableName": large, **QUERY, **more}
        if start is not None:
            request["ExclusiveStartKey"] = {"pk": PK, "sk": {"N": str(start)}}
        return api("Query", request)

    assert numbers(page(None)["Items"]) == list(range(105))
    assert numbers(page(104)["Items"]) == list(range(105, 210))
    assert numbers(page(209)["Items"]) == list(range(210, 250))
    assert "LastEvaluatedKey" not in page(209)
    assert numbers(page(None, ScanIndexForward=False)["Items"]) == list(range(145, 250))[::-1]
    assert numbers(page(None, Limit=102)["Items"]) == list(range(102))
    # Neither filter nor projection nor counting makes a page reach farther.
    for more in (
        {"ProjectionExpression": "sk"},
        {"Select": "COUNT"},
        {"FilterExpression": "attribute_not_exists(nothing)"},
        {"FilterExpression": "attribute_exists(nothing)"},
    ):
        found = page(None, **more)
        assert found["ScannedCount"] == 105
        assert found["LastEvaluatedKey"] == {"pk": PK, "sk": {"N": "104"}}


def test_pages_of_an_index_count_its_entries(api, large):
    assert api("Query", {"TableName": large, "IndexName": "local"} | QUERY)["Count"] == 0
    table = api.table("pk:S sk:N", local_index("local", "pk l", "KEYS_ONLY"), l="N")
    for number in range(110):
        item = {"pk": PK, "sk": {"N": str(number)}, "l": {"N": "1"}, "fat": {"S": "x" * 10_000}}
        api.put(table, item)
    whole = {"TableName": table, "IndexName": "local"} | QUERY
    assert api("Query", whole)["Count"] == 110
    assert api("Query", whole | {"ProjectionExpression": "fat"})["Count"] == 110
    assert api("Query", {"TableName": table} | QUERY)["Count"] == 105


def test_pages_beside_writers(server, api, large):
    """What is not written to is in the pages exactly once, whatever comes and goes around it."""
    stopped = threading.Event()
    failures = []

    def write():
        with server.connect() as wire:
            writer = Api(wire)
            while not stopped.is_set():
                for number in range(0, 250, 7):
                    key = {"pk": PK, "sk": {"N": f"{number}.5"}}
                    try:
                        writer("PutItem", {"TableName": large, "Item": key | {"fat": {"S": "y" * 5000}}})
                        writer("DeleteItem", {"TableName": large, "Key": key})
                    except Exception as error:
                        failures.append(error)
                        return

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for _ in range(5):
            for operation, condition in (("Query", QUERY), ("Scan", {})):
                items = api.items(operation, {"TableName": large} | condition)
                assert [item for item in numbers_text(items) if "." not in item] == [
                    str(n) for n in range(250)
                ]
    finally:
        stopped.set()
        thread.join()
    assert failures == []


def numbers_text(items):
    return [item["sk"]["N"] for item in items]
