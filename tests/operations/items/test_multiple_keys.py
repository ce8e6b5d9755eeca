"""Global indexes with several hash and several range attributes.

Source: the developer guide on keys of several attributes: each hash attribute needs equality; range
attributes are conditioned from the left without gaps, and only the last may have another condition.
"""

import itertools
import random

import pytest

from harness.api import global_index

HASHES = ("h1", "h2", "h3", "h4")
RANGES = ("r1", "r2", "r3", "r4")
# Contents that a careless concatenation would mix up.
TEXTS = ("a", "aa", "a\x00", "b")


@pytest.fixture(scope="module")
def table(api):
    """Items of every combination of three kinds of value in the four range attributes, and a few hashes."""
    name = api.table(
        "pk:S",
        global_index("wide", "h1 h2 h3 h4 / r1 r2 r3 r4"),
        global_index("narrow", "h1 h2 / r1", "KEYS_ONLY"),
        **dict(zip(HASHES, "SNSS", strict=True)),
        **dict(zip(RANGES, "SNSN", strict=True)),
    )
    items = []
    for number, (r1, r2, r3, r4) in enumerate(itertools.product(TEXTS, "123", "ab", ("-1", "0", "5"))):
        items.append(
            {
                "pk": {"S": str(number)},
                "h1": {"S": "a"},
                "h2": {"N": "1"},
                "h3": {"S": "x"},
                "h4": {"S": "y"},
                "r1": {"S": r1},
                "r2": {"N": r2},
                "r3": {"S": r3},
                "r4": {"N": r4},
            }
        )
    # The same texts, split otherwise among the hash attributes; and items that lack a key.
    items.append(items[0] | {"pk": {"S": "split"}, "h3": {"S": "xy"}, "h4": {"S": "z"}})
    items.append({name: value for name, value in items[1].items() if name != "r4"} | {"pk": {"S": "less"}})
    random.Random(3).shuffle(items)
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        api("BatchWriteItem", {"RequestItems": {name: puts}})
    return name


EQUAL = "h1 = :h1 AND h2 = :h2 AND h3 = :h3 AND h4 = :h4"
VALUES = {":h1": {"S": "a"}, ":h2": {"N": "1"}, ":h3": {"S": "x"}, ":h4": {"S": "y"}}


def query(table, condition, values=(), **more):
    return {
        "TableName": table,
        "IndexName": "wide",
        "KeyConditionExpression": condition,
        "ExpressionAttributeValues": VALUES | dict(values),
        **more,
    }


def keys(items):
    return [(item["r1"]["S"], int(item["r2"]["N"]), item["r3"]["S"], int(item["r4"]["N"])) for item in items]


WHOLE = sorted(
    (r1, int(r2), r3, int(r4)) for r1, r2, r3, r4 in itertools.product(TEXTS, "123", "ab", ("-1", "0", "5"))
)

CONDITIONS = (
    ("", {}, lambda r1, r2, r3, r4: True),
    ("r1 = :a", {":a": {"S": "a"}}, lambda r1, r2, r3, r4: r1 == "a"),
    ("r1 < :a", {":a": {"S": "aa"}}, lambda r1, r2, r3, r4: r1 < "aa"),
    ("begins_with(r1, :a)", {":a": {"S": "a"}}, lambda r1, r2, r3, r4: r1.startswith("a")),
    (
        "r1 = :a AND r2 > :b",
        {":a": {"S": "a\0"}, ":b": {"N": "1"}},
        lambda r1, r2, r3, r4: r1 == "a\0" and r2 > 1,
    ),
    (
        "r1 = :a AND r2 = :b AND r3 >= :c",
        {":a": {"S": "aa"}, ":b": {"N": "2"}, ":c": {"S": "b"}},
        lambda r1, r2, r3, r4: (r1, r2) == ("aa", 2) and r3 >= "b",
    ),
    (
        "r4 BETWEEN :d AND :e AND r3 = :c AND r1 = :a AND r2 = :b",
        {":a": {"S": "b"}, ":b": {"N": "3"}, ":c": {"S": "a"}, ":d": {"N": "-1"}, ":e": {"N": "0"}},
        lambda r1, r2, r3, r4: (r1, r2, r3) == ("b", 3, "a") and -1 <= r4 <= 0,
    ),
)


@pytest.mark.parametrize(("condition", "values", "holds"), CONDITIONS)
@pytest.mark.parametrize("limit", [2, 1000])
@pytest.mark.parametrize("forward", [True, False])
def test_conditions(api, table, condition, values, holds, limit, forward):
    text = EQUAL + (f" AND {condition}" if condition else "")
    request = query(table, text, values, Limit=limit, ScanIndexForward=forward)
    expected = [key for key in WHOLE if holds(*key)]
    assert keys(api.items("Query", request)) == (expected if forward else expected[::-1])


def test_last_evaluated_key_has_all_keys(api, table):
    page = api("Query", query(table, EQUAL, Limit=1))
    assert set(page["LastEvaluatedKey"]) == {*HASHES, *RANGES, "pk"}
    page = api("Scan", {"TableName": table, "IndexName": "wide", "Limit": 1})
    assert set(page["LastEvaluatedKey"]) == {*HASHES, *RANGES, "pk"}


def test_item_without_one_of_the_keys_is_not_in_the_index(api, table):
    found = api.items("Scan", {"TableName": table, "IndexName": "wide", "Limit": 10})
    assert len(found) == len(WHOLE) + 1
    found = api.items("Scan", {"TableName": table, "IndexName": "narrow"})
    assert len(found) == len(WHOLE) + 2
    assert set(found[0]) == {"pk", "h1", "h2", "r1"}


def test_parts_of_keys_do_not_run_together(api, table):
    assert api("Query", query(table, EQUAL, {":h3": {"S": "xy"}, ":h4": {"S": "z"}}))["Count"] == 1
    assert api("Query", query(table, EQUAL, {":h3": {"S": "xyz"}, ":h4": {"S": "z"}}))["Count"] == 0


REFUSED = (
    ("h1 = :h1 AND h2 = :h2 AND h3 = :h3", {}, "Query condition missed key schema element: h4"),
    ("h2 = :h2 AND r1 = :a", {":a": {"S": "a"}}, "Query condition missed key schema element: h1"),
    (EQUAL.replace("h2 =", "h2 <"), {}, "Query key condition not supported"),
    (
        EQUAL + " AND r2 = :a",
        {":a": {"N": "1"}},
        "RANGE key attributes r1 must have equality conditions specified in the query "
        "because a condition is present on key attribute r2",
    ),
    (
        EQUAL + " AND r1 > :a AND r2 = :b",
        {":a": {"S": "a"}, ":b": {"N": "1"}},
        "RANGE key attributes r1 must have equality conditions specified in the query "
        "because a condition is present on key attribute r2",
    ),
    (EQUAL + " AND more = :a", {":a": {"S": "a"}}, "Query condition missed key schema element: r1"),
    (
        EQUAL + " AND r1 = :a AND r2 = :b AND r3 = :a AND more = :a",
        {":a": {"S": "a"}, ":b": {"N": "1"}},
        "Query condition missed key schema element: r4",
    ),
    (
        EQUAL + " AND r1 = :a AND r2 = :b AND r3 = :a AND r4 = :b AND more = :a",
        {":a": {"S": "a"}, ":b": {"N": "1"}},
        "Conditions can be of length 1 or 2 only",
    ),
)


@pytest.mark.parametrize(("condition", "values", "text"), REFUSED)
def test_refused(api, table, condition, values, text):
    used = {name: value for name, value in (VALUES | values).items() if name in condition}
    request = query(table, condition) | {"ExpressionAttributeValues": used}
    assert api.refusal("Query", request) == ("ValidationException", text)


def test_conditions_beyond_a_narrower_index(api, table):
    request = query(table, "h1 = :h1 AND h2 = :h2 AND r1 = :a AND more = :a", {":a": {"S": "a"}})
    request["ExpressionAttributeValues"] = {":h1": {"S": "a"}, ":h2": {"N": "1"}, ":a": {"S": "a"}}
    assert api.refusal("Query", request | {"IndexName": "narrow"}) == (
        "ValidationException",
        "Query key condition not supported",
    )


def test_old_style(api, table):
    def equal(value):
        return {"ComparisonOperator": "EQ", "AttributeValueList": [value]}

    conditions = {name: equal(VALUES[f":{name}"]) for name in HASHES}
    conditions["r1"] = {"ComparisonOperator": "GT", "AttributeValueList": [{"S": "aa"}]}
    request = {"TableName": table, "IndexName": "wide", "KeyConditions": conditions}
    assert keys(api.items("Query", request)) == [key for key in WHOLE if key[0] > "aa"]


def test_wrong_type_of_one_of_the_keys(api, table):
    item = {"pk": {"S": "wrong"}, "r2": {"S": "1"}}
    assert api.refusal("PutItem", {"TableName": table, "Item": item}) == (
        "ValidationException",
        "One or more parameter values were invalid: "
        "Type mismatch for Index Key r2 Expected: N Actual: S IndexName: wide",
    )
