"""The parameters that came before expressions, end to end.

Source: "Legacy conditional parameters" of the developer guide; docs/expressions.md, "Legacy parameters".
"""

import pytest

KEY = {"pk": {"S": "p"}, "sk": {"N": "1"}}
ITEM = KEY | {
    "s": {"S": "hello"},
    "n": {"N": "5"},
    "ss": {"SS": ["a", "b"]},
    "l0": {"L": [{"S": "x"}]},
    "z": {"NULL": True},
    "a.b": {"S": "dotted"},
}


@pytest.fixture(scope="module")
def table(api):
    name = api.table("pk:S sk:N")
    api.put(name, ITEM)
    return name


def compare(operator, *values):
    return {"ComparisonOperator": operator} | ({"AttributeValueList": list(values)} if values else {})


S, N = {"S": "hello"}, {"N": "5.0"}

HOLD = (
    ("s", compare("EQ", S)),
    ("n", compare("EQ", N)),
    ("ss", compare("EQ", {"SS": ["b", "a"]})),
    ("s", compare("NE", {"S": "x"})),
    ("nothing", compare("NE", S)),
    ("n", compare("LT", {"N": "6"})),
    ("n", compare("LE", N)),
    ("n", compare("GT", {"N": "4"})),
    ("n", compare("GE", N)),
    ("n", compare("BETWEEN", {"N": "5"}, {"N": "6"})),
    ("n", compare("IN", {"N": "4"}, {"N": "5"})),
    ("s", compare("BEGINS_WITH", {"S": "he"})),
    ("s", compare("CONTAINS", {"S": "ell"})),
    ("ss", compare("CONTAINS", {"S": "a"})),
    ("l0", compare("CONTAINS", {"S": "x"})),
    ("s", compare("NOT_CONTAINS", {"S": "x"})),
    ("nothing", compare("NULL")),
    ("z", compare("NOT_NULL")),
    ("a.b", compare("EQ", {"S": "dotted"})),
)
FAIL = (
    ("s", compare("EQ", N)),
    ("nothing", compare("EQ", S)),
    ("n", compare("LT", {"S": "6"})),
    ("n", compare("IN", {"N": "4"}, {"N": "6"})),
    ("ss", compare("NOT_CONTAINS", {"S": "a"})),
    ("z", compare("NULL")),
    ("nothing", compare("NOT_NULL")),
    ("nothing", compare("BEGINS_WITH", {"S": "a"})),
)
FAILED = ("ConditionalCheckFailedException", "The conditional request failed")


@pytest.mark.parametrize(
    ("name", "condition", "holds"), [(*c, True) for c in HOLD] + [(*c, False) for c in FAIL]
)
def test_conditions(api, table, name, condition, holds):
    """Each operator as Expected, as ScanFilter and as QueryFilter."""
    update = {"TableName": table, "Key": KEY, "Expected": {name: condition}}
    if holds:
        assert api("UpdateItem", update) == {}
    else:
        assert api.refusal("UpdateItem", update) == FAILED
    found = [ITEM] if holds else []
    assert api("Scan", {"TableName": table, "ScanFilter": {name: condition}})["Items"] == found
    query = {"TableName": table, "KeyConditions": {"pk": compare("EQ", KEY["pk"])}}
    assert api("Query", query | {"QueryFilter": {name: condition}})["Items"] == found


EXPECTED = (
    ({"n": {"Value": {"N": "5"}}}, None, True),
    ({"n": {"Value": {"N": "5"}, "Exists": True}}, None, True),
    ({"n": {"Value": {"N": "6"}}}, None, False),
    ({"nothing": {"Exists": False}}, None, True),
    ({"n": {"Exists": False}}, None, False),
    ({"n": {"ComparisonOperator": "GT", "Value": {"N": "4"}}}, None, True),
    ({"n": {"Value": {"N": "6"}}, "s": {"Value": S}}, None, False),
    ({"n": {"Value": {"N": "6"}}, "s": {"Value": S}}, "AND", False),
    ({"n": {"Value": {"N": "6"}}, "s": {"Value": S}}, "OR", True),
    ({}, None, True),
)


@pytest.mark.parametrize(("expected", "operator", "holds"), EXPECTED)
def test_expected(api, table, expected, operator, holds):
    more = {"Expected": expected} | ({"ConditionalOperator": operator} if operator else {})
    put = {"TableName": table, "Item": ITEM} | more
    delete = {"TableName": table, "Key": KEY} | more
    if holds:
        assert api("PutItem", put) == {}
        assert api("DeleteItem", delete | {"ReturnValues": "ALL_OLD"}) == {"Attributes": ITEM}
        api.put(table, ITEM)
    else:
        assert api.refusal("PutItem", put) == FAILED
        assert api.refusal("DeleteItem", delete) == FAILED
        body = api.error_body("PutItem", put | {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})
        assert body["Item"] == ITEM


def test_two_filters(api, table):
    filters = {"n": compare("EQ", {"N": "6"}), "s": compare("EQ", S)}
    scan = {"TableName": table, "ScanFilter": filters}
    assert api("Scan", scan)["Count"] == 0
    assert api("Scan", scan | {"ConditionalOperator": "OR"})["Count"] == 1


UPDATES = (
    ({"s": {"Value": {"S": "new"}}}, {"s": {"S": "new"}}),
    ({"fresh": {"Action": "PUT", "Value": {"M": {}}}}, {"fresh": {"M": {}}}),
    ({"s": {"Action": "DELETE"}, "nothing": {"Action": "DELETE"}}, {"s": None}),
    ({"n": {"Action": "ADD", "Value": {"N": "-1.5"}}}, {"n": {"N": "3.5"}}),
    ({"fresh": {"Action": "ADD", "Value": {"N": "1"}}}, {"fresh": {"N": "1"}}),
    ({"fresh": {"Action": "ADD", "Value": {"SS": ["a"]}}}, {"fresh": {"SS": ["a"]}}),
    ({"l0": {"Action": "ADD", "Value": {"L": [{"S": "y"}]}}}, {"l0": {"L": [{"S": "x"}, {"S": "y"}]}}),
    ({"ss": {"Action": "ADD", "Value": {"SS": ["b", "c"]}}}, {"ss": {"SS": ["a", "b", "c"]}}),
    ({"ss": {"Action": "DELETE", "Value": {"SS": ["b", "c"]}}}, {"ss": {"SS": ["a"]}}),
    ({"ss": {"Action": "DELETE", "Value": {"SS": ["a", "b"]}}}, {"ss": None}),
    ({"a.b": {"Action": "DELETE"}}, {"a.b": None}),
)


@pytest.mark.parametrize(("updates", "changes"), UPDATES)
def test_attribute_updates(api, table, updates, changes):
    key = KEY | {"sk": {"N": "2"}}
    api.put(table, ITEM | key)
    request = {"TableName": table, "Key": key, "AttributeUpdates": updates}
    expected = {name: value for name, value in (ITEM | key | changes).items() if value is not None}
    old = {name: ITEM[name] for name in updates if name in ITEM}
    new = {name: expected[name] for name in updates if name in expected}
    reply = api("UpdateItem", request | {"ReturnValues": "UPDATED_OLD"})
    assert reply == ({"Attributes": old} if old else {})
    assert api("GetItem", {"TableName": table, "Key": key})["Item"] == expected
    api.put(table, ITEM | key)
    reply = api("UpdateItem", request | {"ReturnValues": "UPDATED_NEW"})
    assert reply == ({"Attributes": new} if new else {})
    api("DeleteItem", {"TableName": table, "Key": key})


def test_attribute_updates_without_an_item(api, table):
    key = KEY | {"sk": {"N": "3"}}
    request = {"TableName": table, "Key": key, "ReturnValues": "ALL_NEW"}
    removing = {"a": {"Action": "DELETE"}, "b": {"Action": "DELETE", "Value": {"SS": ["x"]}}}
    assert api("UpdateItem", request | {"AttributeUpdates": removing}) == {}
    assert api("GetItem", {"TableName": table, "Key": key}) == {}
    setting = {"a": {"Value": {"S": "x"}}}
    assert api("UpdateItem", request | {"AttributeUpdates": setting})["Attributes"] == key | {"a": {"S": "x"}}
    api("DeleteItem", {"TableName": table, "Key": key})


def test_attributes_to_get(api, table):
    names = ["pk", "a.b", "nothing", "l0"]
    found = {name: ITEM[name] for name in names if name in ITEM}
    more = {"AttributesToGet": names}
    assert api("GetItem", {"TableName": table, "Key": KEY} | more)["Item"] == found
    batch = {"RequestItems": {table: {"Keys": [KEY]} | more}}
    assert api("BatchGetItem", batch)["Responses"][table] == [found]
    assert api("Scan", {"TableName": table} | more)["Items"] == [found]


@pytest.fixture(scope="module")
def numbered(api):
    table = api.table("pk:S sk:N")
    api.put(table, *({"pk": {"S": "p"}, "sk": {"N": str(n)}} for n in range(6)))
    return table


KEY_CONDITIONS = (
    (None, [0, 1, 2, 3, 4, 5]),
    (compare("EQ", {"N": "3.0"}), [3]),
    (compare("LT", {"N": "3"}), [0, 1, 2]),
    (compare("LE", {"N": "3"}), [0, 1, 2, 3]),
    (compare("GT", {"N": "3"}), [4, 5]),
    (compare("GE", {"N": "3"}), [3, 4, 5]),
    (compare("BETWEEN", {"N": "1"}, {"N": "2.5"}), [1, 2]),
)


@pytest.mark.parametrize(("condition", "expected"), KEY_CONDITIONS)
def test_key_conditions(api, numbered, condition, expected):
    conditions = {"pk": compare("EQ", {"S": "p"})} | ({"sk": condition} if condition else {})
    request = {"TableName": numbered, "KeyConditions": conditions, "Limit": 2}
    assert [int(item["sk"]["N"]) for item in api.items("Query", request)] == expected
    backwards = request | {"ScanIndexForward": False}
    assert [int(item["sk"]["N"]) for item in api.items("Query", backwards)] == expected[::-1]


def test_begins_with(api):
    table = api.table("pk:S sk:S")
    api.put(table, *({"pk": {"S": "p"}, "sk": {"S": text}} for text in ("a", "ab", "b")))
    conditions = {"pk": compare("EQ", {"S": "p"}), "sk": compare("BEGINS_WITH", {"S": "a"})}
    assert api("Query", {"TableName": table, "KeyConditions": conditions})["Count"] == 2
