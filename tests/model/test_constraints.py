"""The texts of broken constraints of requests for items, as AWS words and orders them.

A row's entries are (value, path, constraint), in order; a value of None is written as null.
"""

import json

import pytest

from stator.model import decode

from .texts import (
    CAPACITY,
    COMPARISON,
    LONG,
    METRICS,
    NAME,
    NAME_KEYS,
    NULL,
    OPERATOR,
    RETURN_VALUES,
    SELECT,
    least,
    most,
    refusal,
    report,
)

MISSING_NAME = "The parameter 'TableName' is required but was not present in the request"

TABLE_OPERATIONS = [
    "CreateTable",
    "UpdateTable",
    "DeleteTable",
    "DescribeTable",
    "DescribeTimeToLive",
    "UpdateTimeToLive",
]
# Data operations, with what else they require.
DATA_OPERATIONS = {
    "PutItem": {"Item": {}},
    "GetItem": {"Key": {}},
    "UpdateItem": {"Key": {}},
    "DeleteItem": {"Key": {}},
    "Query": {},
    "Scan": {},
}
# What a table name may be wrong with.
BAD_NAMES = [
    ("", [least(1)]),
    ("ab", [least(3)]),
    (LONG, [most(255)]),
    ("abc;", [NAME]),
    ("a;", [NAME, least(3)]),
    (";" * 256, [NAME, most(255)]),
    ("abc\n", [NAME]),
    ("arn:" + "a" * 1021, [most(1024)]),
]


@pytest.mark.parametrize("operation", TABLE_OPERATIONS)
@pytest.mark.parametrize("request_", [{}, {"TableName": None}, {"BillingMode": "x"}])
def test_table_operations_name_an_absent_table_name_alone(operation, request_):
    assert refusal(operation, request_) == MISSING_NAME


@pytest.mark.parametrize("operation", DATA_OPERATIONS)
def test_data_operations_report_an_absent_table_name(operation):
    assert refusal(operation, DATA_OPERATIONS[operation]) == report((None, "tableName", NULL))


@pytest.mark.parametrize(
    "operation", ["DeleteTable", "DescribeTable", "DescribeTimeToLive", *DATA_OPERATIONS]
)
@pytest.mark.parametrize(("name", "constraints"), BAD_NAMES)
def test_bad_table_names(operation, name, constraints):
    request = {**DATA_OPERATIONS.get(operation, {}), "TableName": name}
    assert refusal(operation, request) == report(*((name, "tableName", each) for each in constraints))


@pytest.mark.parametrize(
    "name", ["abc", "a" * 255, "a.B-c_9", "arn:aws:dynamodb:us-east-1:000000000000:table/t;"]
)
def test_good_table_names(name):
    assert decode("DescribeTable").decode(json.dumps({"TableName": name}).encode()).TableName == name


BAD_ENUMS = {
    "ReturnConsumedCapacity": "a",
    "ReturnValues": "b",
    "ReturnItemCollectionMetrics": "c",
    "ConditionalOperator": "d",
    "Expected": {"a": {"ComparisonOperator": "e"}},
}
BAD_ENUM_ENTRIES = [
    ("a", "returnConsumedCapacity", CAPACITY),
    ("b", "returnValues", RETURN_VALUES),
    ("c", "returnItemCollectionMetrics", METRICS),
    ("d", "conditionalOperator", OPERATOR),
    ("e", "expected.a.member.comparisonOperator", COMPARISON),
]

ITEMS = [
    ("PutItem", {}, [(None, "tableName", NULL), (None, "item", NULL)]),
    ("PutItem", {"TableName": "abc", **BAD_ENUMS}, [(None, "item", NULL), *BAD_ENUM_ENTRIES]),
    ("PutItem", {"TableName": "a", **BAD_ENUMS}, [("a", "tableName", least(3))]),
    (
        "PutItem",
        {"TableName": "abc", "Item": {}, "ReturnValuesOnConditionCheckFailure": "x"},
        [("x", "returnValuesOnConditionCheckFailure", "Member must satisfy enum value set: [ALL_OLD, NONE]")],
    ),
    ("DeleteItem", {}, [(None, "key", NULL), (None, "tableName", NULL)]),
    (
        "DeleteItem",
        {"TableName": "ab", **BAD_ENUMS},
        [(None, "key", NULL), ("ab", "tableName", least(3)), *BAD_ENUM_ENTRIES],
    ),
    ("UpdateItem", {}, [(None, "key", NULL), (None, "tableName", NULL)]),
    ("UpdateItem", {"TableName": "abc", "Key": {}, **BAD_ENUMS}, [BAD_ENUM_ENTRIES[1]]),
    ("UpdateItem", {"TableName": "a;b", "Key": {}, **BAD_ENUMS}, [("a;b", "tableName", NAME)]),
    (
        "UpdateItem",
        {"TableName": "abc", "Key": {}, "AttributeUpdates": {"b": {"Action": "x"}}},
        [("x", "attributeUpdates.b.member.action", "Member must satisfy enum value set: [ADD, PUT, DELETE]")],
    ),
    (
        "GetItem",
        {"AttributesToGet": [], "ReturnConsumedCapacity": "x"},
        [
            (None, "key", NULL),
            (None, "tableName", NULL),
            ("[]", "attributesToGet", least(1)),
            ("x", "returnConsumedCapacity", CAPACITY),
        ],
    ),
]

READS = [
    (
        "Query",
        {"TableName": "abc", "Limit": 0},
        [f"Value at 'Limit' failed to satisfy constraint: {least(1, 'value')}"],
    ),
    (
        "Query",
        {"TableName": "abc", "Limit": 0.9},
        [f"Value at 'Limit' failed to satisfy constraint: {least(1, 'value')}"],
    ),
    (
        "Query",
        {
            "IndexName": "a;",
            "Select": "x",
            "ReturnConsumedCapacity": "x",
            "AttributesToGet": [],
            "ConditionalOperator": "x",
            "KeyConditions": {"a": {}, "b": {"ComparisonOperator": "x"}},
            "QueryFilter": {"c": {"AttributeValueList": []}},
        },
        [
            (None, "tableName", NULL),
            ("a;", "indexName", NAME),
            ("a;", "indexName", least(3)),
            ("x", "select", SELECT),
            ("x", "returnConsumedCapacity", CAPACITY),
            ("[]", "attributesToGet", least(1)),
            ("x", "conditionalOperator", OPERATOR),
            (None, "keyConditions.a.member.comparisonOperator", NULL),
            ("x", "keyConditions.b.member.comparisonOperator", COMPARISON),
            (None, "queryFilter.c.member.comparisonOperator", NULL),
        ],
    ),
    ("Scan", {"TableName": "abc", "Limit": 0}, [("0", "limit", least(1, "value"))]),
    ("Scan", {"TableName": "abc", "IndexName": LONG}, [(LONG, "indexName", most(255))]),
    (
        "Scan",
        {"TableName": "abc", "Segment": -1, "TotalSegments": 1000001, "Select": "x"},
        [
            ("x", "select", SELECT),
            ("-1", "segment", least(0, "value")),
            ("1000001", "totalSegments", most(1000000, "value")),
        ],
    ),
    (
        "Scan",
        {"TableName": "abc", "Segment": 1000000, "TotalSegments": 0},
        [("1000000", "segment", most(999999, "value")), ("0", "totalSegments", least(1, "value"))],
    ),
    (
        "Scan",
        {"TableName": "abc", "ScanFilter": {"a": {"ComparisonOperator": "eq"}}},
        [("eq", "scanFilter.a.member.comparisonOperator", COMPARISON)],
    ),
]

KEY = {"a": {"S": "x"}}
SHOWN_KEY = "{a=AttributeValue(s=x)}"
BATCHES = [
    (
        "BatchGetItem",
        {"RequestItems": {"abc": {"Keys": []}}},
        [("[]", "requestItems.abc.member.keys", least(1))],
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"abc": {"AttributesToGet": []}}, "ReturnConsumedCapacity": "x"},
        [
            (None, "requestItems.abc.member.keys", NULL),
            ("[]", "requestItems.abc.member.attributesToGet", least(1)),
            ("x", "returnConsumedCapacity", CAPACITY),
        ],
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"abc": {"Keys": [KEY] * 101}}},
        [f"Value at 'RequestItems.abc.member.Keys' failed to satisfy constraint: {most(100)}"],
    ),
    (
        "BatchGetItem",
        {"RequestItems": {"ab": {"Keys": [KEY]}}},
        [
            (
                f"{{ab=KeysAndAttributes(keys=[{SHOWN_KEY}], attributesToGet=null, consistentRead=null, "
                "projectionExpression=null, expressionAttributeNames=null)}",
                "requestItems",
                NAME_KEYS,
            )
        ],
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"abc": []}},
        [("{abc=[]}", "requestItems", f"Map value must satisfy constraint: [{most(25)}, {least(1)}]")],
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"abc": [{}] * 26}},
        [
            (
                f"{{abc=[{', '.join(['WriteRequest(putRequest=null, deleteRequest=null)'] * 26)}]}}",
                "requestItems",
                f"Map value must satisfy constraint: [{most(25)}, {least(1)}]",
            )
        ],
    ),
    (
        "BatchWriteItem",
        {
            "RequestItems": {"abc": [{"PutRequest": {}}, {"DeleteRequest": {}}]},
            "ReturnItemCollectionMetrics": "x",
        },
        [
            (None, "requestItems.abc.member.1.member.putRequest.item", NULL),
            (None, "requestItems.abc.member.2.member.deleteRequest.key", NULL),
            ("x", "returnItemCollectionMetrics", METRICS),
        ],
    ),
    (
        "BatchWriteItem",
        {"RequestItems": {"a;": [{"DeleteRequest": {"Key": KEY}}]}},
        [
            (
                f"{{a;=[WriteRequest(putRequest=null, deleteRequest=DeleteRequest(key={SHOWN_KEY}))]}}",
                "requestItems",
                NAME_KEYS,
            )
        ],
    ),
]

NULL_ELEMENTS = [
    (
        "GetItem",
        {"TableName": "abc", "Key": {}, "AttributesToGet": [None]},
        [(None, "attributesToGet.1.member", NULL)],
    ),
    (
        "Query",
        {"TableName": "abc", "ExpressionAttributeNames": {"#A": None}},
        [(None, "expressionAttributeNames.#A.member", NULL)],
    ),
    (
        "PutItem",
        {"TableName": "abc", "Item": {"a": {"SS": ["x", None]}}},
        [(None, "item.a.member.sS.2.member", NULL)],
    ),
]


@pytest.mark.parametrize(("operation", "request_", "entries"), ITEMS + READS + BATCHES + NULL_ELEMENTS)
def test_report(operation, request_, entries):
    assert refusal(operation, request_) == report(*entries)


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
@pytest.mark.parametrize(
    "request_", [{}, {"RequestItems": None}, {"RequestItems": {}, "ReturnConsumedCapacity": "x"}]
)
def test_batches_without_items(operation, request_):
    assert refusal(operation, request_) == f"The requestItems parameter is required for {operation}"
