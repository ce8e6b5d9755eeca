"""What a restored table is: what it takes from its source, what may be overridden, and what is refused.

Sources: the API reference of RestoreTableToPointInTime and RestoreTableFromBackup, and "Point-in-time
recovery" in the developer guide.
"""

import pytest

from harness.recovery import contents, enable, restore, run_copies
from operations.recovery.tables import ARN, CREATE, GLOBAL, OTHER, SOURCE, TARGET, UNITS, run

PROVISIONED = {
    "BillingMode": "PROVISIONED",
    "ProvisionedThroughput": UNITS,
    "GlobalSecondaryIndexes": [
        {**GLOBAL, "ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 2}},
        {**OTHER, "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4}},
    ],
}


async def described(handlers, table=TARGET):
    return (await handlers("DescribeTable", {"TableName": table}))["Table"]


async def put(handlers, sort, table=SOURCE, **more):
    item = {"pk": {"S": "a"}, "sk": {"N": str(sort)}, "l": {"S": "x"}, "g": {"S": "y"}, "h": {"S": "z"}}
    await handlers("PutItem", {"TableName": table, "Item": item | more})


def test_what_a_table_is_while_it_is_restored_and_afterwards():
    async def body(handlers, clock):
        await put(handlers, 1)
        shown = await restore(handlers, SOURCE, TARGET, clock.time)
        summary = {
            "SourceTableArn": ARN + SOURCE,
            "RestoreDateTime": clock.time,
            "RestoreInProgress": True,
        }
        assert (shown["TableStatus"], shown["RestoreSummary"]) == ("CREATING", summary)
        assert [index["IndexStatus"] for index in shown["GlobalSecondaryIndexes"]] == ["CREATING"] * 2
        assert await described(handlers) == shown
        key = {"pk": {"S": "a"}, "sk": {"N": "1"}}
        missing = "ResourceNotFoundException", "Requested resource not found"
        assert await handlers.outcome("GetItem", {"TableName": TARGET, "Key": key}) == missing
        assert (await handlers.outcome("DeleteTable", {"TableName": TARGET}))[0] == "ResourceInUseException"
        await run_copies(handlers)
        shown = await described(handlers)
        assert shown["TableStatus"] == "ACTIVE"
        assert shown["RestoreSummary"] == summary | {"RestoreInProgress": False}
        assert [index["IndexStatus"] for index in shown["GlobalSecondaryIndexes"]] == ["ACTIVE"] * 2
        assert (shown["ItemCount"], shown["LocalSecondaryIndexes"][0]["ItemCount"]) == (1, 1)
        for index in (None, "local", "global", "other"):
            assert len(await contents(handlers, TARGET, index)) == 1
        assert handlers.database.copies.is_set()

    run(body)


def test_what_is_restored_and_what_is_not():
    create = PROVISIONED | {
        "SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"},
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
        "TableClass": "STANDARD_INFREQUENT_ACCESS",
        "Tags": [{"Key": "owner", "Value": "me"}],
        "DeletionProtectionEnabled": True,
    }

    async def body(handlers, clock):
        setting = {"AttributeName": "ttl", "Enabled": True}
        await handlers("UpdateTimeToLive", {"TableName": SOURCE, "TimeToLiveSpecification": setting})
        source = await described(handlers, SOURCE)
        await restore(handlers, SOURCE, TARGET)
        await run_copies(handlers)
        shown = await described(handlers)
        # As AWS has it: data, indexes, capacity and encryption come along.
        for member in (
            "KeySchema",
            "AttributeDefinitions",
            "ProvisionedThroughput",
            "SSEDescription",
        ):
            assert shown[member] == source[member], member
        for member in ("LocalSecondaryIndexes", "GlobalSecondaryIndexes"):
            for mine, theirs in zip(shown[member], source[member], strict=True):
                assert mine == theirs | {"IndexArn": theirs["IndexArn"].replace(SOURCE, TARGET)}
        # Table class, streams, deletion protection, tags, TTL and recovery are to be set up again.
        assert "TableClassSummary" in source
        assert "TableClassSummary" not in shown
        assert "StreamSpecification" not in shown
        assert "LatestStreamArn" not in shown
        assert shown["DeletionProtectionEnabled"] is False
        assert await handlers("ListTagsOfResource", {"ResourceArn": ARN + TARGET}) == {"Tags": []}
        ttl = await handlers("DescribeTimeToLive", {"TableName": TARGET})
        assert ttl == {"TimeToLiveDescription": {"TimeToLiveStatus": "DISABLED"}}
        recovery = await handlers("DescribeContinuousBackups", {"TableName": TARGET})
        assert recovery["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"] == {
            "PointInTimeRecoveryStatus": "DISABLED"
        }
        assert shown["TableId"] != source["TableId"]
        assert shown["CreationDateTime"] == clock.time

    run(body, create)


def test_overrides_of_a_provisioned_table():
    async def body(handlers, clock):
        await put(handlers, 1)
        await restore(handlers, SOURCE, "on-demand", BillingModeOverride="PAY_PER_REQUEST")
        units = {"ReadCapacityUnits": 9, "WriteCapacityUnits": 8}
        chosen = {**OTHER, "ProvisionedThroughput": {"ReadCapacityUnits": 7, "WriteCapacityUnits": 7}}
        await restore(
            handlers,
            SOURCE,
            "chosen",
            ProvisionedThroughputOverride=units,
            GlobalSecondaryIndexOverride=[chosen],
            LocalSecondaryIndexOverride=[],
            SSESpecificationOverride={"Enabled": True, "SSEType": "KMS"},
        )
        await run_copies(handlers)
        shown = await described(handlers, "on-demand")
        assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        for each in (shown, *shown["GlobalSecondaryIndexes"]):
            assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        shown = await described(handlers, "chosen")
        assert units.items() <= shown["ProvisionedThroughput"].items()
        assert "LocalSecondaryIndexes" not in shown
        (index,) = shown["GlobalSecondaryIndexes"]
        assert index["IndexName"] == "other"
        assert index["ProvisionedThroughput"]["ReadCapacityUnits"] == 7
        assert {each["AttributeName"] for each in shown["AttributeDefinitions"]} == {"pk", "sk", "h"}
        assert shown["SSEDescription"]["SSEType"] == "KMS"
        assert len(await contents(handlers, "chosen", "other")) == 1

    run(body, PROVISIONED)


def test_overrides_of_an_on_demand_table():
    create = {"OnDemandThroughput": {"MaxReadRequestUnits": 50}}

    async def body(handlers, clock):
        await restore(handlers, SOURCE, "same")
        await restore(handlers, SOURCE, "bounded", OnDemandThroughputOverride={"MaxWriteRequestUnits": 70})
        units = {"BillingModeOverride": "PROVISIONED", "ProvisionedThroughputOverride": UNITS}
        await restore(handlers, SOURCE, "provisioned", **units)
        await run_copies(handlers)
        assert (await described(handlers, "same"))["OnDemandThroughput"] == {"MaxReadRequestUnits": 50}
        assert (await described(handlers, "bounded"))["OnDemandThroughput"] == {"MaxWriteRequestUnits": 70}
        shown = await described(handlers, "provisioned")
        assert "OnDemandThroughput" not in shown
        # An index that was on demand gets the capacity of its table.
        for each in (shown, *shown["GlobalSecondaryIndexes"]):
            assert UNITS.items() <= each["ProvisionedThroughput"].items()

    run(body, create)


def test_a_table_that_was_deleted_and_made_again_is_another():
    async def body(handlers, clock):
        await put(handlers, 1)
        clock.time += 100
        before = clock.time
        await handlers("DeleteTable", {"TableName": SOURCE})
        await handlers("CreateTable", CREATE)
        request = {"SourceTableName": SOURCE, "TargetTableName": TARGET, "RestoreDateTime": before}
        assert (await handlers.outcome("RestoreTableToPointInTime", request))[0] == (
            "PointInTimeRecoveryUnavailableException"
        )
        clock.time += 100
        await put(handlers, 2)
        await enable(handlers, SOURCE)
        assert (await handlers.outcome("RestoreTableToPointInTime", request))[0] == (
            "InvalidRestoreTimeException"
        )
        await restore(handlers, SOURCE, TARGET)
        await run_copies(handlers)
        assert [item["sk"] for item in await contents(handlers, TARGET)] == [{"N": "2"}]

    run(body)


def test_a_source_that_is_deleted_while_it_is_restored():
    async def body(handlers, clock):
        for number in range(5):
            await put(handlers, number)
        await restore(handlers, SOURCE, TARGET)
        await put(handlers, 6)
        await handlers("DeleteTable", {"TableName": SOURCE})
        await handlers("CreateTable", CREATE)
        await run_copies(handlers)
        assert len(await contents(handlers, TARGET)) == 5

    run(body)


def test_recovery_that_is_disabled_while_a_table_is_restored():
    async def body(handlers, clock):
        await put(handlers, 1)
        await restore(handlers, SOURCE, TARGET)
        specification = {"PointInTimeRecoveryEnabled": False}
        request = {"TableName": SOURCE, "PointInTimeRecoverySpecification": specification}
        await handlers("UpdateContinuousBackups", request)
        await put(handlers, 1, n={"N": "7"})
        await put(handlers, 2)
        await run_copies(handlers)
        assert [item["sk"]["N"] for item in await contents(handlers, TARGET)] == ["1"]
        assert "n" not in (await contents(handlers, TARGET))[0]

    run(body)


def test_a_restore_takes_a_lifecycle_delay_at_least():
    async def body(handlers, clock):
        await restore(handlers, SOURCE, TARGET)
        await run_copies(handlers)
        assert (await described(handlers))["TableStatus"] == "CREATING"
        clock.time += 9
        assert (await described(handlers))["TableStatus"] == "CREATING"
        clock.time += 1
        shown = await described(handlers)
        assert shown["TableStatus"] == "ACTIVE"
        assert {index["IndexStatus"] for index in shown["GlobalSecondaryIndexes"]} == {"ACTIVE"}
        await restore(handlers, SOURCE, "slow")
        clock.time += 100
        assert (await described(handlers, "slow"))["TableStatus"] == "CREATING"

    run(body, lifecycle_delay=10.0)


def test_a_restore_from_a_backup_has_the_same_settings(tmp_path):
    async def body(handlers, clock):
        await put(handlers, 1)
        reply = await handlers("CreateBackup", {"TableName": SOURCE, "BackupName": "nightly"})
        arn = reply["BackupDetails"]["BackupArn"]
        request = {"BackupArn": arn, "TargetTableName": TARGET}
        assert (await handlers.outcome("RestoreTableFromBackup", request))[0] == "BackupInUseException"
        await run_copies(handlers)
        made_at = clock.time
        clock.time += 100
        await handlers("DeleteTable", {"TableName": SOURCE})
        overrides = {"GlobalSecondaryIndexOverride": [GLOBAL], "LocalSecondaryIndexOverride": []}
        shown = (await handlers("RestoreTableFromBackup", request | overrides))["TableDescription"]
        assert shown["RestoreSummary"] == {
            "SourceBackupArn": arn,
            "SourceTableArn": ARN + SOURCE,
            "RestoreDateTime": made_at,
            "RestoreInProgress": True,
        }
        await run_copies(handlers)
        shown = await described(handlers)
        assert shown["TableStatus"] == "ACTIVE"
        assert [index["IndexName"] for index in shown["GlobalSecondaryIndexes"]] == ["global"]
        assert len(await contents(handlers, TARGET, "global")) == 1
        bad = {"GlobalSecondaryIndexOverride": [{**GLOBAL, "IndexName": "third"}]}
        more = request | {"TargetTableName": "more"}
        assert (await handlers.outcome("RestoreTableFromBackup", more | bad))[0] == "ValidationException"
        absent = {"BackupArn": arn[:-4] + "0000", "TargetTableName": "more"}
        assert (await handlers.outcome("RestoreTableFromBackup", absent))[0] == "BackupNotFoundException"

    run(body, backups=tmp_path)


def test_a_backup_that_goes_before_it_is_restored_leaves_no_table(tmp_path, caplog):
    async def body(handlers, clock):
        await put(handlers, 1)
        reply = await handlers("CreateBackup", {"TableName": SOURCE, "BackupName": "nightly"})
        await run_copies(handlers)
        request = {"BackupArn": reply["BackupDetails"]["BackupArn"], "TargetTableName": TARGET}
        await handlers("RestoreTableFromBackup", request)
        for path in tmp_path.rglob("*"):
            if path.is_file():
                path.unlink()
        await run_copies(handlers)
        assert (await handlers("ListTables", {}))["TableNames"] == [SOURCE]
        assert "restoring table target failed" in caplog.text

    run(body, backups=tmp_path)


@pytest.mark.parametrize("which", ["earliest", "latest"])
def test_the_times_that_are_shown_can_be_restored_to(which):
    async def body(handlers, clock):
        clock.time += 0.7
        await handlers(
            "UpdateContinuousBackups",
            {"TableName": SOURCE, "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False}},
        )
        await put(handlers, 1)
        shown = await enable(handlers, SOURCE)
        time = shown[{"earliest": "EarliestRestorableDateTime", "latest": "LatestRestorableDateTime"}[which]]
        await restore(handlers, SOURCE, TARGET, time)
        await run_copies(handlers)
        assert len(await contents(handlers, TARGET)) == 1

    run(body)
