"""Expressions end to end: that requests reach them, and that replies show what they did.

What each function and operator means is tested in tests/expressions; here one item meets all of them on the
wire. Source: docs/expressions.md, "Condition evaluation", "UpdateExpression", "ProjectionExpression".
"""

import pytest

KEY = {"pk": {"S": "e"}}
ITEM = KEY | {
    "s": {"S": "héllo"},
    "n": {"N": "5"},
    "b": {"B": "AQID"},
    "t": {"BOOL": True},
    "z": {"NULL": True},
    "ss": {"SS": ["x", "y"]},
    "ns": {"NS": ["1", "2"]},
    "l0": {"L": [{"N": "1"}, {"M": {"k": {"S": "v"}}}, {"S": "c"}]},
    "m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "p"}, {"S": "q"}]}}},
}

VALUES = {
    ":s": {"S": "héllo"},
    ":h": {"S": "h"},
    ":n": {"N": "5.0"},
    ":one": {"N": "1"},
    ":nine": {"N": "9"},
    ":b": {"B": "AQ=="},
    ":ss": {"SS": ["y", "x"]},
    ":x": {"S": "x"},
    ":map": {"M": {"k": {"S": "v"}}},
    ":true": {"BOOL": True},
    ":N": {"S": "N"},
    ":empty": {"S": ""},
}

TRUE = (
    "s = :s",
    "n = :n",
    ":n = n",
    "ss = :ss",
    "t = :true",
    "n <> :s",
    "nothing <> :s",
    "n > :one AND n < :nine AND n >= :n AND n <= :n",
    "n BETWEEN :one AND :nine",
    "n IN (:one, :n)",
    "begins_with(s, :h) AND begins_with(s, :empty) AND begins_with(b, :b)",
    "contains(s, :h) AND contains(ss, :x) AND contains(ns, :one) AND contains(l0, :map)",
    "contains(b, :b)",
    "contains(:s, :h)",
    "size(s) = :n AND size(ss) < :n AND size(m) < size(l0)",
    "attribute_exists(z) AND attribute_exists(m.b[1]) AND attribute_not_exists(m.b[2])",
    "attribute_type(n, :N) AND attribute_type(m.a, :N)",
    "l0[1] = :map AND l0[1].k <> :s AND m.a = l0[0]",
    "NOT n = :one",
    "n = :one OR n = :n AND s = :s",
    "(n = :one OR n = :n) AND NOT (s = :h)",
)

FALSE = (
    "nothing = :s",
    "NOT nothing <> :s",
    "nothing < :n OR nothing > :n OR nothing BETWEEN :one AND :nine OR nothing IN (:one)",
    "s = :n",
    "s < :n OR s > :n",
    "contains(n, :one)",
    "begins_with(n, :h)",
    "size(n) > :one OR size(nothing) > :one",
    "attribute_exists(nothing) OR attribute_exists(s.a) OR attribute_exists(m[0])",
    "(n = :one OR n = :n) AND s = :h",
)


@pytest.fixture(scope="module")
def table(api):
    name = api.table()
    api.put(name, ITEM)
    return name


def used(text):
    words = text.replace("(", " ").replace(")", " ").replace(",", " ").split()
    values = {word: VALUES[word] for word in words if word.startswith(":")}
    return {"ExpressionAttributeValues": values} if values else {}


@pytest.mark.parametrize(("text", "holds"), [(t, True) for t in TRUE] + [(t, False) for t in FALSE])
def test_condition_and_filter(api, table, text, holds):
    condition = {"TableName": table, "Key": KEY, "ConditionExpression": text} | used(text)
    if holds:
        assert api("UpdateItem", condition) == {}
    else:
        assert api.refusal("UpdateItem", condition)[0] == "ConditionalCheckFailedException"
    scanned = api("Scan", {"TableName": table, "FilterExpression": text} | used(text))
    assert scanned["Items"] == ([ITEM] if holds else [])
    assert scanned["ScannedCount"] == 1


PROJECTIONS = (
    ("s, n", {"s": ITEM["s"], "n": ITEM["n"]}),
    ("nothing", {}),
    ("m.a", {"m": {"M": {"a": {"N": "1"}}}}),
    ("m.b[1], m.a", {"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "q"}]}}}}),
    ("l0[2], l0[0]", {"l0": {"L": [{"N": "1"}, {"S": "c"}]}}),
    ("l0[1].k, l0[1].nothing, l0[7]", {"l0": {"L": [{"M": {"k": {"S": "v"}}}]}}),
    ("s.a, n[0]", {}),
    ("#p, #m.#b", {"pk": KEY["pk"], "m": {"M": {"b": ITEM["m"]["M"]["b"]}}}),
)


@pytest.mark.parametrize(("text", "found"), PROJECTIONS)
def test_projection(api, table, text, found):
    names = {"#p": "pk", "#m": "m", "#b": "b"}
    shape = {"ProjectionExpression": text}
    if "#" in text:
        shape["ExpressionAttributeNames"] = names
    assert api("GetItem", {"TableName": table, "Key": KEY} | shape) == {"Item": found}
    batch = {"RequestItems": {table: {"Keys": [KEY]} | shape}}
    assert api("BatchGetItem", batch)["Responses"] == {table: [found]}
    assert api("Scan", {"TableName": table} | shape)["Items"] == [found]
    query = {"KeyConditionExpression": "pk = :k", "ExpressionAttributeValues": {":k": KEY["pk"]}}
    assert api("Query", {"TableName": table} | query | shape)["Items"] == [found]


# Updates: expression, values, and what is new in the item (None: gone).
UPDATES = (
    ("SET x = n, n = :one", {"x": {"N": "5"}, "n": {"N": "1"}}),
    ("SET x = n + :one, y = :nine - n, w = n + n", {"x": {"N": "6"}, "y": {"N": "4"}, "w": {"N": "10"}}),
    ("SET n = n + :one", {"n": {"N": "6"}}),
    ("SET x = if_not_exists(n, :s), y = if_not_exists(nothing, :s)", {"x": {"N": "5"}, "y": VALUES[":s"]}),
    ("SET x = if_not_exists(nothing, :one) + :nine", {"x": {"N": "10"}}),
    ("SET x = list_append(m.b, m.b)", {"x": {"L": [{"S": "p"}, {"S": "q"}] * 2}}),
    ("SET l0[1] = :s, l0[9] = :x", {"l0": {"L": [{"N": "1"}, VALUES[":s"], {"S": "c"}, {"S": "x"}]}}),
    ("REMOVE l0[0], l0[1]", {"l0": {"L": [{"S": "c"}]}}),
    ("REMOVE l0[7], nothing", {}),
    (
        "SET m.c = :s REMOVE m.b[0]",
        {"m": {"M": {"a": {"N": "1"}, "b": {"L": [{"S": "q"}]}, "c": VALUES[":s"]}}},
    ),
    ("ADD n :nine, x :one", {"n": {"N": "14"}, "x": {"N": "1"}}),
    ("ADD m.a :one", {"m": ITEM["m"] | {"M": ITEM["m"]["M"] | {"a": {"N": "2"}}}}),
    ("DELETE ss :ss", {"ss": None}),
    ("SET t = z REMOVE z", {"t": {"NULL": True}, "z": None}),
    (
        "SET x = m.b[0], m.b[0] = s",
        {"x": {"S": "p"}, "m": {"M": {"a": {"N": "1"}, "b": {"L": [ITEM["s"], {"S": "q"}]}}}},
    ),
)


@pytest.mark.parametrize(("text", "changes"), UPDATES)
def test_update(api, text, changes, table):
    key = {"pk": {"S": "update"}}
    api.put(table, ITEM | key)
    request = {"TableName": table, "Key": key, "UpdateExpression": text, "ReturnValues": "ALL_NEW"}
    after = {name: value for name, value in (ITEM | key | changes).items() if value is not None}
    assert api("UpdateItem", request | used(text)) == {"Attributes": after}
    api("DeleteItem", {"TableName": table, "Key": key})


def test_sets_join(api, table):
    key = {"pk": {"S": "sets"}}
    api.put(table, key | {"ss": {"SS": ["a", "b"]}, "ns": {"NS": ["1"]}})
    request = {
        "TableName": table,
        "Key": key,
        "UpdateExpression": "ADD ss :more, ns :numbers DELETE bs :none",
        "ExpressionAttributeValues": {
            ":more": {"SS": ["b", "c"]},
            ":numbers": {"NS": ["1.0", "2"]},
            ":none": {"BS": ["AA=="]},
        },
        "ReturnValues": "ALL_NEW",
    }
    after = api("UpdateItem", request)["Attributes"]
    assert sorted(after["ss"]["SS"]) == ["a", "b", "c"]
    assert sorted(after["ns"]["NS"]) == ["1", "2"]
    assert "bs" not in after
    api("DeleteItem", {"TableName": table, "Key": key})
