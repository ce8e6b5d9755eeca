"""Tables of templates, made and changed at a real server: each property, and that nothing changes twice."""

from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess

from .conftest import Apply, attribute, key, table, template


def index(name: str, *keys: dict[str, str], **properties: Any) -> dict[str, Any]:
    return {"IndexName": name, "KeySchema": [*keys], "Projection": {"ProjectionType": "ALL"}, **properties}


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


ATTRIBUTES = [attribute("id"), attribute("a"), attribute("b", "N")]
GLOBAL = [index("byA", key("a")), index("byB", key("b"), key("a", "RANGE"))]
EVERYTHING: dict[str, Any] = {
    "AttributeDefinitions": [*ATTRIBUTES, attribute("local")],
    "KeySchema": [key("id"), key("b", "RANGE")],
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": units(5, 6),
    "GlobalSecondaryIndexes": [index("byA", key("a"), ProvisionedThroughput=units(2, 3))],
    "LocalSecondaryIndexes": [index("local", key("id"), key("local", "RANGE"))],
    "StreamSpecification": {"StreamViewType": "NEW_AND_OLD_IMAGES"},
    "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"},
    "TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True},
    "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True, "RecoveryPeriodInDays": 7},
    "DeletionProtectionEnabled": "true",
    "TableClass": "STANDARD_INFREQUENT_ACCESS",
    "Tags": [{"Key": "team", "Value": "shop"}],
}


def described(client: Any, name: str) -> dict[str, Any]:
    """What the table is, without what differs with each creation."""
    found = client.describe_table(TableName=name)["Table"]
    expiry = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    recovery = backups["PointInTimeRecoveryDescription"]
    tags = client.list_tags_of_resource(ResourceArn=found["TableArn"])["Tags"]
    indexes = {row["IndexName"]: row for row in found.get("GlobalSecondaryIndexes", ())}
    return {
        "keys": [row["AttributeName"] for row in found["KeySchema"]],
        "attributes": {row["AttributeName"] for row in found["AttributeDefinitions"]},
        "billing": found.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        "units": {name: found["ProvisionedThroughput"][name] for name in units(0, 0)},
        "maximums": found.get("OnDemandThroughput"),
        "indexes": {
            name: [row["AttributeName"] for row in each["KeySchema"]] for name, each in indexes.items()
        },
        "index units": {
            name: [each["ProvisionedThroughput"][unit] for unit in units(0, 0)]
            for name, each in indexes.items()
        },
        "local": [row["IndexName"] for row in found.get("LocalSecondaryIndexes", ())],
        "stream": found.get("StreamSpecification", {}).get("StreamViewType"),
        "key": found.get("SSEDescription", {}).get("KMSMasterKeyArn"),
        "expiry": expiry.get("AttributeName") if expiry["TimeToLiveStatus"] == "ENABLED" else None,
        "recovery": recovery.get("RecoveryPeriodInDays"),
        "protected": found["DeletionProtectionEnabled"],
        "class": found.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
        "tags": {row["Key"]: row["Value"] for row in tags if not row["Key"].startswith("stator:")},
    }


def test_everything_at_once(apply: Apply, client: Any) -> None:
    document = template(T=table("everything", **EVERYTHING))
    assert "1 to create." in apply(document)
    found = described(client, "everything")
    assert found.pop("key").startswith("arn:aws:kms:us-east-1:")
    assert found == {
        "keys": ["id", "b"],
        "attributes": {"id", "a", "b", "local"},
        "billing": "PROVISIONED",
        "units": units(5, 6),
        "maximums": None,
        "indexes": {"byA": ["a"]},
        "index units": {"byA": [2, 3]},
        "local": ["local"],
        "stream": "NEW_AND_OLD_IMAGES",
        "expiry": "expires",
        "recovery": 7,
        "protected": True,
        "class": "STANDARD_INFREQUENT_ACCESS",
        "tags": {"team": "shop"},
    }
    assert "Nothing to change, 1 unchanged." in apply(document)


# What a table has after another, in this order; what the plan says of it; and what is then described.
STEPS: list[tuple[dict[str, Any], str, dict[str, Any]]] = [
    ({}, "1 to create", {"billing": "PAY_PER_REQUEST", "protected": False, "tags": {}}),
    ({"Tags": [{"Key": "a", "Value": "1"}]}, "Tags.a: none -> 1", {"tags": {"a": "1"}}),
    (
        {
            "OnDemandThroughput": {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": "8"},
            "Tags": [{"Key": "b", "Value": ""}],
        },
        "OnDemandThroughput: none ->",
        {"maximums": {"MaxReadRequestUnits": 7, "MaxWriteRequestUnits": 8}, "tags": {"b": ""}},
    ),
    (
        {
            "AttributeDefinitions": ATTRIBUTES,
            "GlobalSecondaryIndexes": GLOBAL,
            "OnDemandThroughput": {"MaxReadRequestUnits": 9},
        },
        "GlobalSecondaryIndexes.byB: none ->",
        {
            "indexes": {"byA": ["a"], "byB": ["b", "a"]},
            "attributes": {"id", "a", "b"},
            "maximums": {"MaxReadRequestUnits": 9},
            "tags": {},
        },
    ),
    (
        {"AttributeDefinitions": ATTRIBUTES, "GlobalSecondaryIndexes": [index("byA", key("b"))]},
        'GlobalSecondaryIndexes.byA.KeySchema: ["a HASH S"] -> ["b HASH N"]',
        {"indexes": {"byA": ["b"]}, "attributes": {"id", "b"}},
    ),
    (
        {
            "AttributeDefinitions": ATTRIBUTES,
            "BillingMode": None,
            "ProvisionedThroughput": units(3, 4),
            "GlobalSecondaryIndexes": [index("byA", key("b"), ProvisionedThroughput=units(1, 2))],
        },
        "BillingMode: PAY_PER_REQUEST -> PROVISIONED",
        {"billing": "PROVISIONED", "units": units(3, 4), "index units": {"byA": [1, 2]}},
    ),
    (
        {
            "AttributeDefinitions": ATTRIBUTES,
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": units(3, 5),
            "GlobalSecondaryIndexes": [index("byA", key("b"), ProvisionedThroughput=units(2, 2))],
        },
        "GlobalSecondaryIndexes.byA.ProvisionedThroughput",
        {"billing": "PROVISIONED", "units": units(3, 5), "index units": {"byA": [2, 2]}},
    ),
    ({}, "BillingMode: PROVISIONED -> PAY_PER_REQUEST", {"billing": "PAY_PER_REQUEST", "indexes": {}}),
    (
        {"StreamSpecification": {"StreamViewType": "KEYS_ONLY"}, "DeletionProtectionEnabled": True},
        "StreamSpecification: none -> KEYS_ONLY",
        {"stream": "KEYS_ONLY", "protected": True},
    ),
    (
        {"StreamSpecification": {"StreamViewType": "NEW_IMAGE"}, "TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "StreamSpecification: KEYS_ONLY -> NEW_IMAGE",
        {"stream": "NEW_IMAGE", "protected": False, "class": "STANDARD_INFREQUENT_ACCESS"},
    ),
    (
        {
            "TimeToLiveSpecification": {"AttributeName": "a", "Enabled": True},
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        },
        "TimeToLiveSpecification: none -> a",
        {"stream": None, "class": "STANDARD", "expiry": "a", "recovery": 35},
    ),
    (
        {
            "TimeToLiveSpecification": {"AttributeName": "b", "Enabled": "true"},
            "PointInTimeRecoverySpecification": {
                "PointInTimeRecoveryEnabled": True,
                "RecoveryPeriodInDays": 2,
            },
            "SSESpecification": {"SSEEnabled": True},
        },
        "TimeToLiveSpecification: a -> b",
        {"expiry": "b", "recovery": 2},
    ),
    (
        {"TimeToLiveSpecification": {"AttributeName": "b", "Enabled": False}},
        "SSESpecification",
        {"expiry": None, "recovery": None, "key": None},
    ),
]


def test_one_property_after_the_other(apply: Apply, client: Any) -> None:
    """Each change is in the plan, takes effect, and is not there a second time."""
    for properties, planned, expected in STEPS:
        document = template(T=table("steps", **properties))
        said = apply(document)
        assert planned in said
        found = described(client, "steps")
        assert {name: found[name] for name in expected} == expected
        assert "Nothing to change" in apply(document), planned


def test_names_in_the_form_of_cloudformation(apply: Apply, client: Any) -> None:
    document = template(Orders=table()) | {
        "Outputs": {
            "Name": {"Value": {"Ref": "Orders"}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-orders"}}},
            "Arn": {"Value": {"Fn::GetAtt": ["Orders", "Arn"]}},
        }
    }
    said = apply(document, stack="shop")
    (name,) = [name for name in client.list_tables()["TableNames"] if name.startswith("shop-Orders-")]
    assert f"Name = {name} (exported as shop-orders)" in said
    assert f"Arn = arn:aws:dynamodb:us-east-1:000000000000:table/{name}" in said
    other = apply(document, stack="other-shop")
    assert "1 to create" in other
    assert name not in other


def test_a_stream_is_known_after_the_apply(apply: Apply, client: Any) -> None:
    stream = {"StreamViewType": "KEYS_ONLY"}
    tags = [{"Key": "of", "Value": {"Fn::GetAtt": ["A", "StreamArn"]}}]
    document = template(A=table("streamed", StreamSpecification=stream), B=table("follower", Tags=tags))
    apply(document)
    arn = client.describe_table(TableName="streamed")["Table"]["LatestStreamArn"]
    assert described(client, "follower")["tags"] == {"of": arn}
    assert "Nothing to change" in apply(document)


@pytest.mark.parametrize(
    ("properties", "said"),
    [
        ({"KeySchema": None}, "T.Properties: KeySchema is missing"),
        ({"KeySchema": [key("x")]}, "KeySchema: AttributeDefinitions has no x"),
        ({"BillingMode": "PROVISIONED"}, "ProvisionedThroughput is missing"),
        ({"ProvisionedThroughput": units(1, 1)}, "cannot be specified when BillingMode is PAY_PER_REQUEST"),
        ({"TabelName": "x"}, "there is no property TabelName"),
        ({"GlobalSecondaryIndexes": {}}, "GlobalSecondaryIndexes: a list is expected here"),
        ({"DeletionProtectionEnabled": "perhaps"}, "true or false is expected here"),
        ({"OnDemandThroughput": {"MaxReadRequestUnits": "many"}}, "an integer is expected here"),
        ({"TimeToLiveSpecification": {"Enabled": True}}, "TimeToLiveSpecification: AttributeName is missing"),
    ],
    ids=str,
)
def test_properties_that_make_no_sense(apply: Apply, properties: dict[str, Any], said: str) -> None:
    assert said in apply(template(T=table("wrong", **properties)), status=2)


@pytest.mark.parametrize(
    "properties",
    [
        {"ContributorInsightsSpecification": {"Enabled": True}},
        {"KinesisStreamSpecification": {"StreamArn": "arn:aws:kinesis:us-east-1:000000000000:stream/s"}},
        {"ResourcePolicy": {"PolicyDocument": {"Version": "2012-10-17", "Statement": []}}},
    ],
    ids=lambda properties: next(iter(properties)),
)
def test_what_the_server_does_not_have_is_refused_before_anything_is_made(
    apply: Apply, client: Any, properties: dict[str, Any]
) -> None:
    said = apply(template(T=table("featured", **properties)), status=1)
    assert f"featured: {next(iter(properties))} is not supported by http://127.0.0.1" in said
    assert "featured" not in client.list_tables()["TableNames"]


def test_what_the_server_refuses_is_told_in_its_words(apply: Apply) -> None:
    said = apply(template(T=table("refused", TableClass="GOLD")), status=1)
    assert "CreateTable was refused: ValidationException: " in said


def test_a_global_table_with_one_replica_is_a_table(apply: Apply, client: Any) -> None:
    """As the CDK's TableV2 makes it."""
    properties: dict[str, Any] = {
        "TableName": "global",
        "AttributeDefinitions": [attribute("id"), attribute("a")],
        "KeySchema": [key("id")],
        "BillingMode": "PROVISIONED",
        "WriteProvisionedThroughputSettings": {
            "WriteCapacityAutoScalingSettings": {
                "MinCapacity": 4,
                "MaxCapacity": 9,
                "TargetTrackingScalingPolicyConfiguration": {"TargetValue": 70},
            }
        },
        "GlobalSecondaryIndexes": [index("byA", key("a"))],
        "SSESpecification": {"SSEEnabled": False},
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "Replicas": [
            {
                "Region": {"Ref": "AWS::Region"},
                "DeletionProtectionEnabled": False,
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
                "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": 3},
                "GlobalSecondaryIndexes": [
                    {"IndexName": "byA", "ReadProvisionedThroughputSettings": {"ReadCapacityUnits": "2"}}
                ],
                "Tags": [{"Key": "a", "Value": "b"}],
            }
        ],
    }
    resource = {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}
    assert "its auto scaling is not set up" in apply(template(T=resource))
    found = described(client, "global")
    assert (found["units"], found["index units"]) == (units(3, 4), {"byA": [2, 4]})
    assert (found["stream"], found["recovery"], found["tags"]) == ("NEW_IMAGE", 35, {"a": "b"})
    assert "Nothing to change" in apply(template(T=resource))
    (replica,) = properties["Replicas"]
    for replicas, said in (
        ([replica, replica], "only a global table with one replica"),
        ([{**replica, "Region": "eu-west-1"}], "a replica of eu-west-1 cannot be made in us-east-1"),
    ):
        other = {**resource, "Properties": {**properties, "Replicas": replicas}}
        assert said in apply(template(T=other), status=2)


def test_a_table_of_objects_in_a_bucket(apply: Apply, start_server: Any, tmp_path: Path) -> None:
    root = tmp_path / "buckets"
    (root / "data").mkdir(parents=True)
    (root / "data" / "items.json").write_text('{"Item": {"id": {"S": "1"}}}\n{"Item": {"id": {"S": "2"}}}\n')
    server: ServerProcess = start_server(memory=True, s3_root=root)
    source = {"S3BucketSource": {"S3Bucket": "data"}, "InputFormat": "DYNAMODB_JSON"}
    expiry = {"AttributeName": "expires", "Enabled": True}
    document = template(T=table("imported", ImportSourceSpecification=source, TimeToLiveSpecification=expiry))
    apply(document, server=server)
    client = server.client()
    assert client.scan(TableName="imported")["Count"] == 2
    assert described(client, "imported")["expiry"] == "expires"
    assert "Nothing to change" in apply(document, server=server)
