"""What is refused of backups, with AWS's texts; nothing is done while something else is at it.

No job runs here, so what is being made stays so.
"""

import asyncio
from pathlib import Path
from typing import Any

from harness.handlers import NOON, Handlers, opened
from operations.tables.requests import create, untested
from stator.base.clock import FileClock
from stator.copies import jobs
from stator.operations.dynamodb.rules import backups as rules
from stator.server.jobs.copies import CopyRunner

TABLE_ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
UNKNOWN = TABLE_ARN + "music/backup/01489602797149-73d8d5bc"
NOT_FOUND = ("BackupNotFoundException", f"Backup not found: {UNKNOWN}")
MALFORMED = ("ValidationException", "Invalid Backup ARN")
RECOVERY = {"PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True}}
DELAY = 5
BACKUP = {"TableName": "orders", "BackupName": "abc"}
IN_USE = "BackupInUseException"
BEING_ENABLED = (
    "ContinuousBackupsUnavailableException",
    "Backups are being enabled for the table: orders. Please retry later",
)

SIMPLE: list[tuple[str, dict[str, Any], tuple[str, str]]] = [
    (
        "CreateBackup",
        {"TableName": "music", "BackupName": "abc"},
        ("TableNotFoundException", "Table not found: music"),
    ),
    ("DescribeBackup", {"BackupArn": UNKNOWN}, NOT_FOUND),
    ("DeleteBackup", {"BackupArn": UNKNOWN}, NOT_FOUND),
    ("RestoreTableFromBackup", {"BackupArn": UNKNOWN, "TargetTableName": "new"}, NOT_FOUND),
    ("DescribeBackup", {"BackupArn": "a" * 37}, MALFORMED),
    ("DeleteBackup", {"BackupArn": UNKNOWN + "/more"}, MALFORMED),
    ("RestoreTableFromBackup", {"BackupArn": TABLE_ARN + "music", "TargetTableName": "new"}, MALFORMED),
    ("ListBackups", {"ExclusiveStartBackupArn": TABLE_ARN + "music"}, MALFORMED),
    (
        "ListBackups",
        {"TimeRangeLowerBound": 2, "TimeRangeUpperBound": 1},
        (
            "ValidationException",
            "One or more parameter values were invalid: "
            "Time range lower bound must be less than or equal to upper bound",
        ),
    ),
]


TABLES = (
    rules.BACKUP_ARN,
    rules.CREATE_BACKUP,
    rules.DELETE_BACKUP,
    rules.LIST_BACKUPS,
    rules.DELETE_WHILE_BACKED_UP,
)


async def run_jobs(handlers: Handlers) -> None:
    """Do what is to be done, and no more than that."""
    task = asyncio.create_task(CopyRunner(handlers.database).run())
    while handlers.database.engine.read(jobs.unfinished):
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_every_refusal(tmp_path: Path) -> None:
    """And that these are all there are."""
    clock = FileClock.create(tmp_path / "clock", NOON)
    met: list[str] = []

    async def scenario() -> None:
        settings: dict[str, Any] = {"clock": clock, "lifecycle_delay": DELAY, "backups": tmp_path / "backups"}
        async with opened(None, 1, **settings) as handlers:

            async def refuses(operation: str, request: dict[str, Any], error: str, text: str) -> None:
                outcome = await handlers.outcome(operation, request)
                assert outcome == (error, text)
                met.append(text)

            for operation, request, (error, text) in SIMPLE:
                await refuses(operation, request, error, text)
            await handlers("CreateTable", create("orders", "pk"))
            await refuses("CreateBackup", BACKUP, "TableNotFoundException", "Table not found: orders")
            clock.advance(DELAY)
            await refuses("CreateBackup", BACKUP, *BEING_ENABLED)
            clock.advance(DELAY)
            arn = (await handlers("CreateBackup", BACKUP))["BackupDetails"]["BackupArn"]
            await refuses(
                "CreateBackup",
                BACKUP,
                IN_USE,
                "Backup is being created for the table: orders. Please retry later",
            )
            await refuses("DeleteBackup", {"BackupArn": arn}, IN_USE, f"Backup is being created: {arn}")
            restore = {"BackupArn": arn, "TargetTableName": "again"}
            assert (await handlers.outcome("RestoreTableFromBackup", restore))[0] == IN_USE
            await refuses(
                "DeleteTable",
                {"TableName": "orders"},
                "ResourceInUseException",
                "Attempt to change a resource which is still in use: Table is being backed up: orders",
            )
            await run_jobs(handlers)
            await handlers("RestoreTableFromBackup", restore)
            await refuses("DeleteBackup", {"BackupArn": arn}, IN_USE, f"Backup is being restored: {arn}")
            await run_jobs(handlers)
            await handlers("DeleteBackup", {"BackupArn": arn})

            await handlers("UpdateContinuousBackups", {"TableName": "orders", **RECOVERY})
            await handlers("DeleteTable", {"TableName": "orders"})
            await refuses("CreateBackup", BACKUP, "TableInUseException", "Table is being deleted: orders")
            (system,) = (await handlers("ListBackups", {"BackupType": "SYSTEM"}))["BackupSummaries"]
            await refuses(
                "DeleteBackup",
                {"BackupArn": system["BackupArn"]},
                "ValidationException",
                "Invalid Request: User is not allowed to delete the system backup with arn "
                f"{system['BackupArn']}. "
                "It will automatically expire on Friday, February 19, 2027 8:00:10 AM UTC",
            )

    asyncio.run(scenario())
    assert [text for table in TABLES for text in untested(table, met)] == []


def test_a_database_without_a_place_for_them_makes_none() -> None:
    async def scenario() -> None:
        async with opened(None, 1) as handlers:
            await handlers("CreateTable", create("orders", "pk"))
            outcome = await handlers.outcome("CreateBackup", {"TableName": "orders", "BackupName": "abc"})
            assert outcome[0] == "ContinuousBackupsUnavailableException"
            assert (await handlers("ListBackups", {}))["BackupSummaries"] == []
            assert await handlers.outcome("DescribeBackup", {"BackupArn": UNKNOWN}) == NOT_FOUND
            await handlers("UpdateContinuousBackups", {"TableName": "orders", **RECOVERY})
            await handlers("DeleteTable", {"TableName": "orders"})
            assert handlers.database.engine.read(jobs.unfinished) == []

    asyncio.run(scenario())
