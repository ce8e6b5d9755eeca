"""What DeleteItem refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "DeleteItem".
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, SCALAR, Step, changed, pairs

GOOD = {"Key": {"pk": {"S": "delete"}, "sk": {"N": "1"}}}

STEPS = (
    Step(
        "both styles",
        {"Expected": {"a": {"Exists": False}}, "ConditionExpression": "b = :b"},
        ENVELOPE
        + MIXED
        + "Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}",
    ),
    Step(
        "names without an expression",
        {"ExpressionAttributeNames": {"#a": "a"}, "ConditionExpression": ABSENT},
        ENVELOPE + "ExpressionAttributeNames can only be specified when using expressions",
    ),
    Step(
        "values without an expression",
        {"ExpressionAttributeValues": {":a": {"S": "a"}}, "ConditionExpression": ABSENT},
        ENVELOPE + "ExpressionAttributeValues can only be specified when using expressions: "
        "ConditionExpression is null",
    ),
    Step(
        "a value of the key",
        {"Key": {"bad": {"NULL": False}}},
        ENVELOPE + INVALID + "Null attribute value types must have the value of true",
    ),
    Step(
        "ReturnValues",
        {"ReturnValues": "UPDATED_NEW"},
        ENVELOPE + "ReturnValues can only be ALL_OLD or NONE",
    ),
    Step(
        "Expected",
        {"Expected": {"a": {"Exists": True}}, "ConditionExpression": ABSENT},
        INVALID + "Value must be provided when Exists is true for Attribute: a",
    ),
    Step(
        "reserved word",
        {"ConditionExpression": "status = status2"},
        ENVELOPE + "Invalid ConditionExpression: "
        "Attribute name is a reserved keyword; reserved keyword: status",
    ),
    Step("table", {"TableName": "no-such-table"}, "Requested resource not found", NOT_FOUND),
    Step("key", {"Key": {"sk": {"S": "1"}}}, "The provided key element does not match the schema"),
    Step("path into a key", {"ConditionExpression": "attribute_exists(h[1])"}, SCALAR + "IndexKey: h"),
    Step(
        "condition",
        {"ConditionExpression": "attribute_exists(nothing)"},
        "The conditional request failed",
        "ConditionalCheckFailedException",
    ),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    assert api.refusal("DeleteItem", changed({"TableName": things}, GOOD, step.change)) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, later.change, earlier.change)
    assert api.refusal("DeleteItem", request) == earlier.answer


def test_good_request(api, things):
    assert api("DeleteItem", {"TableName": things} | GOOD) == {}
