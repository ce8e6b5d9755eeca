"""PutItem, UpdateItem and DeleteItem: what they leave, and what they return.

Source: docs/operations.md, "Writes"; docs/expressions.md, "UpdateExpression" and
"ReturnValuesOnConditionCheckFailure".
"""

import pytest

KEY = {"pk": {"S": "w"}}
ITEM = KEY | {
    "n": {"N": "1"},
    "m": {"M": {"a": {"S": "x"}, "b": {"S": "y"}}},
    "l0": {"L": [{"S": "0"}, {"S": "1"}, {"S": "2"}]},
    "s": {"SS": ["a", "b"]},
}


@pytest.fixture
def table(api, plain):
    """A table with the one item, restored after each test."""
    api.put(plain, ITEM)
    yield plain
    api("DeleteItem", {"TableName": plain, "Key": KEY})


def item(api, table, key=KEY):
    return api("GetItem", {"TableName": table, "Key": key}).get("Item")


# What a put and a delete return.


@pytest.mark.parametrize("mode", [None, "NONE", "ALL_OLD"])
def test_put_replaces(api, table, mode):
    request = {"TableName": table, "Item": KEY | {"new": {"S": "x"}}}
    reply = api("PutItem", request | ({"ReturnValues": mode} if mode else {}))
    assert reply == ({"Attributes": ITEM} if mode == "ALL_OLD" else {})
    assert item(api, table) == request["Item"]


@pytest.mark.parametrize("mode", [None, "NONE", "ALL_OLD"])
def test_delete(api, table, mode):
    request = {"TableName": table, "Key": KEY} | ({"ReturnValues": mode} if mode else {})
    assert api("DeleteItem", request) == ({"Attributes": ITEM} if mode == "ALL_OLD" else {})
    assert item(api, table) is None
    assert api("DeleteItem", request) == {}


def test_first_put_has_no_old_item(api, plain):
    key = {"pk": {"S": "first"}}
    assert api("PutItem", {"TableName": plain, "Item": key, "ReturnValues": "ALL_OLD"}) == {}
    assert api("DeleteItem", {"TableName": plain, "Key": key, "ReturnValues": "ALL_OLD"}) == {
        "Attributes": key
    }


# What an update returns: the expression, the values, and what UPDATED_OLD and UPDATED_NEW show.

VALUE = {":v": {"S": "v"}}
RETURNED = (
    ("SET n = :v", VALUE, {"n": {"N": "1"}}, {"n": {"S": "v"}}),
    ("SET fresh = :v", VALUE, None, {"fresh": {"S": "v"}}),
    ("REMOVE n", {}, {"n": {"N": "1"}}, None),
    ("REMOVE nothing", {}, None, None),
    ("SET m.a = :v", VALUE, {"m": {"M": {"a": {"S": "x"}}}}, {"m": {"M": {"a": {"S": "v"}}}}),
    ("SET m.c = :v", VALUE, None, {"m": {"M": {"c": {"S": "v"}}}}),
    (
        "SET m.a = :v REMOVE m.b",
        VALUE,
        {"m": {"M": {"a": {"S": "x"}, "b": {"S": "y"}}}},
        {"m": {"M": {"a": {"S": "v"}}}},
    ),
    (
        "SET l0[2] = :v, l0[0] = :v",
        VALUE,
        {"l0": {"L": [{"S": "0"}, {"S": "2"}]}},
        {"l0": {"L": [{"S": "v"}, {"S": "v"}]}},
    ),
    ("REMOVE l0[0]", {}, {"l0": {"L": [{"S": "0"}]}}, {"l0": {"L": [{"S": "1"}]}}),
    ("ADD n :v", {":v": {"N": "2"}}, {"n": {"N": "1"}}, {"n": {"N": "3"}}),
    ("DELETE s :v", {":v": {"SS": ["a", "b"]}}, {"s": {"SS": ["a", "b"]}}, None),
    ("SET n = :v REMOVE s", VALUE, {"n": {"N": "1"}, "s": {"SS": ["a", "b"]}}, {"n": {"S": "v"}}),
)


def update(table, expression, values, **more):
    request = {"TableName": table, "Key": KEY, "UpdateExpression": expression, **more}
    return request | ({"ExpressionAttributeValues": values} if values else {})


@pytest.mark.parametrize(("expression", "values", "old", "new"), RETURNED)
def test_update_returns(api, table, expression, values, old, new):
    def returned(mode):
        api.put(table, ITEM)
        return api("UpdateItem", update(table, expression, values, ReturnValues=mode)).get("Attributes")

    assert returned("UPDATED_OLD") == old
    assert returned("UPDATED_NEW") == new
    assert returned("ALL_OLD") == ITEM
    assert returned("ALL_NEW") == item(api, table)
    assert returned("NONE") is None


def test_update_without_an_item(api, plain):
    def ask(number, mode, **more):
        key = {"pk": {"S": f"absent-{number}"}}
        return api("UpdateItem", {"TableName": plain, "Key": key, "ReturnValues": mode, **more})

    setting = {"UpdateExpression": "SET a = :v", "ExpressionAttributeValues": VALUE}
    assert ask(1, "ALL_OLD", **setting) == {}
    assert ask(2, "UPDATED_OLD", **setting) == {}
    assert ask(3, "UPDATED_NEW", **setting) == {"Attributes": {"a": {"S": "v"}}}
    assert ask(4, "ALL_NEW", **setting) == {"Attributes": {"pk": {"S": "absent-4"}, "a": {"S": "v"}}}


def test_update_that_asks_for_nothing_makes_the_item(api, plain):
    key = {"pk": {"S": "bare"}}
    request = {"TableName": plain, "Key": key, "ReturnValues": "ALL_NEW"}
    assert api("UpdateItem", request) == {"Attributes": key}
    assert item(api, plain, key) == key
    assert api("UpdateItem", request | {"AttributeUpdates": {}}) == {"Attributes": key}


@pytest.mark.parametrize("expression", ["REMOVE a", "DELETE a :v", "REMOVE a DELETE b :v"])
def test_update_that_only_takes_away_makes_nothing(api, plain, expression):
    key = {"pk": {"S": "never"}}
    request = {"TableName": plain, "Key": key, "UpdateExpression": expression, "ReturnValues": "ALL_NEW"}
    if ":v" in expression:
        request["ExpressionAttributeValues"] = {":v": {"SS": ["a"]}}
    assert api("UpdateItem", request) == {}
    assert item(api, plain, key) is None


# What conditions see, and what a failure returns.

FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


def requests(table, **more):
    """One request of each kind, with a condition."""
    return {
        "PutItem": {"TableName": table, "Item": KEY, **more},
        "UpdateItem": {"TableName": table, "Key": KEY, **more},
        "DeleteItem": {"TableName": table, "Key": KEY, **more},
    }


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem"])
def test_failed_condition(api, table, operation):
    request = requests(table, ConditionExpression="attribute_not_exists(pk)")[operation]
    assert api.refusal(operation, request) == FAILED
    assert api.error_body(operation, request) == {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "The conditional request failed",
    }
    request["ReturnValuesOnConditionCheckFailure"] = "NONE"
    assert "Item" not in api.error_body(operation, request)
    request["ReturnValuesOnConditionCheckFailure"] = "ALL_OLD"
    assert api.error_body(operation, request)["Item"] == ITEM
    assert item(api, table) == ITEM


@pytest.mark.parametrize("operation", ["PutItem", "UpdateItem", "DeleteItem"])
def test_condition_without_an_item(api, plain, operation):
    more = {
        "ConditionExpression": "attribute_exists(pk)",
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        "ReturnValues": "ALL_OLD",
    }
    request = requests(plain, **more)[operation]
    assert "Item" not in api.error_body(operation, request)
    assert item(api, plain) is None
    assert api(operation, request | {"ConditionExpression": "attribute_not_exists(pk)"}) == {}
    api("DeleteItem", {"TableName": plain, "Key": KEY})


def test_put_if_absent_then_if_present(api, plain):
    put = {"TableName": plain, "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}
    assert api("PutItem", put) == {}
    assert api.refusal("PutItem", put) == FAILED
    assert (
        api("DeleteItem", {"TableName": plain, "Key": KEY, "ConditionExpression": "attribute_exists(pk)"})
        == {}
    )


def test_numbers_are_one_key_by_value(api):
    table = api.table("pk:N")
    for number, text in enumerate(("1", "1.0", "10E-1", "0.1e1", "+1")):
        api.put(table, {"pk": {"N": text}, "written": {"N": str(number)}})
    assert api("Scan", {"TableName": table})["Items"] == [{"pk": {"N": "1"}, "written": {"N": "4"}}]
    api.put(table, {"pk": {"N": "-0"}}, {"pk": {"N": "0.0"}})
    assert api("Scan", {"TableName": table, "Select": "COUNT"})["Count"] == 2


def test_item_comes_back_in_normal_form(api, plain):
    key = {"pk": {"S": "form"}}
    values = {
        "n": {"N": "0012.340"},
        "ns": {"NS": ["1e2", "2.50"]},
        "b": {"B": "AAEC"},
        "empty": {"S": ""},
        "emptyb": {"B": ""},
        "t": {"BOOL": True},
        "z": {"NULL": True},
        "l0": {"L": []},
        "deep": {"M": {"x": {"L": [{"N": "1.0"}, {"M": {}}]}}},
    }
    api.put(plain, key | values)
    assert item(api, plain, key) == key | values | {
        "n": {"N": "12.34"},
        "ns": {"NS": ["100", "2.5"]},
        "deep": {"M": {"x": {"L": [{"N": "1"}, {"M": {}}]}}},
    }
