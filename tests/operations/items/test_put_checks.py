"""What PutItem refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "PutItem", "Expression parameters" and "Keys".
"""

import pytest

from harness.api import global_index
from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, NOT_VALID, SCALAR, Step, changed, pairs

GOOD = {"Item": {"pk": {"S": "put"}, "sk": {"N": "1"}}}

STEPS = (
    Step(
        "an empty set",
        {"Item": {"bad": {"SS": []}}},
        ENVELOPE + INVALID + "An string set  may not be empty",
    ),
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
        "ReturnValues",
        {"ReturnValues": "ALL_NEW"},
        ENVELOPE + "ReturnValues can only be ALL_OLD or NONE",
    ),
    Step(
        "size",
        {"Item": {"big": {"S": "x" * 409_600}}},
        "Item size has exceeded the maximum allowed size",
    ),
    Step(
        "Expected",
        {"Expected": {"a": {"Value": {"S": "x"}, "Exists": False}}, "ConditionExpression": ABSENT},
        INVALID + "Value cannot be used when Exists is false for Attribute: a",
    ),
    Step(
        "syntax",
        {"ConditionExpression": "a ="},
        ENVELOPE + 'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "="',
    ),
    Step(
        "table",
        {"TableName": "no-such-table"},
        "Requested resource not found",
        NOT_FOUND,
    ),
    Step("hash key missing", {"Item": {"pk": None}}, INVALID + "Missing the key pk in the item"),
    Step(
        "range key type",
        {"Item": {"sk": {"S": "1"}}},
        INVALID + "Type mismatch for key sk expected: N actual: S",
    ),
    Step(
        "index key type",
        {"Item": {"g": {"N": "1"}}},
        INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: keys",
    ),
    Step(
        "local index key empty",
        {"Item": {"l": {"S": ""}}},
        NOT_VALID + "A value specified for a secondary index key is not supported. "
        "The AttributeValue for a key attribute cannot contain an empty string value. "
        "IndexName: local, IndexKey: l",
    ),
    Step(
        "path into a key",
        {"ConditionExpression": "attribute_exists(pk.a)"},
        SCALAR + "Key: pk",
    ),
    Step(
        "condition",
        {"ConditionExpression": "attribute_exists(nothing)"},
        "The conditional request failed",
        "ConditionalCheckFailedException",
    ),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    assert api.refusal("PutItem", changed({"TableName": things}, GOOD, step.change)) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, later.change, earlier.change)
    assert api.refusal("PutItem", request) == earlier.answer


def test_good_request(api, things):
    assert api("PutItem", {"TableName": things} | GOOD) == {}


TEXTS = (
    (
        {"Item": {"bad": {}}},
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    (
        {"Item": {"bad": {"S": "a", "N": "1"}}},
        "Supplied AttributeValue has more than one datatypes set, "
        "must contain exactly one of the supported datatypes",
    ),
    ({"Item": {"bad": {"N": ""}}}, "The parameter cannot be converted to a numeric value"),
    ({"Item": {"bad": {"N": "abc"}}}, "The parameter cannot be converted to a numeric value: abc"),
    (
        {"Item": {"bad": {"N": "1E126"}}},
        "Number overflow. Attempting to store a number with magnitude larger than supported range",
    ),
    ({"Item": {"bad": {"N": "1" * 39}}}, "Attempting to store more than 38 significant digits in a Number"),
    (
        {"Item": {"bad": {"NULL": False}}},
        ENVELOPE + INVALID + "Null attribute value types must have the value of true",
    ),
    ({"Item": {"bad": {"NS": []}}}, ENVELOPE + INVALID + "An number set  may not be empty"),
    ({"Item": {"bad": {"BS": []}}}, ENVELOPE + INVALID + "Binary sets should not be empty"),
    (
        {"Item": {"bad": {"SS": ["a", "a"]}}},
        ENVELOPE + INVALID + "Input collection [a, a] contains duplicates.",
    ),
    ({"Item": {"bad": {"NS": ["1", "1.0"]}}}, ENVELOPE + "Input collection contains duplicates"),
    (
        {"Item": {"bad": {"BS": ["YQ==", "YQ=="]}}},
        ENVELOPE + INVALID + "Input collection [YQ==, YQ==]of type BS contains duplicates.",
    ),
    ({"Item": {"": {"S": "a"}}}, INVALID + "An attribute name must not be empty"),
    ({"Item": {"m": {"M": {"": {"S": "a"}}}}}, INVALID + "An attribute name must not be empty"),
    (
        {"Item": {"n" * 65_536: {"S": "a"}}},
        ENVELOPE + "Attribute name is too large, must be less than 65536 bytes",
    ),
    ({"Item": {"sk": None}}, INVALID + "Missing the key sk in the item"),
    ({"Item": {"pk": {"N": "1"}}}, INVALID + "Type mismatch for key pk expected: S actual: N"),
    ({"Item": {"pk": {"NULL": True}}}, INVALID + "Type mismatch for key pk expected: S actual: NULL"),
    (
        {"Item": {"pk": {"S": ""}}},
        NOT_VALID + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    ),
    (
        {"Item": {"pk": {"S": "x" * 2049}}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        {"Item": {"g": {"NULL": True}}},
        INVALID + "Type mismatch for Index Key g Expected: S Actual: NULL IndexName: keys",
    ),
    (
        {"Item": {"g": {"S": "x" * 2049}}},
        INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
    ),
    (
        {"Item": {"l": {"S": "x" * 1025}}},
        INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes",
    ),
    (
        {"Item": {"h": {"S": "x"}, "g": {"S": "x"}}},
        INVALID + "Type mismatch for Index Key h Expected: N Actual: S IndexName: keys",
    ),
    (
        {"ConditionExpression": "attribute_exists(l[0])"},
        SCALAR + "IndexKey: l",
    ),
    (
        {"ConditionExpression": "attribute_exists(l[0]) OR attribute_exists(pk.a)"},
        SCALAR + "Key: pk",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {}},
        ENVELOPE + "ExpressionAttributeValues must not be empty",
    ),
    (
        {"ConditionExpression": "a = b", "ExpressionAttributeNames": {}},
        ENVELOPE + "ExpressionAttributeNames must not be empty",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {"a": {"S": "a"}}},
        ENVELOPE + 'ExpressionAttributeValues contains invalid key: Syntax error; key: "a"',
    ),
    (
        {"ConditionExpression": "a = b", "ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
        ENVELOPE + "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
    ),
    (
        {"ConditionExpression": "a = b", "ExpressionAttributeValues": {":a": {"S": "a"}}},
        ENVELOPE + "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {}}},
        "ExpressionAttributeValues contains invalid value: "
        "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes for key :a",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"N": "x"}}},
        "ExpressionAttributeValues contains invalid value: "
        "The parameter cannot be converted to a numeric value: x for key :a",
    ),
    (
        {"ConditionExpression": "a = :a", "ExpressionAttributeValues": {":a": {"SS": []}}},
        ENVELOPE + INVALID + "An string set  may not be empty",
    ),
    (
        {"ConditionalOperator": "OR"},
        INVALID + "ConditionalOperator cannot be used without Filter or Expected",
    ),
    (
        {"ConditionalOperator": "OR", "ConditionExpression": "a = b"},
        INVALID + "ConditionalOperator cannot be used without Filter or Expected",
    ),
    (
        {"ConditionalOperator": "OR", "Expected": {"a": {"Exists": False}}},
        INVALID + "ConditionalOperator can only be used when Filter or Expected has two or more elements",
    ),
)


@pytest.mark.parametrize(("change", "text"), TEXTS)
def test_texts(api, things, change, text):
    request = changed({"TableName": things}, GOOD, change)
    assert api.refusal("PutItem", request) == ("ValidationException", text)


def nested(levels):
    """A value of so many levels, itself counted."""
    value = {"S": "x"}
    for _ in range(levels - 1):
        value = {"L": [value]}
    return value


def test_nesting(api, things):
    deepest = {"TableName": things, "Item": GOOD["Item"] | {"deep": nested(32)}}
    assert api("PutItem", deepest) == {}
    too_deep = {"TableName": things, "Item": GOOD["Item"] | {"deep": nested(33)}}
    assert api.refusal("PutItem", too_deep) == (
        "ValidationException",
        "Nesting Levels have exceeded supported limits: "
        "Attributes in the item have nested levels beyond supported limit",
    )


def test_largest_item(api, plain):
    # Each name and value: pk 2 + 5, big 3 + the rest.
    largest = {"pk": {"S": "large"}, "big": {"S": "x" * (409_600 - 10)}}
    assert api("PutItem", {"TableName": plain, "Item": largest}) == {}
    api("DeleteItem", {"TableName": plain, "Key": {"pk": {"S": "large"}}})


def test_longest_keys(api, things):
    item = {"pk": {"S": "é" * 1024}, "sk": {"N": "1"}, "g": {"S": "x" * 2048}, "l": {"S": "x" * 1024}}
    assert api("PutItem", {"TableName": things, "Item": item}) == {}


def test_longest_name(api, plain):
    item = {"pk": {"S": "name"}, "n" * 65_535: {"S": ""}}
    assert api("PutItem", {"TableName": plain, "Item": item}) == {}


def test_hash_key_is_range_key_of_index(api):
    # A hash key may have 2048 bytes, but as the range key of an index no more than 1024.
    table = api.table("pk:S sk:S", global_index("inverted", "sk pk"))
    item = {"pk": {"S": "x" * 1024}, "sk": {"S": "x"}}
    assert api("PutItem", {"TableName": table, "Item": item}) == {}
    item = {"pk": {"S": "x" * 1025}, "sk": {"S": "x"}}
    too_long = INVALID + "Aggregated size of all range keys has exceeded the size limit of 1024 bytes"
    assert api.refusal("PutItem", {"TableName": table, "Item": item}) == ("ValidationException", too_long)
    assert api.refusal("UpdateItem", {"TableName": table, "Key": item}) == ("ValidationException", too_long)


SHAPES = (
    (
        {"TableName": "ab"},
        "Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
    ({"TableName": None}, "Value null at 'tableName' failed to satisfy constraint: Member must not be null"),
    ({"Item": None}, "Value null at 'item' failed to satisfy constraint: Member must not be null"),
    (
        {"ReturnValues": "ALL"},
        "Value 'ALL' at 'returnValues' failed to satisfy constraint: "
        "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]",
    ),
)


@pytest.mark.parametrize(("change", "text"), SHAPES)
def test_shape_comes_first(api, things, change, text):
    broken = changed({"TableName": things}, GOOD, {"Item": {"bad": {"SS": []}}}, change)
    assert api.refusal("PutItem", broken) == ("ValidationException", ENVELOPE + text)
