"""What Scan refuses, and in which order.

Source: AWS's replies as listed in docs/validation.md, "Scan", numbered as there in comments.
"""

import pytest

from harness.steps import ABSENT, ENVELOPE, INVALID, MIXED, NOT_FOUND, SCALAR, Step, changed, pairs

MISMATCH = "The provided key element does not match the schema"
BAD_START = "The provided starting key is invalid"

STEPS = (
    # 1
    Step(
        "both styles",
        {"AttributesToGet": ["a"], "FilterExpression": "a = b", "ProjectionExpression": ABSENT},
        MIXED + "Non-expression parameters: {AttributesToGet} Expression parameters: {FilterExpression}",
    ),
    Step(
        "values without an expression",
        {"ExpressionAttributeValues": {":a": {"S": "a"}}, "FilterExpression": ABSENT},
        "ExpressionAttributeValues can only be specified when using expressions: FilterExpression is null",
    ),
    Step(
        "a name twice",
        {"AttributesToGet": ["a", "a"], "FilterExpression": ABSENT, "ProjectionExpression": ABSENT},
        INVALID + "Duplicate value in attribute name: a",
    ),
    Step(
        "ScanFilter",
        {"ScanFilter": {"a": {"ComparisonOperator": "EQ"}}, "FilterExpression": ABSENT}
        | {"ProjectionExpression": ABSENT},
        INVALID + "Invalid number of argument(s) for the EQ ComparisonOperator",
    ),
    Step(
        "a value of the start key",
        {"ExclusiveStartKey": {"bad": {}}},
        f"{BAD_START}: Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
    ),
    # 2
    Step(
        "segments",
        {"Segment": 4, "TotalSegments": 4},
        "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
        "Segment: 4 is not less than TotalSegments: 4",
    ),
    # 3
    Step("filter", {"FilterExpression": ""}, "Invalid FilterExpression: The expression can not be empty;"),
    Step(
        "projection",
        {"ProjectionExpression": "a b"},
        'Invalid ProjectionExpression: Syntax error; token: "b", near: "a b"',
    ),
    Step(
        "Select",
        {"Select": "SPECIFIC_ATTRIBUTES", "ProjectionExpression": ABSENT, "AttributesToGet": ABSENT},
        "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES",
    ),
    # 4
    Step("table", {"TableName": "no-such-table"}, "Requested resource not found", NOT_FOUND),
    Step("index", {"IndexName": "missing"}, "The table does not have the specified index: missing"),
    Step(
        "consistent",
        {"IndexName": "keys", "ConsistentRead": True, "ExclusiveStartKey": ABSENT},
        "Consistent reads are not supported on global secondary indexes",
    ),
    # 5
    Step("start key's size", {"ExclusiveStartKey": {"more": {"S": "x"}}}, f"{BAD_START}: {MISMATCH}"),
    Step("start key's type", {"ExclusiveStartKey": {"sk": {"S": "x"}}}, f"{BAD_START}: {MISMATCH}"),
    # 7
    Step("projection into a key", {"ProjectionExpression": "g.a"}, SCALAR + "IndexKey: g"),
    Step("filter into a key", {"FilterExpression": "pk.a = b"}, SCALAR + "Key: pk"),
)

GOOD = {"ExclusiveStartKey": {"pk": {"S": "a"}, "sk": {"N": "1"}}}


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.rule)
def test_text(api, things, step):
    assert api.refusal("Scan", changed({"TableName": things}, GOOD, step.change)) == step.answer


@pytest.mark.parametrize(("earlier", "later"), pairs(STEPS), ids=lambda step: step.rule)
def test_order(api, things, earlier, later):
    request = changed({"TableName": things}, GOOD, later.change, earlier.change)
    assert api.refusal("Scan", request) == earlier.answer


TEXTS = (
    (
        {"Segment": 0},
        "The TotalSegments parameter is required but was not present in the request "
        "when Segment parameter is present",
    ),
    (
        {"TotalSegments": 1},
        "The Segment parameter is required but was not present in the request "
        "when parameter TotalSegments is present",
    ),
    (
        {"Segment": -1, "TotalSegments": 1},
        ENVELOPE + "Value '-1' at 'segment' failed to satisfy constraint: "
        "Member must have value greater than or equal to 0",
    ),
    (
        {"Segment": 0, "TotalSegments": 1_000_001},
        ENVELOPE + "Value '1000001' at 'totalSegments' failed to "
        "satisfy constraint: Member must have value less than or equal to 1000000",
    ),
    (
        {"Limit": 0},
        ENVELOPE + "Value '0' at 'limit' failed to satisfy constraint: "
        "Member must have value greater than or equal to 1",
    ),
    (
        {"Select": "COUNT", "AttributesToGet": ["a"]},
        "Cannot specify the AttributesToGet when choosing to get only the Count",
    ),
    (
        {"Select": "ALL_PROJECTED_ATTRIBUTES"},
        "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName",
    ),
    (
        {"IndexName": "keys", "Select": "ALL_ATTRIBUTES"},
        INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index keys "
        "because its projection type is not ALL",
    ),
    (
        {"IndexName": "keys", "ProjectionExpression": "a"},
        INVALID + "Global secondary index keys does not project [a]",
    ),
    (
        {"ConditionalOperator": "AND"},
        INVALID + "ConditionalOperator cannot be used without Filter or Expected",
    ),
    # The start key of an index: its own part, then Select, then the table's part.
    ({"IndexName": "keys", "ExclusiveStartKey": {"g": {"S": "a"}}}, BAD_START),
    ({"IndexName": "keys", "Select": "ALL_ATTRIBUTES", "ExclusiveStartKey": {"g": {"S": "a"}}}, BAD_START),
    (
        {
            "IndexName": "keys",
            "Select": "ALL_ATTRIBUTES",
            "ExclusiveStartKey": {"g": {"S": "a"}, "h": {"S": "1"}, "pk": {"S": "a"}, "sk": {"N": "1"}},
        },
        MISMATCH,
    ),
    (
        {
            "IndexName": "keys",
            "Select": "ALL_ATTRIBUTES",
            "ExclusiveStartKey": {"g": {"S": "a"}, "h": {"N": "1"}, "pk": {"S": "a"}, "sk": {"S": "1"}},
        },
        INVALID + "Select type ALL_ATTRIBUTES is not supported for global secondary index keys "
        "because its projection type is not ALL",
    ),
    (
        {
            "IndexName": "keys",
            "ExclusiveStartKey": {"g": {"S": "a"}, "h": {"N": "1"}, "pk": {"S": "a"}, "sk": {"S": "1"}},
        },
        f"{BAD_START}: {MISMATCH}",
    ),
)


@pytest.mark.parametrize(("request_", "text"), TEXTS)
def test_texts(api, things, request_, text):
    assert api.refusal("Scan", {"TableName": things} | request_) == ("ValidationException", text)


def test_start_key_of_another_segment(api, plain):
    # One of two segments has it, so the other one refuses it: after its form, before the projection.
    request = {
        "TableName": plain,
        "TotalSegments": 2,
        "ExclusiveStartKey": {"pk": {"S": "a"}},
        "ProjectionExpression": "pk.a",
    }
    refusals = {segment: api.refusal("Scan", request | {"Segment": segment})[1] for segment in (0, 1)}
    wrong, right = sorted(refusals, key=lambda segment: refusals[segment].startswith("Key attributes"))
    assert refusals[right] == SCALAR + "Key: pk"
    assert refusals[wrong] == (
        f"{BAD_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
        f"TotalSegments: 2 Segment: {wrong}"
    )


def test_filter_may_name_keys(api, things):
    request = {
        "TableName": things,
        "FilterExpression": "pk = :p AND sk = :s",
        "ExpressionAttributeValues": {":p": {"S": "a"}, ":s": {"N": "1"}},
    }
    assert api("Scan", request)["Count"] == 1
