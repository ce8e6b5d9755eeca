"""What GetItem refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "GetItem" and "Keys".
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, NOT_VALID, SCALAR, Step, changed, pairs

MISMATCH = "The provided key element does not match the schema"

GOOD = {"Key": {"pk": {"S": "get"}, "sk": {"N": "1"}}}

STEPS = (
    Step(
        "both styles",
        {"AttributesToGet": ["a"], "ProjectionExpression": "b"},
        MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {ProjectionExpression}",
    ),
    Step(
        "names without an expression",
        {"ExpressionAttributeNames": {"#a": "a"}, "ProjectionExpression": ABSENT},
        "ExpressionAttributeNames can only be specified when using expressions",
    ),
    Step("a value of the key", {"Key": {"bad": {"SS": []}}}, INVALID + "An string set  may not be empty"),
    Step(
        "a name twice",
        {"AttributesToGet": ["a", "b", "a"], "ProjectionExpression": ABSENT},
        INVALID + "Duplicate value in attribute name: a",
    ),
    Step(
        "syntax",
        {"ProjectionExpression": "a,"},
        'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
    ),
    Step("table", {"TableName": "no-such-table"}, "Requested resource not found", NOT_FOUND),
    Step("key", {"Key": {"pk": {"N": "1"}}}, MISMATCH),
    Step("path into a key", {"ProjectionExpression": "a, sk.b"}, SCALAR + "Key: sk"),
)

TEXTS = (
    ({"Key": {"pk": None}}, MISMATCH),
    ({"Key": {"more": {"S": "a"}}}, MISMATCH),
    ({"Key": {"sk": None, "other": {"N": "1"}}}, MISMATCH),
    ({"Key": {"sk": {"N": "x"}}}, "The parameter cannot be converted to a numeric value: x"),
    (
        {"Key": {"pk": {}}},
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    (
        {"Key": {"pk": {"S": ""}}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        {"Key": {"pk": {"S": "x" * 2049}}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    ({"ProjectionExpression": "g.a"}, SCALAR + "IndexKey: g"),
    (
        {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#a": "a"}},
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a}",
    ),
    (
        {"ProjectionExpression": "a, a.b"},
        "Invalid ProjectionExpression: Two document paths overlap with each other; "
        "must remove or rewrite one of these paths; path one: [a], path two: [a, b]",
    ),
    (
        {"AttributesToGet": []},
        ENVELOPE + "Value '[]' at 'attributesToGet' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1",
    ),
    ({"Key": ABSENT}, ENVELOPE + "Value null at 'key' failed to satisfy constraint: Member must not be null"),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    assert api.refusal("GetItem", changed({"TableName": things}, GOOD, step.change)) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, later.change, earlier.change)
    assert api.refusal("GetItem", request) == earlier.answer


@pytest.mark.parametrize(("change", "text"), TEXTS)
def test_texts(api, things, change, text):
    request = changed({"TableName": things}, GOOD, change)
    assert api.refusal("GetItem", request) == ("ValidationException", text)


def test_good_request(api, things):
    assert api("GetItem", {"TableName": things} | GOOD) == {}
