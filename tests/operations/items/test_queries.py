"""Query: key conditions on keys of every type, order, Select, and filters.

Source: docs/operations.md, "Query"; docs/values.md, "Ordering and hashing".
"""

import random
from base64 import b64encode
from decimal import Decimal

import pytest

from harness.api import global_index, local_index

PK = {"S": "p"}


def query(table, condition, *values, **more):
    names = [f":v{number}" for number in range(len(values))]
    return {
        "TableName": table,
        "KeyConditionExpression": "pk = :p" + (f" AND {condition}" if condition else ""),
        "ExpressionAttributeValues": {":p": PK} | dict(zip(names, values, strict=True)),
        **more,
    }


# Sort keys in order; those of a partition come back so, whatever order they were put in.

NUMBERS = [
    "-9.9999999999999999999999999999999999999E+125", "-1E100", "-1000", "-100.5", "-100", "-10", "-2", "-1.5",
    "-1", "-0.5", "-0.001", "-1E-130", "0", "1E-130", "0.001", "0.5", "0.9", "1", "1.5", "2", "9", "10", "11",
    "99.99", "100", "100.5", "1000", "1E100", "9.9999999999999999999999999999999999999E+125",
]  # fmt: skip
STRINGS = [
    "\x00", "\x00\x00", "\x00a", "\x01", " ", "0", "00", "1", "A", "B", "a", "a\x00", "a\x00b", "a\x01", "aa",
    "ab", "b", "\x7f", "\x80", "é", "ÿ", "Ā", "\uffff", "\U00010000", "\U0001f600",
]  # fmt: skip
BINARIES = [b"\0", b"\0\0", b"\0\1", b"\0\xff", b"\1", b"\x7f", b"\x80", b"\xff", b"\xff\0", b"\xff\xff"]

ORDERED = {
    "N": NUMBERS,
    "S": STRINGS,
    "B": [b64encode(value).decode() for value in BINARIES],
}


def plain_number(text):
    return f"{Decimal(text):f}"


@pytest.fixture(scope="module", params=ORDERED)
def ordered(request, api):
    """A table of one kind of sort key, and its sort keys in order."""
    kind = request.param
    table = api.table(f"pk:S sk:{kind}")
    shuffled = list(ORDERED[kind])
    random.Random(7).shuffle(shuffled)
    api.put(table, *({"pk": PK, "sk": {kind: value}} for value in shuffled))
    # Neighbours that are not to be found.
    api.put(table, *({"pk": {"S": other}, "sk": {kind: ORDERED[kind][0]}} for other in ("o", "p0", "q")))
    expected = [plain_number(text) for text in NUMBERS] if kind == "N" else ORDERED[kind]
    return table, kind, expected


def sort_keys(api, kind, request):
    return [item["sk"][kind] for item in api.items("Query", request)]


def test_order(api, ordered):
    table, kind, expected = ordered
    assert sort_keys(api, kind, query(table, "")) == expected
    assert sort_keys(api, kind, query(table, "", ScanIndexForward=False)) == expected[::-1]


@pytest.mark.parametrize("limit", [1, 3, 1000])
@pytest.mark.parametrize("forward", [True, False])
def test_pages_in_order(api, ordered, limit, forward):
    table, kind, expected = ordered
    request = query(table, "", Limit=limit, ScanIndexForward=forward)
    assert sort_keys(api, kind, request) == (expected if forward else expected[::-1])


def test_ranges(api, ordered):
    table, kind, expected = ordered
    for position, value in enumerate(expected):
        wanted = {
            "sk = :v0": expected[position : position + 1],
            "sk < :v0": expected[:position],
            "sk <= :v0": expected[: position + 1],
            "sk > :v0": expected[position + 1 :],
            "sk >= :v0": expected[position:],
            ":v0 < sk": expected[position + 1 :],
        }
        for condition, found in wanted.items():
            assert sort_keys(api, kind, query(table, condition, {kind: value})) == found
        low = expected[position // 2]
        between = query(table, "sk BETWEEN :v0 AND :v1", {kind: low}, {kind: value})
        assert sort_keys(api, kind, between) == expected[position // 2 : position + 1]


def test_prefixes(api, ordered):
    table, kind, expected = ordered
    if kind == "N":
        return
    for value in expected:
        request = query(table, "begins_with(sk, :v0)", {kind: value})
        if kind == "S":
            wanted = [other for other in expected if other.startswith(value)]
        else:
            raw = BINARIES[expected.index(value)]
            wanted = [b64encode(other).decode() for other in BINARIES if other.startswith(raw)]
        assert sort_keys(api, kind, request) == wanted


@pytest.fixture(scope="module")
def people(api):
    """Ten items with a local index and two global ones."""
    table = api.table(
        "pk:S sk:N",
        local_index("local", "pk l", "INCLUDE", "kept"),
        global_index("some", "g", "INCLUDE", "kept"),
        global_index("whole", "g sk"),
        l="S",
        g="S",
    )
    for number in range(10):
        api.put(
            table,
            {
                "pk": PK,
                "sk": {"N": str(number)},
                "l": {"S": f"l{9 - number}"},
                "g": {"S": "g"},
                "kept": {"S": f"kept {number}"},
                "lost": {"S": f"lost {number}"},
            },
        )
    return table


def names(items):
    assert len({frozenset(item) for item in items}) == 1
    return set(items[0])


ALL = {"pk", "sk", "l", "g", "kept", "lost"}
BY_G = {"KeyConditionExpression": "g = :p", "ExpressionAttributeValues": {":p": {"S": "g"}}}

# Select and projection by index, and the attributes that come back.
SHAPES = (
    ({}, ALL),
    ({"Select": "ALL_ATTRIBUTES"}, ALL),
    ({"ProjectionExpression": "lost"}, {"lost"}),
    ({"Select": "SPECIFIC_ATTRIBUTES", "AttributesToGet": ["pk", "lost", "nothing"]}, {"pk", "lost"}),
    ({"IndexName": "local"}, {"pk", "sk", "l", "kept"}),
    ({"IndexName": "local", "Select": "ALL_PROJECTED_ATTRIBUTES"}, {"pk", "sk", "l", "kept"}),
    ({"IndexName": "local", "Select": "ALL_ATTRIBUTES"}, ALL),
    ({"IndexName": "local", "ProjectionExpression": "lost, l"}, {"lost", "l"}),
    ({"IndexName": "local", "ProjectionExpression": "kept"}, {"kept"}),
    ({"IndexName": "some"}, {"pk", "sk", "g", "kept"}),
    ({"IndexName": "some", "ProjectionExpression": "kept, sk"}, {"kept", "sk"}),
    ({"IndexName": "whole"}, ALL),
    ({"IndexName": "whole", "Select": "ALL_ATTRIBUTES"}, ALL),
    ({"IndexName": "whole", "ProjectionExpression": "lost"}, {"lost"}),
)


@pytest.mark.parametrize(("more", "expected"), SHAPES)
def test_select(api, people, more, expected):
    condition = BY_G if more.get("IndexName") in ("some", "whole") else {}
    request = query(people, "") | condition | more
    if "AttributesToGet" in more:
        del request["KeyConditionExpression"], request["ExpressionAttributeValues"]
        request["KeyConditions"] = {"pk": {"ComparisonOperator": "EQ", "AttributeValueList": [PK]}}
    reply = api("Query", request)
    assert names(reply["Items"]) == expected
    assert reply["Count"] == reply["ScannedCount"] == 10
    if "KeyConditions" not in request:
        counted = {name: value for name, value in request.items() if name != "ProjectionExpression"}
        assert api("Query", counted | {"Select": "COUNT"}) == {"Count": 10, "ScannedCount": 10}
    scan = {"TableName": people} | more
    assert names(api("Scan", scan)["Items"]) == expected


def test_local_index_has_its_own_order(api, people):
    items = api.items("Query", query(people, "l > :v0", {"S": "l3"}, IndexName="local", Limit=2))
    assert [item["l"]["S"] for item in items] == ["l4", "l5", "l6", "l7", "l8", "l9"]


def test_filter_counts(api, people):
    request = query(people, "sk >= :v0", {"N": "4"}, FilterExpression="lost > :v1")
    request["ExpressionAttributeValues"][":v1"] = {"S": "lost 7"}
    reply = api("Query", request)
    assert (reply["Count"], reply["ScannedCount"], len(reply["Items"])) == (2, 6, 2)
    assert "LastEvaluatedKey" not in reply
    assert api("Query", request | {"Select": "COUNT"}) == {"Count": 2, "ScannedCount": 6}
    # The limit is on what is looked at.
    reply = api("Query", request | {"Limit": 4})
    assert (reply["Count"], reply["ScannedCount"], reply["Items"]) == (0, 4, [])
    assert reply["LastEvaluatedKey"] == {"pk": PK, "sk": {"N": "7"}}


def test_filter_sees_what_the_index_holds(api, people):
    hidden = query(people, "", IndexName="local", FilterExpression="attribute_exists(lost)")
    assert api("Query", hidden)["Count"] == 0
    assert api("Query", hidden | {"Select": "ALL_ATTRIBUTES"})["Count"] == 10


def test_consistent_reads_of_local_index(api, people):
    assert api("Query", query(people, "", IndexName="local", ConsistentRead=True))["Count"] == 10
    assert api("Scan", {"TableName": people, "IndexName": "local", "ConsistentRead": True})["Count"] == 10
