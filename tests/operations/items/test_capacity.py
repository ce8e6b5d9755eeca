"""ConsumedCapacity, to the unit.

Source: docs/operations.md, "ConsumedCapacity": a read unit is 4 KB, and half as much for an eventually
consistent read; a write unit is 1 KB of the larger of the item before and after; an index costs by what its
entries are.
"""

import pytest

from harness.api import global_index, local_index


@pytest.fixture(scope="module")
def table(api):
    return api.table(
        "pk:S sk:N",
        local_index("lsi", "pk l", "KEYS_ONLY"),
        global_index("gsi", "g", "INCLUDE", "shown"),
        global_index("all", "h", "ALL"),
        l="S",
        g="S",
        h="S",
    )


def key(number):
    return {"pk": {"S": "k"}, "sk": {"N": str(number)}}  # 3 + 4 bytes


def padded(number, size, **more):
    """An item of exactly `size` bytes, if `more` is not given."""
    return key(number) | {"fat": {"S": "x" * (size - 3 - 4 - 3)}} | more


def total(reply):
    assert reply["ConsumedCapacity"].keys() == {"TableName", "CapacityUnits"}
    return reply["ConsumedCapacity"]["CapacityUnits"]


def arms(reply):
    """(total, table, local, global) of a reply to INDEXES."""
    return arms_of(reply["ConsumedCapacity"])


def arms_of(consumed):
    flat = {
        kind: {name: arm["CapacityUnits"] for name, arm in consumed.get(kind, {}).items()}
        for kind in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes")
    }
    units = consumed["CapacityUnits"]
    table = consumed["Table"]["CapacityUnits"]
    assert units == table + sum(sum(indexes.values()) for indexes in flat.values())
    return units, table, flat["LocalSecondaryIndexes"], flat["GlobalSecondaryIndexes"]


# Reads.


@pytest.mark.parametrize(("size", "units"), [(100, 1), (4096, 1), (4097, 2), (40_960, 10), (40_961, 11)])
def test_get(api, table, size, units):
    api.put(table, padded(1, size))
    request = {"TableName": table, "Key": key(1), "ReturnConsumedCapacity": "TOTAL"}
    assert total(api("GetItem", request)) == units / 2
    assert total(api("GetItem", request | {"ConsistentRead": True})) == units
    # Neither a projection nor the table's indexes change what was read.
    request["ProjectionExpression"] = "sk"
    assert total(api("GetItem", request)) == units / 2
    assert arms(api("GetItem", request | {"ReturnConsumedCapacity": "INDEXES"})) == (
        units / 2,
        units / 2,
        {},
        {},
    )


def test_get_of_nothing(api, table):
    request = {"TableName": table, "Key": key(404), "ReturnConsumedCapacity": "TOTAL"}
    assert api("GetItem", request) == {"ConsumedCapacity": {"TableName": table, "CapacityUnits": 0.5}}
    assert total(api("GetItem", request | {"ConsistentRead": True})) == 1
    assert api("GetItem", request | {"ReturnConsumedCapacity": "NONE"}) == {}


def test_batch_get(api, table):
    api.put(table, padded(1, 4097), padded(2, 100))
    other = api.table()
    request = {
        "RequestItems": {
            table: {"Keys": [key(1), key(2), key(404)], "ConsistentRead": True},
            other: {"Keys": [{"pk": {"S": "a"}}, {"pk": {"S": "b"}}]},
        },
        "ReturnConsumedCapacity": "TOTAL",
    }
    assert api("BatchGetItem", request)["ConsumedCapacity"] == [
        {"TableName": table, "CapacityUnits": 2 + 1 + 1},
        {"TableName": other, "CapacityUnits": 0.5 + 0.5},
    ]
    detailed = api("BatchGetItem", request | {"ReturnConsumedCapacity": "INDEXES"})["ConsumedCapacity"]
    assert [entry["Table"] for entry in detailed] == [{"CapacityUnits": 4}, {"CapacityUnits": 1}]
    assert "ConsumedCapacity" not in api("BatchGetItem", request | {"ReturnConsumedCapacity": "NONE"})


def query(table, **more):
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :k",
        "ExpressionAttributeValues": {":k": {"S": "q"}},
        "ReturnConsumedCapacity": "INDEXES",
        **more,
    }


def test_query_adds_up_sizes_first(api):
    table = api.table("pk:S sk:N", local_index("lsi", "pk l", "KEYS_ONLY"), l="S")
    item = {"pk": {"S": "q"}, "l": {"S": "x"}, "fat": {"S": "x" * 1000}}
    api.put(table, *(item | {"sk": {"N": str(number)}} for number in range(1, 10)))
    # Nine items of 3 + 4 + 2 + 1003 bytes: 9,108 in all, so three units; nine of 9 bytes in the index: one.
    assert arms(api("Query", query(table))) == (1.5, 1.5, {}, {})
    assert arms(api("Query", query(table, ConsistentRead=True))) == (3, 3, {}, {})
    assert arms(api("Query", query(table, Select="COUNT"))) == (1.5, 1.5, {}, {})
    filtered = query(table, FilterExpression="attribute_exists(nothing)")
    assert arms(api("Query", filtered)) == (1.5, 1.5, {}, {})
    assert arms(api("Query", query(table, IndexName="lsi"))) == (0.5, 0, {"lsi": 0.5}, {})
    # What the index lacks is fetched, item by item.
    fetched = query(table, IndexName="lsi", Select="ALL_ATTRIBUTES")
    assert arms(api("Query", fetched)) == (5, 9 * 0.5, {"lsi": 0.5}, {})
    fetched = query(table, IndexName="lsi", ProjectionExpression="fat", ConsistentRead=True)
    assert arms(api("Query", fetched)) == (10, 9, {"lsi": 1}, {})
    held = query(table, IndexName="lsi", ProjectionExpression="l, sk")
    assert arms(api("Query", held)) == (0.5, 0, {"lsi": 0.5}, {})
    scan = {"TableName": table, "ReturnConsumedCapacity": "TOTAL"}
    assert total(api("Scan", scan)) == 1.5
    assert total(api("Scan", scan | {"IndexName": "lsi", "Select": "ALL_ATTRIBUTES"})) == 5


def test_empty_query_and_scan(api):
    table = api.table("pk:S sk:N", global_index("gsi", "g"), g="S")
    assert arms(api("Query", query(table))) == (0.5, 0.5, {}, {})
    assert arms(api("Query", query(table, ConsistentRead=True))) == (1, 1, {}, {})
    assert total(api("Scan", {"TableName": table, "ReturnConsumedCapacity": "TOTAL"})) == 0.5
    scan = {"TableName": table, "IndexName": "gsi", "ReturnConsumedCapacity": "INDEXES"}
    assert arms(api("Scan", scan)) == (0.5, 0, {}, {"gsi": 0.5})


# Writes.


def put(table, item, **more):
    return {"TableName": table, "Item": item, "ReturnConsumedCapacity": "INDEXES", **more}


def test_put_costs_the_larger_item(api, table):
    def units(size):
        return total(api("PutItem", put(table, padded(9, size), ReturnConsumedCapacity="TOTAL")))

    assert [units(size) for size in (1024, 1025, 100, 100, 3000, 2000)] == [1, 2, 2, 1, 3, 3]


def test_delete_and_update(api, table):
    api.put(table, padded(10, 2049))
    request = {"TableName": table, "Key": key(10), "ReturnConsumedCapacity": "TOTAL"}
    assert total(api("UpdateItem", request | {"UpdateExpression": "SET sk2 = sk"})) == 3
    assert total(api("UpdateItem", request | {"UpdateExpression": "REMOVE fat"})) == 3
    assert total(api("UpdateItem", request | {"UpdateExpression": "REMOVE fat"})) == 1
    assert total(api("DeleteItem", request)) == 1
    assert total(api("DeleteItem", request)) == 1
    assert total(api("UpdateItem", request | {"UpdateExpression": "REMOVE fat"})) == 1


def test_indexes_cost_by_their_entries(api, table):
    def write(**attributes):
        item = key(11) | {name: {"S": value} for name, value in attributes.items()}
        return arms(api("PutItem", put(table, item)))

    long = "x" * 1500
    # Into an index: an entry of keys only, of some attributes, of all.
    assert write() == (1, 1, {}, {})
    assert write(l="a") == (2, 1, {"lsi": 1}, {})
    assert write(l="a", g="a", shown=long) == (2 + 2, 2, {}, {"gsi": 2})
    assert write(l="a", g="a", h="a", shown=long, other=long) == (3 + 3, 3, {}, {"all": 3})
    # Nothing changes; what an index does not hold changes; what it holds changes.
    assert write(l="a", g="a", h="a", shown=long, other=long) == (3, 3, {}, {})
    assert write(l="a", g="a", h="a", shown=long) == (3 + 3, 3, {}, {"all": 3})
    assert write(l="a", g="a", h="a", shown="x") == (2 + 2 + 2, 2, {}, {"gsi": 2, "all": 2})
    # An index key changes: the entry is deleted, and another one inserted.
    assert write(l="b", g="a", h="b", shown="x") == (1 + 2 + 2, 1, {"lsi": 2}, {"all": 2})
    # Out of the indexes again.
    assert write(l="b") == (1 + 2, 1, {}, {"gsi": 1, "all": 1})
    deleted = api("DeleteItem", {"TableName": table, "Key": key(11), "ReturnConsumedCapacity": "INDEXES"})
    assert arms(deleted) == (2, 1, {"lsi": 1}, {})


def test_batch_write(api, table):
    other = api.table()
    request = {
        "RequestItems": {
            table: [
                {"PutRequest": {"Item": padded(20, 1025, g={"S": "a"})}},
                {"PutRequest": {"Item": padded(21, 100, g={"S": "a"})}},
                {"DeleteRequest": {"Key": key(404)}},
            ],
            other: [{"PutRequest": {"Item": {"pk": {"S": "a"}}}}],
        },
        "ReturnConsumedCapacity": "INDEXES",
    }
    first, second = api("BatchWriteItem", request)["ConsumedCapacity"]
    assert (first["TableName"], second["TableName"]) == (table, other)
    assert arms_of(first) == (6, 4, {}, {"gsi": 2})
    assert arms_of(second) == (1, 1, {}, {})
    totals = api("BatchWriteItem", request | {"ReturnConsumedCapacity": "TOTAL"})["ConsumedCapacity"]
    assert totals == [
        {"TableName": table, "CapacityUnits": 4},
        {"TableName": other, "CapacityUnits": 1},
    ]


# Item collections.

METRICS = {"ItemCollectionKey": {"pk": {"S": "k"}}, "SizeEstimateRangeGB": [0.0, 1.0]}


def test_item_collection_metrics(api, table, plain):
    size = {"ReturnItemCollectionMetrics": "SIZE"}
    assert api("PutItem", {"TableName": table, "Item": key(30)} | size) == {"ItemCollectionMetrics": METRICS}
    assert api("UpdateItem", {"TableName": table, "Key": key(30)} | size) == {
        "ItemCollectionMetrics": METRICS
    }
    assert api("DeleteItem", {"TableName": table, "Key": key(30)} | size) == {
        "ItemCollectionMetrics": METRICS
    }
    none = {"ReturnItemCollectionMetrics": "NONE"}
    assert api("PutItem", {"TableName": table, "Item": key(30)} | none) == {}
    # Only a table with local indexes has item collections.
    assert api("PutItem", {"TableName": plain, "Item": {"pk": {"S": "k"}}} | size) == {}


def test_item_collection_metrics_of_a_batch(api, table, plain):
    request = {
        "RequestItems": {
            table: [
                {"PutRequest": {"Item": key(40)}},
                {"PutRequest": {"Item": key(41)}},
                {"DeleteRequest": {"Key": {"pk": {"S": "b"}, "sk": {"N": "1"}}}},
            ],
            plain: [{"PutRequest": {"Item": {"pk": {"S": "k"}}}}],
        },
        "ReturnItemCollectionMetrics": "SIZE",
    }
    assert api("BatchWriteItem", request)["ItemCollectionMetrics"] == {
        table: [METRICS, METRICS | {"ItemCollectionKey": {"pk": {"S": "b"}}}]
    }


def test_table_named_by_arn(api, table):
    # Whatever its region; the reply says what the request said.
    arn = f"arn:aws:dynamodb:ap-south-1:000000000000:table/{table}"
    request = {"TableName": arn, "Key": key(1), "ReturnConsumedCapacity": "TOTAL"}
    assert api("GetItem", request)["ConsumedCapacity"]["TableName"] == arn
    batch = {"RequestItems": {arn: {"Keys": [key(1)]}}, "ReturnConsumedCapacity": "TOTAL"}
    reply = api("BatchGetItem", batch)
    assert list(reply["Responses"]) == [arn]
    assert reply["ConsumedCapacity"][0]["TableName"] == arn
