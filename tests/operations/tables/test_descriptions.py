"""What DescribeTable shows: every member, for tables of each billing mode, and after each kind of change."""

import re

import pytest

from harness.process import eventually
from operations.tables.requests import create, definitions, global_index, key, local_index, units

ACCOUNT = "000000000000"
REGION = "eu-west-3"  # of the credential that raw requests are signed with
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")
LABEL = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}")
STREAM = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
ZERO = {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": 0, "WriteCapacityUnits": 0}


def throughput(read, write):
    return {"NumberOfDecreasesToday": 0, "ReadCapacityUnits": read, "WriteCapacityUnits": write}


def warm(read=12_000, write=4_000):
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": "ACTIVE"}


def described(api, name):
    return api("DescribeTable", {"TableName": name})["Table"]


def update(api, name, **change):
    """The table after an update; what the reply itself shows is in test_life_cycle.py."""
    api("UpdateTable", {"TableName": name, **change})
    return described(api, name)


def updated_index(name, **members):
    return {"Update": {"IndexName": name, **members}}


def pop_times(shown):
    created = shown.pop("CreationDateTime")
    assert isinstance(created, float)
    assert round(created, 3) == created
    assert UUID.fullmatch(shown.pop("TableId"))
    return created


PROVISIONED = {
    **create("described-provisioned", "pk sk", ProvisionedThroughput=units(5, 6)),
    "AttributeDefinitions": definitions("sk", "l", "pk", "g"),
    "LocalSecondaryIndexes": [local_index("local", "pk l", Projection={"ProjectionType": "KEYS_ONLY"})],
    "GlobalSecondaryIndexes": [
        global_index(
            "global",
            "g sk",
            Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
            ProvisionedThroughput=units(7, 8),
        )
    ],
}
ARN = f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/described-provisioned"
PROVISIONED_SHOWN = {
    "TableName": "described-provisioned",
    "TableArn": ARN,
    "AttributeDefinitions": definitions("g", "l", "pk", "sk"),
    "KeySchema": key("pk", "sk"),
    "ProvisionedThroughput": throughput(5, 6),
    "WarmThroughput": warm(5, 6),
    "TableSizeBytes": 0,
    "ItemCount": 0,
    "DeletionProtectionEnabled": False,
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "IndexArn": f"{ARN}/index/local",
            "KeySchema": key("pk", "l"),
            "Projection": {"ProjectionType": "KEYS_ONLY"},
            "IndexSizeBytes": 0,
            "ItemCount": 0,
        }
    ],
}
INDEX_SHOWN = {
    "IndexName": "global",
    "IndexArn": f"{ARN}/index/global",
    "KeySchema": key("g", "sk"),
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x", "y"]},
    "IndexSizeBytes": 0,
    "ItemCount": 0,
    "ProvisionedThroughput": throughput(7, 8),
    "WarmThroughput": warm(7, 8),
}


def test_a_provisioned_table_with_everything(api):
    reply = api("CreateTable", PROVISIONED)["TableDescription"]
    shown = described(api, "described-provisioned")
    assert pop_times(reply) == pop_times(shown)
    for description, status in ((reply, "CREATING"), (shown, "ACTIVE")):
        indexes = [INDEX_SHOWN | {"IndexStatus": status}]
        rest = {"TableStatus": status, "GlobalSecondaryIndexes": indexes}
        assert description == PROVISIONED_SHOWN | rest


def test_a_table_on_demand_with_every_setting(api):
    name = "described-on-demand"
    maximums = {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 20}
    api(
        "CreateTable",
        create(
            name,
            "pk",
            "g",
            GlobalSecondaryIndexes=[global_index("global", "g", OnDemandThroughput=maximums)],
            OnDemandThroughput=maximums,
            WarmThroughput={"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 4_000},
            StreamSpecification=STREAM,
            SSESpecification={"Enabled": True},
            TableClass="STANDARD_INFREQUENT_ACCESS",
            DeletionProtectionEnabled=True,
        ),
    )
    shown = described(api, name)
    created = pop_times(shown)
    label = shown["LatestStreamLabel"]
    assert LABEL.fullmatch(label)
    arn = shown["SSEDescription"].pop("KMSMasterKeyArn")
    assert re.fullmatch(rf"arn:aws:kms:{REGION}:{ACCOUNT}:key/[0-9a-f-]{{36}}", arn)
    assert shown["LatestStreamArn"] == f"{shown['TableArn']}/stream/{label}"
    (index,) = shown.pop("GlobalSecondaryIndexes")
    assert (index["ProvisionedThroughput"], index["WarmThroughput"]) == (ZERO, warm())
    assert index["OnDemandThroughput"] == maximums
    members = (
        "BillingModeSummary",
        "ProvisionedThroughput",
        "OnDemandThroughput",
        "WarmThroughput",
        "StreamSpecification",
        "SSEDescription",
        "TableClassSummary",
        "DeletionProtectionEnabled",
    )
    assert {member: shown[member] for member in members} == {
        "BillingModeSummary": {
            "BillingMode": "PAY_PER_REQUEST",
            "LastUpdateToPayPerRequestDateTime": created,
        },
        "ProvisionedThroughput": ZERO,
        "OnDemandThroughput": maximums,
        "WarmThroughput": warm(13_000),
        "StreamSpecification": STREAM,
        "SSEDescription": {"Status": "ENABLED", "SSEType": "KMS"},
        "TableClassSummary": {"TableClass": "STANDARD_INFREQUENT_ACCESS"},
        "DeletionProtectionEnabled": True,
    }


def test_billing_modes_there_and_back(api):
    """As Terraform asks: to on demand with nothing besides, back with capacity for every index."""
    name = "described-switched"
    indexes = [global_index(index, "g", ProvisionedThroughput=units(3)) for index in ("one", "two")]
    api(
        "CreateTable", create(name, "pk", "g", ProvisionedThroughput=units(5), GlobalSecondaryIndexes=indexes)
    )
    assert "BillingModeSummary" not in described(api, name)
    shown = update(api, name, BillingMode="PAY_PER_REQUEST")
    switched_at = shown["BillingModeSummary"]["LastUpdateToPayPerRequestDateTime"]
    assert switched_at >= shown["CreationDateTime"]
    for subject in (shown, *shown["GlobalSecondaryIndexes"]):
        assert (subject["ProvisionedThroughput"], subject["WarmThroughput"]) == (ZERO, warm())
    update(api, name, OnDemandThroughput={"MaxReadRequestUnits": 5})
    updates = [updated_index(index, ProvisionedThroughput=units(4)) for index in ("one", "two")]
    shown = update(
        api,
        name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput=units(6),
        GlobalSecondaryIndexUpdates=updates,
    )
    assert shown["BillingModeSummary"] == {
        "BillingMode": "PROVISIONED",
        "LastUpdateToPayPerRequestDateTime": switched_at,
    }
    assert "OnDemandThroughput" not in shown
    assert (shown["ProvisionedThroughput"], shown["WarmThroughput"]) == (throughput(6, 6), warm(6, 6))
    for index in shown["GlobalSecondaryIndexes"]:
        assert (index["ProvisionedThroughput"], index["WarmThroughput"]) == (throughput(4, 4), warm(4, 4))


def test_capacity_up_and_down(api):
    name = "described-capacity"
    api("CreateTable", create(name, "pk", ProvisionedThroughput=units(5)))
    shown = update(api, name, BillingMode="PROVISIONED", ProvisionedThroughput=units(9))
    increased = shown["ProvisionedThroughput"].pop("LastIncreaseDateTime")
    assert shown["ProvisionedThroughput"] == throughput(9, 9)
    shown = update(api, name, ProvisionedThroughput=units(10, 4))["ProvisionedThroughput"]
    assert shown.pop("LastIncreaseDateTime") >= increased
    assert shown.pop("LastDecreaseDateTime") >= increased
    assert shown == throughput(10, 4) | {"NumberOfDecreasesToday": 1}


def test_streams_off_and_on_again(api):
    name = "described-streams"
    api("CreateTable", create(name, "pk"))
    assert not {"StreamSpecification", "LatestStreamArn", "LatestStreamLabel"} & described(api, name).keys()
    shown = update(api, name, StreamSpecification=STREAM)
    first = shown["LatestStreamArn"]
    assert shown["StreamSpecification"] == STREAM
    shown = update(api, name, StreamSpecification={"StreamEnabled": False})
    assert (shown["LatestStreamArn"], "StreamSpecification" in shown) == (first, False)
    shown = update(api, name, StreamSpecification=STREAM | {"StreamViewType": "KEYS_ONLY"})
    assert shown["LatestStreamArn"] > first
    assert shown["StreamSpecification"]["StreamViewType"] == "KEYS_ONLY"


@pytest.mark.parametrize(
    ("given", "arn"),
    [
        ("arn:aws:kms:us-east-1:123456789012:key/k-1", "arn:aws:kms:us-east-1:123456789012:key/k-1"),
        ("1234abcd-12ab", f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab"),
    ],
)
def test_encryption_with_a_key(api, given, arn):
    name = f"described-{given[-3:]}"
    api("CreateTable", create(name, "pk"))
    shown = update(api, name, SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": given})
    assert shown["SSEDescription"] == {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": arn}
    assert "SSEDescription" not in update(api, name, SSESpecification={"Enabled": False})


def test_an_alias_names_the_same_key_every_time(api):
    name = "described-alias"
    api("CreateTable", create(name, "pk"))

    def arn(key_id):
        specification = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key_id}
        return update(api, name, SSESpecification=specification)["SSEDescription"]["KMSMasterKeyArn"]

    mine = arn("alias/mine")
    default = arn("alias/aws/dynamodb")
    assert mine != default
    assert arn(f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/mine") == mine
    update(api, name, SSESpecification={"Enabled": False})
    assert (
        update(api, name, SSESpecification={"Enabled": True})["SSEDescription"]["KMSMasterKeyArn"] == default
    )


def test_settings_one_by_one(api):
    name = "described-settings"
    api("CreateTable", create(name, "pk", "g", GlobalSecondaryIndexes=[global_index("global", "g")]))
    assert update(api, name, DeletionProtectionEnabled=True)["DeletionProtectionEnabled"] is True
    assert update(api, name, DeletionProtectionEnabled=False)["DeletionProtectionEnabled"] is False
    summary = update(api, name, TableClass="STANDARD_INFREQUENT_ACCESS")["TableClassSummary"]
    assert summary.pop("LastUpdateDateTime") > 0
    assert summary == {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
    shown = update(api, name, OnDemandThroughput={"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6})
    assert shown["OnDemandThroughput"] == {"MaxReadRequestUnits": 5, "MaxWriteRequestUnits": 6}
    shown = update(api, name, OnDemandThroughput={"MaxReadRequestUnits": -1})
    assert shown["OnDemandThroughput"] == {"MaxWriteRequestUnits": 6}
    assert "OnDemandThroughput" not in update(api, name, OnDemandThroughput={"MaxWriteRequestUnits": -1})
    both = {"ReadUnitsPerSecond": 14_000, "WriteUnitsPerSecond": 5_000}
    shown = update(
        api,
        name,
        WarmThroughput=both,
        GlobalSecondaryIndexUpdates=[updated_index("global", WarmThroughput={"ReadUnitsPerSecond": 15_000})],
    )
    (index,) = shown["GlobalSecondaryIndexes"]
    assert (shown["WarmThroughput"], index["WarmThroughput"]) == (warm(14_000, 5_000), warm(15_000))
    shown = update(
        api,
        name,
        GlobalSecondaryIndexUpdates=[updated_index("global", OnDemandThroughput={"MaxReadRequestUnits": 3})],
    )
    assert shown["GlobalSecondaryIndexes"][0]["OnDemandThroughput"] == {"MaxReadRequestUnits": 3}


def test_indexes_come_and_go_on_a_live_table(api):
    """As Terraform does: one update per index, each with the whole of the definitions."""
    name = "described-indexes"
    api("CreateTable", create(name, "pk"))
    for number in range(3):
        api(
            "PutItem",
            {"TableName": name, "Item": {"pk": {"S": f"{number}"}, "g": {"S": "g"}, "h": {"S": "h"}}},
        )

    def change(**action):
        whole = definitions("pk", "g", "h")
        request = {"TableName": name, "AttributeDefinitions": whole, "GlobalSecondaryIndexUpdates": [action]}
        api("UpdateTable", request)
        for _ in eventually():
            shown = described(api, name)
            if all(index["IndexStatus"] == "ACTIVE" for index in indexes(shown)):
                break
        return shown

    def indexes(shown):
        return shown.get("GlobalSecondaryIndexes", [])

    shown = change(Create=global_index("one", "g"))
    assert shown["AttributeDefinitions"] == definitions("g", "pk")
    shown = change(Create=global_index("two", "h g"))
    assert shown["AttributeDefinitions"] == definitions("g", "h", "pk")
    assert [(each["IndexName"], each["ItemCount"]) for each in indexes(shown)] == [("one", 3), ("two", 3)]
    assert shown["TableSizeBytes"] == sum(len("pk") + 1 + len("g") * 2 + len("h") * 2 for _ in range(3))
    shown = change(Delete={"IndexName": "two"})
    assert [each["IndexName"] for each in indexes(shown)] == ["one"]
    assert shown["AttributeDefinitions"] == definitions("g", "pk")
    shown = change(Delete={"IndexName": "one"})
    assert (indexes(shown), shown["AttributeDefinitions"]) == ([], definitions("pk"))


def test_deleting(api):
    name = "described-deleted"
    api("CreateTable", create(name, "pk", "g", GlobalSecondaryIndexes=[global_index("global", "g")]))
    api("PutItem", {"TableName": name, "Item": {"pk": {"S": "a"}}})
    before = described(api, name)
    del before["GlobalSecondaryIndexes"]
    reply = api("DeleteTable", {"TableName": name})["TableDescription"]
    assert reply == before | {"TableStatus": "DELETING"}


def test_the_region_of_the_credential_is_that_of_arns(server):
    client = server.client(region="ap-south-1")
    request = create("described-region", "pk", StreamSpecification=STREAM)
    shown = client.create_table(**request)["TableDescription"]
    assert shown["TableArn"] == f"arn:aws:dynamodb:ap-south-1:{ACCOUNT}:table/described-region"
    assert shown["LatestStreamArn"].startswith(shown["TableArn"])
    elsewhere = server.client(region="us-west-2").describe_table(TableName="described-region")["Table"]
    assert elsewhere["TableArn"] == shown["TableArn"].replace("ap-south-1", "us-west-2")
    assert elsewhere["TableId"] == shown["TableId"]


def test_limits_and_endpoints(api, server):
    assert api("DescribeLimits", {}) == {
        "AccountMaxReadCapacityUnits": 80_000,
        "AccountMaxWriteCapacityUnits": 80_000,
        "TableMaxReadCapacityUnits": 40_000,
        "TableMaxWriteCapacityUnits": 40_000,
    }
    endpoint = {"Address": "stator.test:8000", "CachePeriodInMinutes": 1440}
    assert api("DescribeEndpoints", {}) == {"Endpoints": [endpoint]}
    (endpoint,) = server.client().describe_endpoints()["Endpoints"]
    assert endpoint["Address"] == f"127.0.0.1:{server.port}"
