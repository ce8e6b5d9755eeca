"""What the other operations on tables refuse: DeleteTable, DescribeTable, ListTables, TTL, names and ARNs.

Source: AWS's replies as listed in docs/reference/validation-rules.md.
"""

import pytest

from harness.api import Api
from harness.steps import ENVELOPE, NOT_FOUND, VALIDATION
from operations.tables.requests import BUSY, create, untested
from operations.tables.test_life_cycle import KEPT
from stator.operations.dynamodb.rules.in_use import DELETE_TABLE
from stator.operations.dynamodb.rules.time_to_live import DESCRIBE_TIME_TO_LIVE, UPDATE_TIME_TO_LIVE

ACCOUNT = "000000000000"
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/"
PROTECTED = (
    "Resource cannot be deleted as it is currently protected against deletion. "
    "Disable deletion protection first."
)
# What each operation needs besides a table.
BY_NAME = {
    "DescribeTable": {},
    "DeleteTable": {},
    "UpdateTable": {"BillingMode": "PAY_PER_REQUEST"},
    "DescribeTimeToLive": {},
    "UpdateTimeToLive": {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}},
}
every_operation = pytest.mark.parametrize("operation", BY_NAME)


@every_operation
def test_no_name(api, operation):
    assert api.refusal(operation, BY_NAME[operation]) == (
        VALIDATION,
        "The parameter 'TableName' is required but was not present in the request",
    )


@every_operation
@pytest.mark.parametrize(
    ("name", "constraint"),
    [
        ("ab", "Member must have length greater than or equal to 3"),
        ("a" * 256, "Member must have length less than or equal to 255"),
        ("a;b", "Member must satisfy regular expression pattern: [a-zA-Z0-9_.-]+"),
        ("", "Member must have length greater than or equal to 1"),
    ],
    ids=["short", "long", "characters", "empty"],
)
def test_a_bad_name(api, operation, name, constraint):
    error, text = api.refusal(operation, {"TableName": name, **BY_NAME[operation]})
    assert (error, f"Value '{name}' at 'tableName' failed to satisfy constraint: {constraint}" in text) == (
        VALIDATION,
        True,
    )


@every_operation
@pytest.mark.parametrize("name", ["missing-table", f"{ARN}missing-table"], ids=["name", "ARN"])
def test_no_table(api, operation, name):
    assert api.refusal(operation, {"TableName": name, **BY_NAME[operation]}) == (
        NOT_FOUND,
        "Requested resource not found: Table: missing-table not found",
    )


@every_operation
@pytest.mark.parametrize(
    ("arn", "error", "text"),
    [
        (f"{ARN}t/index/i", VALIDATION, f"{ENVELOPE}Invalid resource type in '{ARN}t/index/i'"),
        (
            f"arn:moon:dynamodb:r:{ACCOUNT}:table/abc",
            VALIDATION,
            f"{ENVELOPE}Invalid AWS partition in 'arn:moon:dynamodb:r:{ACCOUNT}:table/abc'",
        ),
        ("arn:aws:dynamodb:r:999999999999:table/abc", "AccessDeniedException", "Access is denied"),
    ],
    ids=["resource", "partition", "account"],
)
def test_a_bad_arn(api, operation, arn, error, text):
    assert api.refusal(operation, {"TableName": arn, **BY_NAME[operation]}) == (error, text)


def test_an_arn_of_any_region_names_the_table(api):
    name = "named-by-arn"
    api("CreateTable", create(name, "pk"))
    for region in ("us-east-1", "eu-west-3", "mars-north-1"):
        arn = f"arn:aws:dynamodb:{region}:{ACCOUNT}:table/{name}"
        shown = api("DescribeTable", {"TableName": arn})["Table"]
        assert shown["TableArn"] == f"arn:aws:dynamodb:eu-west-3:{ACCOUNT}:table/{name}"
    assert api("DeleteTable", {"TableName": arn})["TableDescription"]["TableName"] == name


def test_a_protected_table(api):
    name = "protected-table"
    api("CreateTable", create(name, "pk", DeletionProtectionEnabled=True))
    assert api.refusal("DeleteTable", {"TableName": name}) == (VALIDATION, PROTECTED)
    api("UpdateTable", {"TableName": name, "DeletionProtectionEnabled": False})
    api("DeleteTable", {"TableName": name})


DISABLED = "TimeToLive is already disabled"
ENABLED = "TimeToLive is already enabled"
OTHER = "TimeToLive is active on a different AttributeName: current AttributeName is t"


def test_time_to_live(api):
    name = "with-time-to-live"
    api("CreateTable", create(name, "pk"))

    def request(attribute, enabled):
        specification = {"AttributeName": attribute, "Enabled": enabled}
        return {"TableName": name, "TimeToLiveSpecification": specification}

    def status():
        return api("DescribeTimeToLive", {"TableName": name})["TimeToLiveDescription"]

    assert status() == {"TimeToLiveStatus": "DISABLED"}
    assert api.refusal("UpdateTimeToLive", request("t", False)) == (VALIDATION, DISABLED)
    reply = api("UpdateTimeToLive", request("t", True))
    assert reply == {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert status() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}
    assert api.refusal("UpdateTimeToLive", request("t", True)) == (VALIDATION, ENABLED)
    for enabled in (True, False):
        assert api.refusal("UpdateTimeToLive", request("u", enabled)) == (VALIDATION, OTHER)
    reply = api("UpdateTimeToLive", request("t", False))
    assert reply == {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": False}}
    assert status() == {"TimeToLiveStatus": "DISABLED"}


def test_every_rule_is_tested():
    texts = [
        PROTECTED,
        DISABLED,
        ENABLED,
        OTHER,
        *(BUSY + text.format("T") for _, text in KEPT),
        # These four are in test_life_cycle.py too, under the states that they are about.
        f"{BUSY}Table is being created: T",
        f"{BUSY}Table is being deleted: T",
        f"{BUSY}Table T is being created",
        f"{BUSY}Table T is being deleted",
        "Time to live has been modified multiple times within a fixed interval",
        "Cannot describe time to live while table is in CREATING state: Current table state is CREATING",
    ]
    assert untested((*DELETE_TABLE, *DESCRIBE_TIME_TO_LIVE, *UPDATE_TIME_TO_LIVE), texts) == []


def test_list_tables(start_server):
    with start_server(memory=True).connect() as wire:
        api = Api(wire)
        assert api("ListTables", {}) == {"TableNames": []}
        names = ["Zebra", "a-b", "a.b", "a_b", *(f"table-{number:03}" for number in range(100))]
        for name in reversed(names):
            api("CreateTable", create(name, "pk"))
        assert names == sorted(names)
        assert api("ListTables", {}) == {"TableNames": names[:100], "LastEvaluatedTableName": names[99]}
        assert api("ListTables", {"ExclusiveStartTableName": names[99]}) == {"TableNames": names[100:]}
        # A table of that name need not exist: not any more, or not at all.
        api("DeleteTable", {"TableName": "a.b"})
        page = {"TableNames": ["a_b", "table-000"], "LastEvaluatedTableName": "table-000"}
        assert api("ListTables", {"ExclusiveStartTableName": "a.b", "Limit": 2}) == page
        assert api("ListTables", {"ExclusiveStartTableName": "a.bc", "Limit": 2}) == page
        # A last page that is full does not tell that there is no more.
        assert api("ListTables", {"ExclusiveStartTableName": "table-098", "Limit": 1}) == {
            "TableNames": ["table-099"]
        }
