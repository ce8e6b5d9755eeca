"""What UpdateItem refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "UpdateItem" and "Keys".
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, NOT_VALID, SCALAR, Step, changed, pairs

MISMATCH = "The provided key element does not match the schema"
PART_OF_KEY = "This attribute is part of the key"
DOCUMENT_PATH = "The document path provided in the update expression is invalid for update"

# The item of this key exists, with a number n and a map m.
GOOD = {"Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}}
OLD_STYLE_ONLY = {"UpdateExpression": ABSENT, "ConditionExpression": ABSENT}

STEPS = (
    Step(
        "both styles",
        {
            "AttributeUpdates": {"a": {"Action": "DELETE"}},
            "UpdateExpression": "REMOVE b",
            "ConditionExpression": ABSENT,
        },
        ENVELOPE
        + MIXED
        + "Non-expression parameters: {AttributeUpdates} Expression parameters: {UpdateExpression}",
    ),
    Step(
        "names without an expression",
        {"ExpressionAttributeNames": {"#a": "a"}} | OLD_STYLE_ONLY,
        ENVELOPE + "ExpressionAttributeNames can only be specified when using expressions",
    ),
    Step(
        "values without an expression",
        {"ExpressionAttributeValues": {":a": {"S": "a"}}} | OLD_STYLE_ONLY,
        ENVELOPE + "ExpressionAttributeValues can only be specified when using expressions: "
        "UpdateExpression and ConditionExpression are null",
    ),
    Step(
        "a value of the key",
        {"Key": {"bad": {"BS": []}}},
        ENVELOPE + INVALID + "Binary sets should not be empty",
    ),
    Step(
        "AttributeUpdates",
        {"AttributeUpdates": {"a": {"Action": "PUT"}}} | OLD_STYLE_ONLY,
        INVALID + "Only DELETE action is allowed when no attribute value is specified",
    ),
    Step(
        "Expected",
        {"Expected": {"a": {"ComparisonOperator": "EQ"}}} | OLD_STYLE_ONLY,
        INVALID + "Value or AttributeValueList must be used with ComparisonOperator: EQ for Attribute: a",
    ),
    Step(
        "update syntax",
        {"UpdateExpression": "SET"},
        ENVELOPE + 'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET"',
    ),
    Step(
        "condition syntax",
        {"ConditionExpression": "a = = b"},
        ENVELOPE + 'Invalid ConditionExpression: Syntax error; token: "=", near: "= = b"',
    ),
    Step("table", {"TableName": "no-such-table"}, "Requested resource not found", NOT_FOUND),
    Step("key", {"Key": {"sk": {"S": "1"}}}, MISMATCH),
    Step(
        "a key attribute",
        {"UpdateExpression": "SET n = n, sk.a = n REMOVE l[0]"},
        INVALID + f"Cannot update attribute sk. {PART_OF_KEY}",
    ),
    Step("path into a key", {"UpdateExpression": "SET n = g.a"}, SCALAR + "IndexKey: g"),
    Step("condition's path into a key", {"ConditionExpression": "pk.a = n"}, SCALAR + "Key: pk"),
    Step(
        "condition",
        {"ConditionExpression": "attribute_exists(nothing)"},
        "The conditional request failed",
        "ConditionalCheckFailedException",
    ),
    Step("evaluation", {"UpdateExpression": "SET nothing.a = n"}, DOCUMENT_PATH),
    Step(
        "index key afterwards",
        {"UpdateExpression": "SET g = n"},
        "The update expression attempted to update the secondary index key to unsupported type",
    ),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    assert api.refusal("UpdateItem", changed({"TableName": things}, GOOD, step.change)) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, later.change, earlier.change)
    assert api.refusal("UpdateItem", request) == earlier.answer


def test_good_request(api, things):
    assert api("UpdateItem", {"TableName": things} | GOOD) == {}


STRING = {":v": {"S": "text"}}
NUMBER = {":v": {"N": "1"}}
INDEX_TYPE = INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: keys"
UNFIT_EMPTY = (
    NOT_VALID + "The update expression attempted to update a secondary index key to a value that is not "
    "supported. The AttributeValue for a key attribute cannot contain an empty string value."
)
OPERAND = "An operand in the update expression has an incorrect data type"

TEXTS = (
    # Keys.
    ("SET pk = :v", STRING, INVALID + f"Cannot update attribute pk. {PART_OF_KEY}"),
    ("REMOVE pk.a", None, INVALID + f"Cannot update attribute pk. {PART_OF_KEY}"),
    ("ADD sk :v", NUMBER, INVALID + f"Cannot update attribute sk. {PART_OF_KEY}"),
    ("SET g.a = :v", STRING, SCALAR + "IndexKey: g"),
    # Index keys: a literal of the wrong type, a computed one, an empty one, one that is too long.
    ("SET g = :v", NUMBER, INDEX_TYPE),
    (
        "SET g = if_not_exists(g, :v)",
        NUMBER,
        "The update expression attempted to update the secondary index key to unsupported type",
    ),
    (
        "ADD g :v",
        {":v": {"SS": ["a"]}},
        "The update expression attempted to update the secondary index key to unsupported type",
    ),
    ("SET g = :v", {":v": {"S": ""}}, UNFIT_EMPTY),
    ("SET l = :v", {":v": {"S": ""}}, UNFIT_EMPTY),
    (
        "SET g = :v",
        {":v": {"S": "x" * 2049}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        "SET l = :v",
        {":v": {"S": "x" * 1025}},
        INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
    # Evaluation.
    (
        "SET a = nothing",
        None,
        "The provided expression refers to an attribute that does not exist in the item",
    ),
    ("SET a = n + m", None, OPERAND),
    ("SET a = list_append(m, :v)", {":v": {"L": []}}, OPERAND),
    ("ADD m :v", NUMBER, OPERAND),
    ("DELETE n :v", {":v": {"NS": ["1"]}}, OPERAND),
    ("SET n.a = :v", NUMBER, DOCUMENT_PATH),
    ("SET m[0] = :v", NUMBER, DOCUMENT_PATH),
    ("REMOVE nothing.a", None, DOCUMENT_PATH),
    (
        "SET a = n + :v",
        {":v": {"N": "1E100"}},
        "Attempting to store more than 38 significant digits in a Number",
    ),
    # Values.
    ("SET a = :v", {":v": {"SS": []}}, ENVELOPE + INVALID + "An string set  may not be empty"),
    (
        "SET a = :v",
        {":v": {"N": "1E126"}},
        "ExpressionAttributeValues contains invalid value: Number overflow. "
        "Attempting to store a number with magnitude larger than supported range for key :v",
    ),
    (
        "SET a = :v, b = :v",
        {":v": {"S": "a"}, ":w": {"S": "a"}},
        ENVELOPE + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:w}",
    ),
)


@pytest.mark.parametrize(("expression", "values", "text"), TEXTS)
def test_texts(api, things, expression, values, text):
    request = {"TableName": things, "UpdateExpression": expression, "ExpressionAttributeValues": values}
    assert api.refusal("UpdateItem", changed(GOOD, request)) == ("ValidationException", text)


OLD_STYLE_TEXTS = (
    ({"a": {"Value": {"SS": []}}}, INVALID + "An string set  may not be empty"),
    (
        {"a": {"Action": "ADD"}},
        INVALID + "Only DELETE action is allowed when no attribute value is specified",
    ),
    (
        {"a": {"Action": "DELETE", "Value": {"S": "a"}}},
        INVALID + "DELETE action with value is not supported for the type S",
    ),
    ({"a": {"Action": "ADD", "Value": {"S": "a"}}}, INVALID + "ADD action is not supported for the type S"),
    ({"pk": {"Value": {"S": "a"}}}, INVALID + f"Cannot update attribute pk. {PART_OF_KEY}"),
    ({"g": {"Value": {"N": "1"}}}, INDEX_TYPE),
    ({"g": {"Value": {"S": ""}}}, UNFIT_EMPTY),
    ({"m": {"Action": "ADD", "Value": {"N": "1"}}}, "Type mismatch for attribute to update"),
    ({"n": {"Action": "DELETE", "Value": {"NS": ["1"]}}}, "Type mismatch for attribute to update"),
    (
        {"a": {"Action": "SET", "Value": {"S": "a"}}},
        ENVELOPE + "Value 'SET' at 'attributeUpdates.a.member.action' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ADD, PUT, DELETE]",
    ),
)


@pytest.mark.parametrize(("updates", "text"), OLD_STYLE_TEXTS)
def test_old_style_texts(api, things, updates, text):
    request = {"TableName": things, "AttributeUpdates": updates}
    assert api.refusal("UpdateItem", GOOD | request) == ("ValidationException", text)


def test_conditional_operator_needs_expected(api, things):
    request = {"TableName": things, "UpdateExpression": "REMOVE a", "ConditionalOperator": "AND"}
    assert api.refusal("UpdateItem", GOOD | request) == (
        "ValidationException",
        INVALID + "ConditionalOperator cannot be used without Filter or Expected",
    )


def test_first_wrong_enumeration_alone(api, things):
    request = {"TableName": things, "ReturnValues": "ALL", "ReturnConsumedCapacity": "ALL"}
    assert api.refusal("UpdateItem", GOOD | request) == (
        "ValidationException",
        ENVELOPE + "Value 'ALL' at 'returnValues' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    )
