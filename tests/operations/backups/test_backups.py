"""What is answered of backups: their details, lists of them in pages, and refusals with AWS's texts."""

from collections.abc import Iterator
from typing import Any

import pytest

from harness.api import Api
from harness.process import ServerProcess, eventually
from operations.tables.requests import create, global_index, local_index, units

NOON = 1_800_000_000.0
TABLE_ARN = "arn:aws:dynamodb:eu-west-3:000000000000:table/"
ITEM = {"pk": {"S": "a"}, "sk": {"S": "b"}}
RECOVERY = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}


FEATURES = create(
    "described",
    "pk sk",
    "l",
    "g",
    LocalSecondaryIndexes=[local_index("local", "pk l")],
    GlobalSecondaryIndexes=[
        global_index(
            "global",
            "g",
            Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["x"]},
            ProvisionedThroughput=units(3, 4),
        )
    ],
    ProvisionedThroughput=units(5, 6),
    StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    SSESpecification={"Enabled": True, "SSEType": "KMS"},
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module's own, on a clock that the tests move."""
    process = ServerProcess(tmp_path_factory.mktemp("backups"), clock=NOON)
    try:
        yield process.start()
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture(scope="module")
def api(server: ServerProcess) -> Iterator[Api]:
    with server.connect() as wire:
        yield Api(wire)


def described(api: Api, arn: str) -> Any:
    """The description of a backup, once it is made."""
    for _ in eventually():
        description = api("DescribeBackup", {"BackupArn": arn})["BackupDescription"]
        if description["BackupDetails"]["BackupStatus"] != "CREATING":
            break
    return description


def backed_up(api: Api, table: str, name: str = "nightly") -> str:
    """The ARN of a new backup that is made."""
    arn: str = api("CreateBackup", {"TableName": table, "BackupName": name})["BackupDetails"]["BackupArn"]
    described(api, arn)
    return arn


def listed(api: Api, **request: Any) -> list[str]:
    """The names of the backups that are listed."""
    return [summary["BackupName"] for summary in api("ListBackups", request)["BackupSummaries"]]


def test_a_backup_shows_the_table_as_it_was(api: Api, server: ServerProcess) -> None:
    shown = api("CreateTable", FEATURES)["TableDescription"]
    api(
        "UpdateTimeToLive",
        {"TableName": "described", "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True}},
    )
    api.put("described", ITEM, ITEM | {"sk": {"S": "c"}})

    details = api("CreateBackup", {"TableName": shown["TableArn"], "BackupName": "by-arn"})["BackupDetails"]
    arn = details.pop("BackupArn")
    assert arn.startswith(f"{TABLE_ARN}described/backup/01800000000000-")
    assert details == {
        "BackupName": "by-arn",
        "BackupSizeBytes": 12,
        "BackupStatus": "CREATING",
        "BackupType": "USER",
        "BackupCreationDateTime": NOON,
    }
    api.put("described", ITEM | {"sk": {"S": "after the backup"}})
    description = described(api, arn)
    assert description == {
        "BackupDetails": {**details, "BackupArn": arn, "BackupStatus": "AVAILABLE"},
        "SourceTableDetails": {
            "TableName": "described",
            "TableId": shown["TableId"],
            "TableArn": shown["TableArn"],
            "TableSizeBytes": 12,
            "KeySchema": shown["KeySchema"],
            "TableCreationDateTime": NOON,
            "ProvisionedThroughput": units(5, 6),
            "ItemCount": 2,
            "BillingMode": "PROVISIONED",
        },
        "SourceTableFeatureDetails": {
            "LocalSecondaryIndexes": FEATURES["LocalSecondaryIndexes"],
            "GlobalSecondaryIndexes": FEATURES["GlobalSecondaryIndexes"],
            "StreamDescription": FEATURES["StreamSpecification"],
            "TimeToLiveDescription": {"TimeToLiveStatus": "ENABLED", "AttributeName": "until"},
            "SSEDescription": shown["SSEDescription"],
        },
    }
    assert api("DeleteBackup", {"BackupArn": arn})["BackupDescription"] == {
        **description,
        "BackupDetails": {**description["BackupDetails"], "BackupStatus": "DELETED"},
    }
    assert api.refusal("DescribeBackup", {"BackupArn": arn}) == (
        "BackupNotFoundException",
        f"Backup not found: {arn}",
    )


def test_a_plain_table_has_no_features(api: Api) -> None:
    api("CreateTable", create("plain", "pk"))
    description = described(api, backed_up(api, "plain"))
    assert description["SourceTableFeatureDetails"] == {}
    source = description["SourceTableDetails"]
    assert (source["BillingMode"], source["ProvisionedThroughput"]) == ("PAY_PER_REQUEST", units(0))


def test_lists_are_filtered_and_cut_into_pages(api: Api, server: ServerProcess) -> None:
    server.clock.advance(60)  # So that what other tests have left is older.
    times = []
    for table in ("listed-a", "listed-b"):
        api("CreateTable", create(table, "pk"))
        for number in (1, 2):
            times.append(server.clock.now())
            backed_up(api, table, f"{table}-{number}")
            server.clock.advance(60)
    everything = ["listed-a-1", "listed-a-2", "listed-b-1", "listed-b-2"]

    assert [name for name in listed(api) if name.startswith("listed")] == everything
    assert listed(api, TableName="listed-b") == everything[2:]
    assert listed(api, TableName=TABLE_ARN + "listed-b") == everything[2:]
    assert listed(api, TableName="no-such-table") == []
    # A lower bound is included, an upper one is not.
    assert listed(api, TimeRangeLowerBound=times[1], TimeRangeUpperBound=times[3]) == everything[1:3]
    assert listed(api, TableName="listed-a", BackupType="SYSTEM") == []
    assert listed(api, TableName="listed-a", BackupType="AWS_BACKUP") == []

    pages: list[list[str]] = []
    request: dict[str, Any] = {"Limit": 3, "TimeRangeLowerBound": times[0], "BackupType": "ALL"}
    while True:
        page = api("ListBackups", request)
        pages.append([summary["BackupName"] for summary in page["BackupSummaries"]])
        if "LastEvaluatedBackupArn" not in page:
            break
        request["ExclusiveStartBackupArn"] = page["LastEvaluatedBackupArn"]
    assert pages == [everything[:3], everything[3:]]

    summary = api("ListBackups", {"TableName": "listed-a", "Limit": 1})["BackupSummaries"][0]
    assert set(summary) == {
        "TableName", "TableId", "TableArn", "BackupArn", "BackupName", "BackupCreationDateTime",
        "BackupStatus", "BackupType", "BackupSizeBytes",
    }  # fmt: skip


def test_a_deleted_table_is_shown_as_the_systems_backup(api: Api, server: ServerProcess) -> None:
    api("CreateTable", create("gone", "pk", "g", GlobalSecondaryIndexes=[global_index("by-g", "g")]))
    api.put("gone", {"pk": {"S": "a"}, "g": {"S": "b"}})
    api("UpdateContinuousBackups", {"TableName": "gone", **RECOVERY})
    api("DeleteTable", {"TableName": "gone"})
    assert listed(api, TableName="gone") == []
    (summary,) = api("ListBackups", {"TableName": "gone", "BackupType": "SYSTEM"})["BackupSummaries"]
    arn, now = summary["BackupArn"], server.clock.now()
    details = described(api, arn)["BackupDetails"]
    assert details == {
        "BackupArn": arn,
        "BackupName": "gone$DeletedTableBackup",
        "BackupSizeBytes": 5,
        "BackupStatus": "AVAILABLE",
        "BackupType": "SYSTEM",
        "BackupCreationDateTime": now,
        "BackupExpiryDateTime": now + 35 * 86_400,
    }
    error, text = api.refusal("DeleteBackup", {"BackupArn": arn})
    assert error == "ValidationException"
    assert text is not None
    assert text.startswith(
        f"Invalid Request: User is not allowed to delete the system backup with arn {arn}. "
    )
    api("RestoreTableFromBackup", {"BackupArn": arn, "TargetTableName": "gone"})
    for _ in eventually():
        if api("DescribeTable", {"TableName": "gone"})["Table"]["TableStatus"] == "ACTIVE":
            break
    assert api("Scan", {"TableName": "gone", "IndexName": "by-g"})["Count"] == 1


@pytest.mark.parametrize(
    ("name", "operation"), [("ab", "CreateBackup"), ("a" * 256, "CreateBackup"), ("a b", "CreateBackup")]
)
def test_the_names_of_backups(api: Api, name: str, operation: str) -> None:
    error, text = api.refusal(operation, {"TableName": "plain", "BackupName": name})
    assert error == "ValidationException"
    assert text is not None
    assert "'backupName' failed to satisfy constraint" in text
