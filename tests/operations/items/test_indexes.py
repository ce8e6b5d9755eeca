"""Secondary indexes follow every kind of change; each holds what its projection says.

Source: docs/operations.md, "Secondary indexes": an item is in an index if it has all of the index's keys.
"""

import pytest

from harness.api import global_index, local_index

KEY = {"pk": {"S": "p"}, "sk": {"N": "1"}}


@pytest.fixture
def table(api):
    return api.table(
        "pk:S sk:N",
        local_index("local", "pk l", "INCLUDE", "kept"),
        global_index("keys", "g", "KEYS_ONLY"),
        global_index("some", "g h", "INCLUDE", "kept"),
        global_index("whole", "h", "ALL"),
        l="S",
        g="S",
        h="N",
    )


def entries(api, table):
    """What each index holds."""
    return {
        index: api.items("Scan", {"TableName": table, "IndexName": index})
        for index in ("local", "keys", "some", "whole")
    }


def update(api, table, expression, **values):
    request = {"TableName": table, "Key": KEY, "UpdateExpression": expression}
    if values:
        request["ExpressionAttributeValues"] = {f":{name}": value for name, value in values.items()}
    api("UpdateItem", request)


def test_every_change(api, table):
    nothing = {"local": [], "keys": [], "some": [], "whole": []}
    item = KEY | {"kept": {"S": "k"}, "lost": {"S": "l"}}
    api.put(table, item)
    assert entries(api, table) == nothing

    update(api, table, "SET g = :g", g={"S": "g1"})
    assert entries(api, table) == nothing | {"keys": [KEY | {"g": {"S": "g1"}}]}

    update(api, table, "SET h = :h, l = :l", h={"N": "1"}, l={"S": "l1"})
    keys = KEY | {"g": {"S": "g1"}}
    everything = {
        "local": [KEY | {"l": {"S": "l1"}, "kept": {"S": "k"}}],
        "keys": [keys],
        "some": [keys | {"h": {"N": "1"}, "kept": {"S": "k"}}],
        "whole": [item | {"g": {"S": "g1"}, "h": {"N": "1"}, "l": {"S": "l1"}}],
    }
    assert entries(api, table) == everything

    # A change of what only one index holds; then of an index key; then of a number that is the same.
    update(api, table, "SET lost = :new", new={"S": "new"})
    everything["whole"] = [everything["whole"][0] | {"lost": {"S": "new"}}]
    assert entries(api, table) == everything
    update(api, table, "ADD h :one", one={"N": "1"})
    everything["some"] = [everything["some"][0] | {"h": {"N": "2"}}]
    everything["whole"] = [everything["whole"][0] | {"h": {"N": "2"}}]
    assert entries(api, table) == everything
    update(api, table, "SET h = :two", two={"N": "2.00"})
    assert entries(api, table) == everything

    # Out of some by losing a key, out of all by a put, and by a delete.
    update(api, table, "REMOVE g")
    gone = {"g", "lost"}
    assert entries(api, table)["keys"] == entries(api, table)["some"] == []
    assert entries(api, table)["whole"] == [
        {name: value for name, value in everything["whole"][0].items() if name not in gone}
        | {"lost": {"S": "new"}}
    ]
    api.put(table, KEY | {"l": {"S": "l2"}})
    assert entries(api, table) == nothing | {"local": [KEY | {"l": {"S": "l2"}}]}
    api("DeleteItem", {"TableName": table, "Key": KEY})
    assert entries(api, table) == nothing


def test_batch_writes_follow(api, table):
    item = KEY | {"g": {"S": "g"}, "h": {"N": "1"}}
    api("BatchWriteItem", {"RequestItems": {table: [{"PutRequest": {"Item": item}}]}})
    assert entries(api, table) == {
        "local": [],
        "keys": [KEY | {"g": {"S": "g"}}],
        "some": [item],
        "whole": [item],
    }
    api("BatchWriteItem", {"RequestItems": {table: [{"DeleteRequest": {"Key": KEY}}]}})
    assert not any(entries(api, table).values())


def test_failed_write_leaves_indexes(api, table):
    item = KEY | {"g": {"S": "g"}, "h": {"N": "1"}}
    api.put(table, item)
    before = entries(api, table)
    request = {
        "TableName": table,
        "Key": KEY,
        "UpdateExpression": "SET g = :g, h = l",
        "ExpressionAttributeValues": {":g": {"S": "other"}},
    }
    assert api.refusal("UpdateItem", request)[0] == "ValidationException"
    request |= {"UpdateExpression": "SET g = :g", "ConditionExpression": "attribute_exists(l)"}
    assert api.refusal("UpdateItem", request)[0] == "ConditionalCheckFailedException"
    assert entries(api, table) == before


def test_equal_index_keys_page_once_each(api):
    table = api.table("pk:S", global_index("by_state", "state"), state="S")
    for number in range(25):
        api.put(table, {"pk": {"S": str(number)}, "state": {"S": "open" if number % 5 else "done"}})
    request = {
        "TableName": table,
        "IndexName": "by_state",
        "KeyConditionExpression": "#s = :s",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":s": {"S": "open"}},
    }
    whole = api("Query", request)["Items"]
    assert len(whole) == 20
    for limit in (1, 3, 7, 20):
        assert api.items("Query", request | {"Limit": limit}) == whole
        backwards = request | {"Limit": limit, "ScanIndexForward": False}
        assert api.items("Query", backwards) == whole[::-1]
    # An item that leaves between two pages takes no other with it.
    page = api("Query", request | {"Limit": 5})
    api("DeleteItem", {"TableName": table, "Key": {"pk": page["LastEvaluatedKey"]["pk"]}})
    rest = api.items("Query", request | {"ExclusiveStartKey": page["LastEvaluatedKey"]})
    assert page["Items"] + rest == whole


def test_index_on_the_tables_own_keys(api):
    table = api.table("pk:S sk:S", global_index("inverted", "sk pk", "KEYS_ONLY"))
    for pk in "abc":
        for sk in "xyz":
            api.put(table, {"pk": {"S": pk}, "sk": {"S": sk}, "v": {"S": "v"}})
    request = {
        "TableName": table,
        "IndexName": "inverted",
        "KeyConditionExpression": "sk = :s AND pk > :p",
        "ExpressionAttributeValues": {":s": {"S": "y"}, ":p": {"S": "a"}},
        "Limit": 1,
    }
    assert api.items("Query", request) == [
        {"pk": {"S": "b"}, "sk": {"S": "y"}},
        {"pk": {"S": "c"}, "sk": {"S": "y"}},
    ]
    assert set(api("Query", request)["LastEvaluatedKey"]) == {"pk", "sk"}


def test_item_that_was_there_before_the_index(api):
    # Its attribute has the wrong type for the index, so it is not in it; it may still change elsewhere.
    table = api.table()
    item = {"pk": {"S": "p"}, "g": {"N": "1"}}
    api.put(table, item)
    create = {
        "TableName": table,
        "AttributeDefinitions": [{"AttributeName": "g", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": global_index("late", "g").definition}],
    }
    api("UpdateTable", create)
    update = {
        "TableName": table,
        "Key": {"pk": {"S": "p"}},
        "UpdateExpression": "SET a = :a",
        "ExpressionAttributeValues": {":a": {"N": "2"}},
        "ReturnValues": "ALL_NEW",
    }
    assert api("UpdateItem", update)["Attributes"] == item | {"a": {"N": "2"}}
    mismatch = (
        "ValidationException",
        "One or more parameter values were invalid: "
        "Type mismatch for Index Key g Expected: S Actual: N IndexName: late",
    )
    assert api.refusal("UpdateItem", update | {"UpdateExpression": "SET g = :a"}) == mismatch
    assert api.refusal("PutItem", {"TableName": table, "Item": item}) == mismatch
