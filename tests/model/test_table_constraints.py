"""The texts of broken constraints of requests for tables, time to live and tags.

A row's entries are (value, path, constraint), in order; a value of None is written as null.
"""

import json

import pytest

from stator.model import decode

from .texts import LONG, NAME, NULL, least, most, refusal, report

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
    ("CreateTable", {**TABLE, "KeySchema": [HASH, None]}, [(None, "keySchema.2.member", NULL)]),
]


@pytest.mark.parametrize(("operation", "request_", "entries"), TABLES)
def test_report(operation, request_, entries):
    assert refusal(operation, request_) == report(*entries)


def test_at_most_ten_entries():
    message = refusal("CreateTable", {**TABLE, "KeySchema": [{}] * 8})
    assert message.startswith("10 validation errors detected: ")
    assert message.count("failed to satisfy constraint") == 10


@pytest.mark.parametrize(
    ("operation", "request_"),
    [("TagResource", {"Tags": []}), ("UntagResource", {"TagKeys": []}), ("ListTagsOfResource", {})],
)
def test_an_absent_resource_is_found_after_the_constraints(operation, request_):
    assert refusal(operation, request_) == "Invalid TableArn"


def test_a_table_class_is_for_the_operation_to_judge():
    body = json.dumps({**TABLE, "TableClass": "x"}).encode()
    assert decode("CreateTable").decode(body).TableClass == "x"
