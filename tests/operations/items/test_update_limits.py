"""How large and how deep an update may make an item.

Source: AWS's own count for updates, measured byte by byte (docs/validation.md, "Item size"): an update is
refused when the item, or the item less its key plus 3 bytes, 19 for each action that sets or adds and 2 for
each that removes or deletes, has more than 400 KB.
"""

import pytest

TOO_LARGE = ("ValidationException", "Item size to update has exceeded the maximum allowed size")
LIMIT = 409_600

KEY = {"pk": {"S": "key of twenty bytes."}}  # 22 bytes with the name
KEY_BYTES = 22

# Updates of an item of the key, big, s (a set), t, u, v: expression, values and what each counts besides.
UPDATES = (
    ("SET big = :big", {}, 3 + 19),
    ("SET big = :big, t = :t", {":t": {"S": "t"}}, 3 + 19 * 2),
    ("SET big = :big ADD s :s", {":s": {"SS": ["a"]}}, 3 + 19 * 2),
    ("SET big = :big REMOVE x, y", {}, 3 + 19 + 2 * 2),
    ("SET big = :big REMOVE x DELETE s :s", {":s": {"SS": ["z"]}}, 3 + 19 + 2 * 2),
    ("SET big = :big, t = t, u = u, v = v REMOVE x", {}, 3 + 19 * 4 + 2),
)
SMALL = {"s": {"SS": ["a"]}, "t": {"S": "t"}, "u": {"S": "u"}, "v": {"S": "v"}}  # 2 bytes each


@pytest.mark.parametrize(("expression", "values", "besides"), UPDATES)
def test_largest_update(api, plain, expression, values, besides):
    counted = max(0, besides - KEY_BYTES)
    room = LIMIT - KEY_BYTES - 8 - len("big") - counted
    api.put(plain, KEY | SMALL)

    def request(length):
        return {
            "TableName": plain,
            "Key": KEY,
            "UpdateExpression": expression,
            "ExpressionAttributeValues": values | {":big": {"S": "x" * length}},
        }

    assert api.refusal("UpdateItem", request(room + 1)) == TOO_LARGE
    assert api("UpdateItem", request(room)) == {}
    api("DeleteItem", {"TableName": plain, "Key": KEY})


def test_failed_update_leaves_the_item(api, plain):
    item = KEY | {"a": {"S": "old"}}
    api.put(plain, item)
    request = {
        "TableName": plain,
        "Key": KEY,
        "UpdateExpression": "SET a = :a, b = :b",
        "ExpressionAttributeValues": {":a": {"S": "new"}, ":b": {"S": "x" * LIMIT}},
    }
    assert api.refusal("UpdateItem", request) == TOO_LARGE
    assert api("GetItem", {"TableName": plain, "Key": KEY}) == {"Item": item}


def nested(levels, innermost=None):
    value = innermost or {"N": "1"}
    for _ in range(levels - 1):
        value = {"M": {"m": value}}
    return value


@pytest.mark.parametrize(("levels", "fits"), [(31, True), (32, False)])
def test_deepest_update(api, plain, levels, fits):
    api.put(plain, KEY | {"m": {"M": {}}})
    request = {
        "TableName": plain,
        "Key": KEY,
        "UpdateExpression": "SET m.a = :v",
        "ExpressionAttributeValues": {":v": nested(levels)},
    }
    if fits:
        assert api("UpdateItem", request) == {}
    else:
        assert api.refusal("UpdateItem", request) == (
            "ValidationException",
            "Nesting Levels have exceeded supported limits: "
            "Attributes in the item have nested levels beyond supported limit",
        )


def test_copy_that_nests_too_deep(api, plain):
    api.put(plain, KEY | {"deep": nested(32), "places": {"L": []}})
    request = {"TableName": plain, "Key": KEY, "UpdateExpression": "SET places[0] = deep"}
    error, text = api.refusal("UpdateItem", request)
    assert error == "ValidationException"
    assert text.startswith("Nesting Levels")
    # Beside it, there is room.
    assert api("UpdateItem", request | {"UpdateExpression": "SET twin = deep, places[0] = deep.m"}) == {}
