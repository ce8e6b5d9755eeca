"""Wrong JSON types: AWS has one text per type wanted, type given and place, and clients print it.

Every row of the protocol reference's table of wrong types is here, through the request of some operation.
"""

import pytest

from stator.base.errors import ApiError
from stator.model import decode
from stator.model.catalogue import services
from stator.model.deserialize import deserialize
from stator.model.shapes import input_shape

PACKAGE = "com.amazonaws.dynamodb.v20120810"
OBJECT = "Start of structure or map found where not expected"
FIELD = "Unexpected field type"
ELEMENT = "Unexpected value type in payload"
GENERIC = (
    "class sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl cannot be cast to class "
    "java.lang.Class (sun.reflect.generics.reflectiveObjects.ParameterizedTypeImpl and java.lang.Class are "
    "in module java.base of loader 'bootstrap')"
)


def java_map(value: str) -> str:
    return f"Unrecognized collection type java.util.Map<java.lang.String, {value}>"


# One row: the operation, the request's JSON text, the error's text.
STRINGS = [
    ("GetItem", '{"TableName": true}', "TRUE_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": false}', "FALSE_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": 23}', "NUMBER_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": -1}', "NUMBER_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": 2.5}', "DECIMAL_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": 1e9}', "DECIMAL_VALUE cannot be converted to String"),
    ("GetItem", '{"TableName": []}', "Unrecognized collection type class java.lang.String"),
    ("GetItem", '{"TableName": {}}', OBJECT),
    ("GetItem", '{"AttributesToGet": [1]}', "NUMBER_VALUE cannot be converted to String"),
    ("GetItem", '{"AttributesToGet": [[]]}', "Unrecognized collection type class java.lang.String"),
    ("GetItem", '{"ExpressionAttributeNames": {"#a": false}}', "FALSE_VALUE cannot be converted to String"),
]

NUMBERS = [
    ("Query", '{"Limit": "x"}', "STRING_VALUE cannot be converted to Integer"),
    ("Query", '{"Limit": "1"}', "STRING_VALUE cannot be converted to Integer"),
    ("Query", '{"Limit": true}', "TRUE_VALUE cannot be converted to Integer"),
    ("Query", '{"Limit": false}', "FALSE_VALUE cannot be converted to Integer"),
    ("Query", '{"Limit": []}', "Unrecognized collection type class java.lang.Integer"),
    ("Query", '{"Limit": {}}', OBJECT),
    (
        "CreateTable",
        '{"ProvisionedThroughput": {"ReadCapacityUnits": "x"}}',
        "STRING_VALUE cannot be converted to Long",
    ),
    (
        "CreateTable",
        '{"ProvisionedThroughput": {"ReadCapacityUnits": true}}',
        "TRUE_VALUE cannot be converted to Long",
    ),
    (
        "CreateTable",
        '{"ProvisionedThroughput": {"ReadCapacityUnits": []}}',
        "Unrecognized collection type class java.lang.Long",
    ),
    ("CreateTable", '{"ProvisionedThroughput": {"ReadCapacityUnits": {}}}', OBJECT),
]

BOOLEANS = [
    ("GetItem", '{"ConsistentRead": 1}', "NUMBER_VALUE cannot be converted to Boolean"),
    ("GetItem", '{"ConsistentRead": 2.5}', "DECIMAL_VALUE cannot be converted to Boolean"),
    ("GetItem", '{"ConsistentRead": "x"}', "Unexpected token received from parser"),
    ("GetItem", '{"ConsistentRead": ""}', "Unexpected token received from parser"),
    ("GetItem", '{"ConsistentRead": []}', "Unrecognized collection type class java.lang.Boolean"),
    ("GetItem", '{"ConsistentRead": {}}', OBJECT),
]

BLOBS = [
    ("GetItem", '{"Key": {"a": {"B": true}}}', "only base-64-encoded strings are convertible to bytes"),
    ("GetItem", '{"Key": {"a": {"B": 23}}}', "only base-64-encoded strings are convertible to bytes"),
    ("GetItem", '{"Key": {"a": {"B": []}}}', "Unrecognized collection type class java.nio.ByteBuffer"),
    ("GetItem", '{"Key": {"a": {"B": {}}}}', OBJECT),
    (
        "GetItem",
        '{"Key": {"a": {"B": "abc"}}}',
        "Base64 encoded length is expected a multiple of 4 bytes but found: 3",
    ),
    ("GetItem", '{"Key": {"a": {"B": "ab%d"}}}', "Invalid Base64 character: '%'"),
    ("GetItem", '{"Key": {"a": {"B": "a=bc"}}}', "Invalid Base64 character: '='"),
    (
        "GetItem",
        '{"Key": {"a": {"B": "aé=="}}}',
        "Base64 encoded length is expected a multiple of 4 bytes but found: 5",
    ),
    ("GetItem", '{"Key": {"a": {"B": "aaé"}}}', "Invalid Base64 character: 'é'"),
    ("GetItem", '{"Key": {"a": {"B": "YR=="}}}', "Invalid last non-pad Base64 character dectected"),
    ("GetItem", '{"Key": {"a": {"BS": ["YWF="]}}}', "Invalid last non-pad Base64 character dectected"),
]

LISTS = [
    ("GetItem", '{"AttributesToGet": "a"}', FIELD),
    ("GetItem", '{"AttributesToGet": 1}', FIELD),
    ("GetItem", '{"AttributesToGet": true}', FIELD),
    ("GetItem", '{"AttributesToGet": {}}', OBJECT),
    ("GetItem", '{"Key": {"a": {"SS": "a"}}}', FIELD),
    ("GetItem", '{"Key": {"a": {"L": {}}}}', OBJECT),
]

MAPS = [
    ("GetItem", '{"Key": "a"}', FIELD),
    ("GetItem", '{"Key": 1.5}', FIELD),
    ("GetItem", '{"Key": []}', java_map(f"{PACKAGE}.AttributeValue")),
    ("GetItem", '{"Key": {"a": {"M": []}}}', java_map(f"{PACKAGE}.AttributeValue")),
    ("PutItem", '{"Item": []}', java_map(f"{PACKAGE}.AttributeValue")),
    ("PutItem", '{"Expected": []}', java_map(f"{PACKAGE}.ExpectedAttributeValue")),
    ("PutItem", '{"ExpressionAttributeNames": []}', java_map("java.lang.String")),
    ("UpdateItem", '{"AttributeUpdates": []}', java_map(f"{PACKAGE}.AttributeValueUpdate")),
    ("Query", '{"KeyConditions": []}', java_map(f"{PACKAGE}.Condition")),
    ("Scan", '{"ScanFilter": []}', java_map(f"{PACKAGE}.Condition")),
    ("BatchGetItem", '{"RequestItems": []}', java_map(f"{PACKAGE}.KeysAndAttributes")),
    ("BatchWriteItem", '{"RequestItems": []}', java_map(f"java.util.List<{PACKAGE}.WriteRequest>")),
]

STRUCTURES = [
    ("CreateTable", '{"ProvisionedThroughput": "x"}', FIELD),
    (
        "CreateTable",
        '{"ProvisionedThroughput": []}',
        f"Unrecognized collection type class {PACKAGE}.ProvisionedThroughput",
    ),
    ("PutItem", '{"Expected": {"a": {"Value": 1}}}', FIELD),
    ("GetItem", '{"Key": {"a": "x"}}', ELEMENT),
    ("GetItem", '{"Key": {"a": 1}}', ELEMENT),
    ("GetItem", '{"Key": {"a": []}}', f"Unrecognized collection type class {PACKAGE}.AttributeValue"),
    ("GetItem", '{"Key": {"a": {"L": [false]}}}', ELEMENT),
    ("CreateTable", '{"KeySchema": ["x"]}', ELEMENT),
    ("CreateTable", '{"KeySchema": [[]]}', f"Unrecognized collection type class {PACKAGE}.KeySchemaElement"),
    ("BatchWriteItem", '{"RequestItems": {"t": [1]}}', ELEMENT),
    (
        "BatchWriteItem",
        '{"RequestItems": {"t": [[]]}}',
        f"Unrecognized collection type class {PACKAGE}.WriteRequest",
    ),
    ("GetItem", '{"Key": {"a": {"N": 1}}}', "NUMBER_VALUE cannot be converted to String"),
]

NESTED_COLLECTIONS = [
    ("BatchGetItem", '{"RequestItems": {"t": {"Keys": ["x"]}}}', GENERIC),
    ("BatchGetItem", '{"RequestItems": {"t": {"Keys": [[]]}}}', java_map(f"{PACKAGE}.AttributeValue")),
    ("BatchWriteItem", '{"RequestItems": {"t": 5}}', GENERIC),
    ("BatchWriteItem", '{"RequestItems": {"t": {}}}', OBJECT),
]

ORDER = [
    # An error in a nested structure comes before one in a scalar beside it, wherever they stand.
    ("GetItem", '{"TableName": 1, "Key": {"a": {"N": 2.5}}}', "DECIMAL_VALUE cannot be converted to String"),
    ("GetItem", '{"Key": {"a": {"S": 1, "M": []}}}', java_map(f"{PACKAGE}.AttributeValue")),
    # Wrong types come before constraints.
    (
        "GetItem",
        '{"TableName": "", "ConsistentRead": []}',
        "Unrecognized collection type class java.lang.Boolean",
    ),
]


@pytest.mark.parametrize(
    ("operation", "body", "message"),
    STRINGS + NUMBERS + BOOLEANS + BLOBS + LISTS + MAPS + STRUCTURES + NESTED_COLLECTIONS + ORDER,
)
def test_wrong_type(operation, body, message):
    with pytest.raises(ApiError) as caught:
        decode(operation).decode(body.encode())
    assert (caught.value.name, caught.value.message) == ("SerializationException", message)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b" ",
        b"{",
        b"null",
        b"[]",
        b'"x"',
        b"1",
        b"{}x",
        b'{"TableName": "abc",}',
        b"{'TableName': 'abc'}",
        b'{"ExclusiveStartTableName": "\xff"}',
        b'{"ExclusiveStartTableName": "\\ud800"}',
        b'{"Limit": NaN}',
    ],
)
def test_a_body_that_is_no_json_object_has_no_text(body):
    with pytest.raises(ApiError) as caught:
        decode("ListTables").decode(body)
    assert caught.value.body() == {"__type": "com.amazon.coral.service#SerializationException"}


def test_the_class_names_of_streams():
    streams = services()[1]
    shape = input_shape("GetShardIterator")
    assert shape.java == f"{streams.package}.GetShardIteratorInput"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("1731628800.5", None), (1731628800, 1731628800.0), (1731628800.5, 1731628800.5), (True, None)],
)
def test_timestamps_are_numbers(given, wanted):
    shape = input_shape("ListBackups")
    tree = {"TimeRangeLowerBound": given}
    if wanted is None:
        with pytest.raises(ApiError, match="_VALUE cannot be converted to Date"):
            deserialize(shape, tree)
    else:
        assert deserialize(shape, tree) == {"TimeRangeLowerBound": wanted}
