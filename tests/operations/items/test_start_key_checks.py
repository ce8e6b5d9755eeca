"""The start keys that Query refuses, and in which order among its other checks.

Source: AWS's replies as listed in docs/validation.md, "Query", and in docs/values.md, "AttributeValue".
"""

import pytest

from harness.steps import ABSENT, INVALID, NOT_VALID, changed

MISMATCH = "The provided key element does not match the schema"
BAD_START = "The provided starting key is invalid"

GOOD = {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "a"}}}
BY_G = {"IndexName": "keys", "KeyConditionExpression": "g = :p"}
START = {"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
KEYS = {"g": {"S": "a"}, "h": {"N": "1"}, "pk": {"S": "a"}, "sk": {"N": "1"}}
INDEX_START_KEYS = (
    ({"h": ABSENT}, BAD_START),
    ({"more": {"S": "a"}}, BAD_START),
    ({"h": ABSENT, "more": {"S": "a"}}, BAD_START),
    ({"h": {"S": "a"}}, MISMATCH),
    ({"sk": {"S": "a"}}, f"{BAD_START}: {MISMATCH}"),
    ({"sk": ABSENT, "more": {"S": "a"}}, f"{BAD_START}: {MISMATCH}"),
    ({"g": {"S": "b"}}, "The provided starting key is outside query boundaries based on provided conditions"),
    ({"g": {"S": ""}}, BAD_START),
)


@pytest.mark.parametrize(("change", "text"), INDEX_START_KEYS)
def test_start_key_of_index(api, things, change, text):
    request = {"TableName": things} | GOOD | BY_G | {"ExclusiveStartKey": changed(KEYS, change)}
    assert api.refusal("Query", request) == ("ValidationException", text)


def test_index_start_key_before_key_condition(api, things):
    # 8 before 9, 9 before 10.
    request = {"TableName": things} | GOOD | BY_G | {"KeyConditionExpression": "h = :p"}
    missed = ("ValidationException", "Query condition missed key schema element: g")
    start_key = {"ExclusiveStartKey": changed(KEYS, {"h": {"S": "x"}})}
    assert api.refusal("Query", request | start_key) == ("ValidationException", MISMATCH)
    start_key = {"ExclusiveStartKey": changed(KEYS, {"sk": {"S": "x"}})}
    assert api.refusal("Query", request | start_key) == missed


@pytest.mark.parametrize(
    ("start_key", "text"),
    [
        ({"sk": {"N": "9"}}, "The provided starting key does not match the range key predicate"),
        ({"pk": {"S": "b"}}, "The query can return at most one row and cannot be restarted"),
        (
            {"pk": {"S": "b"}, "sk": {"N": "9"}},
            "The provided starting key does not match the range key predicate",
        ),
    ],
)
def test_start_key_outside_range(api, things, start_key, text):
    request = {
        "TableName": things,
        "KeyConditionExpression": "pk = :p AND sk < :n",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":n": {"N": "5"}},
        "ExclusiveStartKey": START["ExclusiveStartKey"] | start_key,
    }
    assert api.refusal("Query", request) == ("ValidationException", text)


# Which refusals of a start key's values stay as they are.
START_KEY_VALUES = (
    ({"N": "x"}, "The parameter cannot be converted to a numeric value: x"),
    ({"SS": ["a", "a"]}, INVALID + "Input collection [a, a] contains duplicates."),
    ({"NS": ["1", "1"]}, "Input collection contains duplicates"),
    ({"NS": []}, INVALID + "An number set  may not be empty"),
    ({"BS": []}, f"{BAD_START}: {INVALID}Binary sets should not be empty"),
    ({"NULL": False}, f"{BAD_START}: {INVALID}Null attribute value types must have the value of true"),
    (
        {"S": ""},
        f"{BAD_START}: {NOT_VALID}The AttributeValue for a key attribute cannot contain an empty "
        "string value. Key: pk",
    ),
)


@pytest.mark.parametrize(("value", "text"), START_KEY_VALUES)
def test_start_key_values(api, things, value, text):
    request = {"TableName": things} | GOOD | {"ExclusiveStartKey": {"pk": value, "sk": {"N": "1"}}}
    assert api.refusal("Query", request) == ("ValidationException", text)
