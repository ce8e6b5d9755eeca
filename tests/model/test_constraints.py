"""The texts of broken constraints, operation by operation, as AWS words and orders them.

`members` are (value, path, constraint) of the expected entries, in order; a value of None is written as null.
"""

import json

import pytest

from stator.base.errors import ApiError
from stator.model import decode

NULL = "Member must not be null"
NAME = "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"
RETURN_VALUES = "Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]"
CAPACITY = "Member must satisfy enum value set: [INDEXES, TOTAL, NONE]"
METRICS = "Member must satisfy enum value set: [SIZE, NONE]"
OPERATOR = "Member must satisfy enum value set: [OR, AND]"
COMPARISON = (
    "Member must satisfy enum value set: [IN, NULL, BETWEEN, LT, NOT_CONTAINS, EQ, GT, NOT_NULL, NE, LE, "
    "BEGINS_WITH, GE, CONTAINS]"
)
SELECT = (
    "Member must satisfy enum value set: [SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, "
    "ALL_PROJECTED_ATTRIBUTES]"
)
NAME_KEYS = (
    "Map keys must satisfy constraint: [Member must have length less than or equal to 255, "
    f"Member must have length greater than or equal to 3, {NAME}]"
)
MISSING_NAME = "The parameter 'TableName' is required but was not present in the request"
LONG = "a" * 256


def least(limit, quantity="length"):
    return f"Member must have {quantity} greater than or equal to {limit}"


def most(limit, quantity="length"):
    return f"Member must have {quantity} less than or equal to {limit}"


def entry(value, path, constraint):
    shown = "null" if value is None else f"'{value}'"
    return f"Value {shown} at '{path}' failed to satisfy constraint: {constraint}"


def report(*entries):
    texts = [each if isinstance(each, str) else entry(*each) for each in entries]
    return f"{len(texts)} validation error{'s' * (len(texts) > 1)} detected: {'; '.join(texts)}"


def refusal(operation, request):
    with pytest.raises(ApiError) as caught:
        decode(operation).decode(json.dumps(request).encode())
    assert caught.value.name == "ValidationException"
    return caught.value.message


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

HASH = {"AttributeName": "a", "KeyType": "HASH"}
RANGE = {"AttributeName": "b", "KeyType": "RANGE"}
SHOWN_HASH = "KeySchemaElement(attributeName=a, keyType=HASH)"
SHOWN_RANGE = "KeySchemaElement(attributeName=b, keyType=RANGE)"
TABLE = {
    "TableName": "abc",
    "AttributeDefinitions": [{"AttributeName": "a", "AttributeType": "S"}],
    "KeySchema": [HASH],
}
TABLES = [
    (
        "CreateTable",
        {
            "TableName": "ab",
            "BillingMode": "x",
            "ProvisionedThroughput": {"ReadCapacityUnits": 0},
            "KeySchema": [],
        },
        [
            (None, "attributeDefinitions", NULL),
            ("ab", "tableName", least(3)),
            ("x", "billingMode", "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"),
            (None, "provisionedThroughput.writeCapacityUnits", NULL),
            ("0", "provisionedThroughput.readCapacityUnits", least(1, "value")),
            ("[]", "keySchema", least(1)),
        ],
    ),
    (
        "CreateTable",
        {**TABLE, "AttributeDefinitions": [{}, {"AttributeName": LONG, "AttributeType": "x"}]},
        [
            (None, "attributeDefinitions.1.member.attributeName", NULL),
            (None, "attributeDefinitions.1.member.attributeType", NULL),
            (LONG, "attributeDefinitions.2.member.attributeName", most(255)),
            (
                "x",
                "attributeDefinitions.2.member.attributeType",
                "Member must satisfy enum value set: [B, N, S]",
            ),
        ],
    ),
    (
        "CreateTable",
        {**TABLE, "KeySchema": [HASH, RANGE, {"AttributeName": "", "KeyType": "x"}]},
        [
            (
                f"[{SHOWN_HASH}, {SHOWN_RANGE}, KeySchemaElement(attributeName=, keyType=x)]",
                "keySchema",
                most(2),
            ),
            ("", "keySchema.3.member.attributeName", least(1)),
            ("x", "keySchema.3.member.keyType", "Member must satisfy enum value set: [HASH, RANGE]"),
        ],
    ),
    (
        "CreateTable",
        {
            **TABLE,
            "LocalSecondaryIndexes": [{}, {"IndexName": "b;", "KeySchema": [HASH] * 3, "Projection": {}}],
        },
        [
            (None, "localSecondaryIndexes.1.member.indexName", NULL),
            (None, "localSecondaryIndexes.1.member.keySchema", NULL),
            (None, "localSecondaryIndexes.1.member.projection", NULL),
            ("b;", "localSecondaryIndexes.2.member.indexName", NAME),
            ("b;", "localSecondaryIndexes.2.member.indexName", least(3)),
            (
                f"[{', '.join([SHOWN_HASH] * 3)}]",
                "localSecondaryIndexes.2.member.keySchema",
                most(2),
            ),
        ],
    ),
    (
        "CreateTable",
        {
            **TABLE,
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": "idx",
                    "KeySchema": [HASH] * 9,
                    "Projection": {"ProjectionType": "x", "NonKeyAttributes": []},
                    "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": -1},
                }
            ],
        },
        [
            (
                f"[{', '.join([SHOWN_HASH] * 9)}]",
                "globalSecondaryIndexes.1.member.keySchema",
                most(8),
            ),
            (
                "x",
                "globalSecondaryIndexes.1.member.projection.projectionType",
                "Member must satisfy enum value set: [ALL, INCLUDE, KEYS_ONLY]",
            ),
            ("[]", "globalSecondaryIndexes.1.member.projection.nonKeyAttributes", least(1)),
            (
                "-1",
                "globalSecondaryIndexes.1.member.provisionedThroughput.writeCapacityUnits",
                least(1, "value"),
            ),
        ],
    ),
    (
        "UpdateTable",
        {
            "TableName": "ab",
            "ProvisionedThroughput": {},
            "BillingMode": "x",
            "GlobalSecondaryIndexUpdates": [{"Update": {}}, {"Create": {}}, {"Delete": {"IndexName": "i;x"}}],
        },
        [
            ("ab", "tableName", least(3)),
            (None, "provisionedThroughput.writeCapacityUnits", NULL),
            (None, "provisionedThroughput.readCapacityUnits", NULL),
            ("x", "billingMode", "Member must satisfy enum value set: [PROVISIONED, PAY_PER_REQUEST]"),
            (None, "globalSecondaryIndexUpdates.1.member.update.indexName", NULL),
            (None, "globalSecondaryIndexUpdates.2.member.create.indexName", NULL),
            (None, "globalSecondaryIndexUpdates.2.member.create.keySchema", NULL),
            (None, "globalSecondaryIndexUpdates.2.member.create.projection", NULL),
            ("i;x", "globalSecondaryIndexUpdates.3.member.delete.indexName", NAME),
        ],
    ),
    (
        "UpdateTable",
        {"TableName": "abc", "SSESpecification": {"SSEType": "x"}},
        [("x", "sSESpecification.sSEType", "Member must satisfy enum value set: [AES256, KMS]")],
    ),
    (
        "ListTables",
        {"ExclusiveStartTableName": "a;", "Limit": 101},
        [
            ("a;", "exclusiveStartTableName", NAME),
            ("a;", "exclusiveStartTableName", least(3)),
            ("101", "limit", most(100, "value")),
        ],
    ),
    (
        "ListTables",
        {"ExclusiveStartTableName": LONG, "Limit": 0},
        [
            (LONG, "exclusiveStartTableName", most(255)),
            ("0", "limit", least(1, "value")),
        ],
    ),
    ("UpdateTimeToLive", {"TableName": "abc"}, [(None, "timeToLiveSpecification", NULL)]),
    (
        "UpdateTimeToLive",
        {"TableName": "abc", "TimeToLiveSpecification": {}},
        [
            (None, "timeToLiveSpecification.enabled", NULL),
            (None, "timeToLiveSpecification.attributeName", NULL),
        ],
    ),
    (
        "UpdateTimeToLive",
        {"TableName": "abc", "TimeToLiveSpecification": {"AttributeName": "", "Enabled": True}},
        [("", "timeToLiveSpecification.attributeName", least(1))],
    ),
    ("TagResource", {}, [(None, "tags", NULL)]),
    ("TagResource", {"Tags": [{}]}, [(None, "tags.1.member.key", NULL)]),
    ("UntagResource", {"ResourceArn": "x"}, [(None, "tagKeys", NULL)]),
    (
        "UntagResource",
        {"ResourceArn": "x", "TagKeys": ["a" * 129, "b"]},
        [(f"[{'a' * 129}, b]", "tagKeys", f"Member must satisfy constraint: [{most(128)}, {least(1)}]")],
    ),
]

NULL_ELEMENTS = [
    (
        "GetItem",
        {"TableName": "abc", "Key": {}, "AttributesToGet": [None]},
        [(None, "attributesToGet.1.member", NULL)],
    ),
    ("CreateTable", {**TABLE, "KeySchema": [HASH, None]}, [(None, "keySchema.2.member", NULL)]),
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


@pytest.mark.parametrize(
    ("operation", "request_", "entries"), ITEMS + READS + BATCHES + TABLES + NULL_ELEMENTS
)
def test_report(operation, request_, entries):
    assert refusal(operation, request_) == report(*entries)


def test_at_most_ten_entries():
    message = refusal("CreateTable", {**TABLE, "KeySchema": [{}] * 8})
    assert message.startswith("10 validation errors detected: ")
    assert message.count("failed to satisfy constraint") == 10


@pytest.mark.parametrize("operation", ["BatchGetItem", "BatchWriteItem"])
@pytest.mark.parametrize(
    "request_", [{}, {"RequestItems": None}, {"RequestItems": {}, "ReturnConsumedCapacity": "x"}]
)
def test_batches_without_items(operation, request_):
    assert refusal(operation, request_) == f"The requestItems parameter is required for {operation}"


@pytest.mark.parametrize(
    ("operation", "request_"),
    [("TagResource", {"Tags": []}), ("UntagResource", {"TagKeys": []}), ("ListTagsOfResource", {})],
)
def test_an_absent_resource_is_found_after_the_constraints(operation, request_):
    assert refusal(operation, request_) == "Invalid TableArn"


def test_a_table_class_is_for_the_operation_to_judge():
    body = json.dumps({**TABLE, "TableClass": "x"}).encode()
    assert decode("CreateTable").decode(body).TableClass == "x"
