"""What Query refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "Query", numbered as there in comments.
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, NOT_VALID, SCALAR, Step, changed, pairs

MISMATCH = "The provided key element does not match the schema"
BAD_START = "The provided starting key is invalid"
COUNT = "Conditions can be of length 1 or 2 only"
NO_START_KEY = {"ExclusiveStartKey": ABSENT}
BY_PARTITION = {"KeyConditionExpression": "pk = :p"}

GOOD = {
    "KeyConditionExpression": "pk = :p",
    "ExpressionAttributeValues": {":p": {"S": "a"}},
}
START = {"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}}}

STEPS = (
    # 1
    Step(
        "both styles",
        {"AttributesToGet": ["a"], "FilterExpression": ABSENT, "ProjectionExpression": ABSENT},
        MIXED
        + "Non-expression parameters: {AttributesToGet} Expression parameters: {KeyConditionExpression}",
    ),
    # 3
    Step(
        "a value of the start key",
        {"ExclusiveStartKey": {"bad": {"SS": []}}},
        f"{BAD_START}: {INVALID}An string set  may not be empty",
    ),
    # 5
    Step(
        "an invalid value",
        {"ExpressionAttributeValues": {":bad": {"N": "x"}}},
        "ExpressionAttributeValues contains invalid value: "
        "The parameter cannot be converted to a numeric value: x for key :bad",
    ),
    Step(
        "key condition syntax",
        {"KeyConditionExpression": "pk"},
        'Invalid KeyConditionExpression: Syntax error; token: "<EOF>", near: "pk"',
    ),
    Step(
        "filter",
        {"FilterExpression": "a = :undefined"},
        "Invalid FilterExpression: An expression attribute value used in expression is not defined; "
        "attribute value: :undefined",
    ),
    Step(
        "projection",
        {"ProjectionExpression": "#undefined"},
        "Invalid ProjectionExpression: An expression attribute name used in the document path is not "
        "defined; attribute name: #undefined",
    ),
    Step(
        "an unused value",
        {"ExpressionAttributeValues": {":unused": {"S": "x"}}},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:unused}",
    ),
    Step(
        "three conditions",
        {"KeyConditionExpression": "pk = :p AND sk = :p AND a = :p", "IndexName": ABSENT},
        COUNT,
    ),
    # 6
    Step(
        "Select",
        {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": ABSENT},
        ENVELOPE
        + "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    ),
    # 7
    Step("table", {"TableName": "no-such-table"}, "Requested resource not found", NOT_FOUND),
    Step("index", {"IndexName": "missing"}, "The table does not have the specified index: missing"),
    Step(
        "consistent",
        {"IndexName": "keys", "ConsistentRead": True, "ExclusiveStartKey": ABSENT},
        "Consistent reads are not supported on global secondary indexes",
    ),
    # 8
    Step("start key's size", {"ExclusiveStartKey": {"more": {"S": "x"}}}, BAD_START),
    # 9
    Step(
        "hash key without a condition",
        {"KeyConditionExpression": "sk = :p"},
        "Query condition missed key schema element: pk",
    ),
    # 10
    Step(
        "start key's type",
        {"ExclusiveStartKey": {"sk": {"S": "x"}}} | BY_PARTITION,
        f"{BAD_START}: {MISMATCH}",
    ),
    Step(
        "another partition",
        {"ExclusiveStartKey": {"pk": {"S": "b"}}} | BY_PARTITION,
        "The provided starting key is outside query boundaries based on provided conditions",
    ),
    # 11
    Step("projection into a key", {"ProjectionExpression": "g.a"}, SCALAR + "IndexKey: g"),
    # 12
    Step(
        "filter of a key",
        {"FilterExpression": "sk.a = :p"},
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    # 14
    Step("filter into a key", {"FilterExpression": "g.a = :p"}, SCALAR + "IndexKey: g"),
)


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    request = changed({"TableName": things}, GOOD, START, step.change)
    assert api.refusal("Query", request) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, START, later.change, earlier.change)
    assert api.refusal("Query", request) == earlier.answer


def test_good_request(api, things):
    request = {"TableName": things} | GOOD | START
    assert api("Query", request) == {"Items": [], "Count": 0, "ScannedCount": 0}


# Texts of requests that find no fault before theirs. The values :p (S) and :n (N) are there if they are used.
VALUES = {":p": {"S": "a"}, ":n": {"N": "1"}, ":m": {"N": "2"}}
INDEXABLE = "Attempted conditional constraint is not an indexable operation"
UNSUPPORTED = "Query key condition not supported"
CONDITION_TYPE = INVALID + "Condition parameter type does not match schema type"

KEY_CONDITIONS = (
    ("pk = :n", CONDITION_TYPE),
    ("pk = :p AND sk = :p", CONDITION_TYPE),
    ("pk < :p", UNSUPPORTED),
    ("begins_with(pk, :p)", UNSUPPORTED),
    ("pk = :p AND a = :p", "Query condition missed key schema element: sk"),
    ("a = :p AND sk = :n", "Query condition missed key schema element: pk"),
    ("a = :p", "Query condition missed key schema element: pk"),
    ("pk = :p OR sk = :n", "Invalid operator used in KeyConditionExpression: OR"),
    ("NOT pk = :p", "Invalid operator used in KeyConditionExpression: NOT"),
    ("pk <> :p", "Invalid operator used in KeyConditionExpression: <>"),
    ("pk IN (:p)", "Invalid operator used in KeyConditionExpression: IN"),
    ("pk = :p AND attribute_exists(sk)", "Invalid operator used in KeyConditionExpression: attribute_exists"),
    ("pk = :p AND contains(sk, :p)", "Invalid operator used in KeyConditionExpression: contains"),
    ("pk = :p AND size(sk) = :n", "KeyConditionExpressions cannot contain nested operations"),
    ("pk = :p AND pk = :p", "KeyConditionExpressions must only contain one condition per key"),
    (
        "pk = :p AND sk.a = :n",
        "Invalid KeyConditionExpression: KeyConditionExpressions cannot have conditions on nested attributes",
    ),
    (
        "pk = sk",
        "Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition",
    ),
    (":p = :p", "Invalid condition in KeyConditionExpression: No key attribute specified"),
    (
        "pk = :p AND :n BETWEEN sk AND :m",
        "Invalid condition in KeyConditionExpression: "
        "BETWEEN operator must have the key attribute as its first operand",
    ),
    (
        "pk = :p AND sk BETWEEN :m AND :n",
        "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or "
        "equal to lower bound; lower bound operand: AttributeValue: {N:2}, "
        "upper bound operand: AttributeValue: {N:1}",
    ),
    (
        "pk = :p AND begins_with(sk, :n)",
        "Invalid KeyConditionExpression: Incorrect operand type for operator or function; "
        "operator or function: begins_with, operand type: N",
    ),
)


@pytest.mark.parametrize(("expression", "text"), KEY_CONDITIONS)
def test_key_condition(api, things, expression, text):
    values = {name: value for name, value in VALUES.items() if name in expression}
    request = {
        "TableName": things,
        "KeyConditionExpression": expression,
        "ExpressionAttributeValues": values or ABSENT,
    }
    assert api.refusal("Query", changed(request)) == ("ValidationException", text)


def test_two_conditions_on_hash_only_table(api, plain):
    request = {"TableName": plain} | GOOD | {"KeyConditionExpression": "pk = :p AND sk = :p"}
    assert api.refusal("Query", request) == ("ValidationException", UNSUPPORTED)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (
            "",
            NOT_VALID
            + "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
        ),
        ("x" * 2049, INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes"),
    ],
    ids=["empty", "long"],
)
def test_hash_value(api, things, value, text):
    request = {"TableName": things} | GOOD | {"ExpressionAttributeValues": {":p": {"S": value}}}
    assert api.refusal("Query", request) == ("ValidationException", text)


def old(operator, *values):
    return {"ComparisonOperator": operator, "AttributeValueList": list(values)}


PK = {"pk": old("EQ", {"S": "a"})}
OLD_STYLE = (
    ({}, "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."),
    ({"KeyConditions": {}}, COUNT),
    ({"KeyConditions": PK | {"sk": old("EQ", {"N": "1"}), "a": old("EQ", {"N": "1"})}}, COUNT),
    ({"KeyConditions": PK | {"sk": old("NE", {"N": "1"})}}, INDEXABLE),
    ({"KeyConditions": PK | {"sk": old("NULL")}}, INDEXABLE),
    ({"KeyConditions": PK | {"sk": old("IN", {"N": "1"})}}, INDEXABLE),
    ({"KeyConditions": {"pk": old("IN", {"S": "1"})}}, INDEXABLE),
    ({"KeyConditions": {"pk": old("GT", {"S": "1"})}}, UNSUPPORTED),
    ({"KeyConditions": {"pk": old("EQ", {"N": "1"})}}, CONDITION_TYPE),
    ({"KeyConditions": {"pk": old("EQ", {"SS": []})}}, INVALID + "An string set  may not be empty"),
    (
        {"KeyConditions": {"pk": old("EQ", {"S": "a"}, {"S": "b"})}},
        INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
    ),
    (
        {"KeyConditions": PK | {"sk": old("BEGINS_WITH", {"N": "1"})}},
        INVALID + "ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type",
    ),
    (
        {"KeyConditions": PK | {"sk": old("BETWEEN", {"N": "1"}, {"S": "2"})}},
        INVALID + "AttributeValues inside AttributeValueList must be of same type",
    ),
    (
        {"KeyConditions": PK | {"sk": old("BETWEEN", {"N": "2"}, {"N": "1"})}},
        "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound",
    ),
    (
        {"KeyConditions": PK, "QueryFilter": {"sk": old("EQ", {"N": "1"})}},
        "QueryFilter can only contain non-primary key attributes: Primary key attribute: sk",
    ),
    (
        {"KeyConditions": PK, "ConditionalOperator": "OR"},
        INVALID + "ConditionalOperator cannot be used without Filter or Expected",
    ),
    ({"KeyConditions": PK, "AttributesToGet": ["a", "a"]}, INVALID + "Duplicate value in attribute name: a"),
    # The order of 2: filter before AttributesToGet, both before the start key and a missing key condition.
    (
        {"QueryFilter": {"a": old("LT")}, "AttributesToGet": ["a", "a"]},
        INVALID + "Invalid number of argument(s) for the LT ComparisonOperator",
    ),
    (
        {"AttributesToGet": ["a", "a"], "ExclusiveStartKey": {"pk": {}}},
        INVALID + "Duplicate value in attribute name: a",
    ),
    (
        {"ExclusiveStartKey": {"pk": {}}},
        f"{BAD_START}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    # KeyConditions go together with other expressions, if these are not the key's.
    (
        {"KeyConditions": PK, "KeyConditionExpression": "pk = :p"},
        MIXED + "Non-expression parameters: {KeyConditions} Expression parameters: {KeyConditionExpression}",
    ),
    (
        {"KeyConditions": PK, "QueryFilter": {}, "FilterExpression": "a = b", "ProjectionExpression": "a"},
        MIXED + "Non-expression parameters: {QueryFilter} "
        "Expression parameters: {ProjectionExpression, FilterExpression}",
    ),
    (
        {"KeyConditions": PK, "ExpressionAttributeValues": {":p": {"S": "a"}}},
        "ExpressionAttributeValues can only be specified when using expressions: "
        "FilterExpression and KeyConditionExpression are null",
    ),
)


@pytest.mark.parametrize(("request_", "text"), OLD_STYLE)
def test_old_style(api, things, request_, text):
    assert api.refusal("Query", {"TableName": things} | request_) == ("ValidationException", text)


def test_old_key_conditions_with_new_expressions(api, things):
    request = {"TableName": things, "KeyConditions": PK, "FilterExpression": "a = b"}
    assert api("Query", request) == {"Items": [], "Count": 0, "ScannedCount": 1}


SELECT = (
    (
        {"Select": "ALL_ATTRIBUTES", "ProjectionExpression": "a"},
        ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get ALL_ATTRIBUTES",
    ),
    (
        {"Select": "COUNT", "ProjectionExpression": "a"},
        ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get only the Count",
    ),
    (
        {"Select": "ALL_PROJECTED_ATTRIBUTES", "ProjectionExpression": "a", "IndexName": "keys"},
        ENVELOPE + "Cannot specify the ProjectionExpression when choosing to get ALL_PROJECTED_ATTRIBUTES",
    ),
    (
        {"Select": "ALL_PROJECTED_ATTRIBUTES"},
        ENVELOPE + "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ),
    (
        {"Select": "EVERYTHING"},
        ENVELOPE + "Value 'EVERYTHING' at 'select' failed to satisfy constraint: Member must satisfy enum "
        "value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES]",
    ),
    (
        {"Limit": 0},
        ENVELOPE + "Value at 'Limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
)


@pytest.mark.parametrize(("change", "text"), SELECT)
def test_select(api, things, change, text):
    assert api.refusal("Query", {"TableName": things} | GOOD | change) == ("ValidationException", text)


# What a global index does not hold, and the order of that (13) between 12 and 14.
BY_G = {"IndexName": "keys", "KeyConditionExpression": "g = :p"}
PROJECTIONS = (
    (
        {"Select": "ALL_ATTRIBUTES"},
        INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index keys "
        "because its projection type is not ALL",
    ),
    (
        {"ProjectionExpression": "b, h, a.x, pk"},
        INVALID + "Global secondary index keys does not project [b, a]",
    ),
    (
        {"ProjectionExpression": "l.x, a"},
        SCALAR + "IndexKey: l",
    ),
    (
        {"ProjectionExpression": "a", "FilterExpression": "h = :p"},
        "Filter Expression can only contain non-primary key attributes: Primary key attribute: h",
    ),
    (
        {"ProjectionExpression": "a", "FilterExpression": "pk.a = :p"},
        INVALID + "Global secondary index keys does not project [a]",
    ),
    (
        {"FilterExpression": "pk.a = :p"},
        SCALAR + "Key: pk",
    ),
)


@pytest.mark.parametrize(("change", "text"), PROJECTIONS)
def test_projection_of_global_index(api, things, change, text):
    assert api.refusal("Query", {"TableName": things} | GOOD | BY_G | change) == ("ValidationException", text)
