"""What exports and imports refuse, in AWS's words, and what a token makes of a repeated request."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.exports import ARN, BUCKET, begin_export, create, creation, opened_with_bucket
from harness.handlers import NOON, Handlers
from harness.recovery import HandClock, enable, run_copies

ID = "01489602797149-73d8d5bc"
DAY = 86_400.0
Request = dict[str, Any]


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)

    asyncio.run(main())


def incremental(start: float | None = None, end: float | None = None) -> Request:
    times = {"ExportFromTime": start, "ExportToTime": end}
    return {
        "ExportType": "INCREMENTAL_EXPORT",
        "IncrementalExportSpecification": {name: at for name, at in times.items() if at is not None},
    }


# What is asked besides a table that was made at NOON and has recovery from NOON + 100 on, a day later.
LATER = NOON + DAY
MINUTES = 60.0
INVALID = "ValidationException"
TIME = "InvalidExportTimeException"
BEFORE_TABLE = "Incremental export period from time cannot be less than the table creation time : "
OF_EXPORTS: list[tuple[Request, str, str]] = [
    (
        {"TableArn": "recovered"},
        INVALID,
        "One or more parameter values were invalid: tableArn is not a valid ARN",
    ),
    ({"TableArn": ARN + "recovered/index/x"}, INVALID, "Invalid Request: Table ARN is invalid."),
    (
        {"TableArn": ARN.replace("000000000000", "111111111111") + "recovered"},
        "AccessDeniedException",
        "Access is denied",
    ),
    ({"TableArn": ARN + "absent"}, "TableNotFoundException", f"Table not found: {ARN}absent"),
    (
        {"IncrementalExportSpecification": {}},
        INVALID,
        "Invalid Request: Export Type expected to be Incremental Export when incremental export "
        "specification is provided",
    ),
    (
        {"ExportType": "FULL_EXPORT", "IncrementalExportSpecification": {}},
        INVALID,
        "Invalid Request: When Export Type is Full Export , Incremental Export Specification should not be "
        "provided",
    ),
    (
        {"ExportType": "INCREMENTAL_EXPORT"},
        INVALID,
        "Invalid Request: Incremental Export Specification expected when export type is set as Incremental "
        "Export",
    ),
    (
        incremental(end=LATER),
        INVALID,
        "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification",
    ),
    (
        {"S3SseKmsKeyId": "key"},
        INVALID,
        "Invalid Request: KMS Key Id is not supported for this encryption type",
    ),
    (
        {"FilterSpecification": {}},
        INVALID,
        "Invalid Request: Invalid FilterSpecification: The specification can not be empty",
    ),
    (
        {"TableArn": ARN + "plain"},
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'plain'",
    ),
    (
        {"TableArn": ARN + "plain", "S3Bucket": "nowhere"},
        "PointInTimeRecoveryUnavailableException",
        "Point in time recovery is not enabled for table 'plain'",
    ),
    (
        {"TableArn": ARN + "plain"} | incremental(NOON - 60),
        TIME,
        BEFORE_TABLE + "2027-01-15T07:59:00Z",
    ),
    ({"ExportTime": LATER + 3600}, TIME, "Export Time is invalid"),
    ({"ExportTime": NOON + 50}, TIME, "Export Time is invalid"),
    (
        incremental(NOON - 3600, NOON),
        TIME,
        BEFORE_TABLE + "2027-01-15T07:00:00Z",
    ),
    (incremental(-1e300), TIME, BEFORE_TABLE + "-1e+300"),
    (
        incremental(LATER - 3600, LATER + 60),
        TIME,
        "Incremental export period to time cannot be greater than the current time : 2027-01-16T08:01:00Z",
    ),
    (
        incremental(LATER - 14 * MINUTES),
        TIME,
        "Difference between export period from time and export period to time is less than 15 minutes",
    ),
    (
        incremental(LATER, LATER - 60 * MINUTES),
        TIME,
        "Difference between export period from time and export period to time is less than 15 minutes",
    ),
    (
        incremental(NOON, LATER - 60 * MINUTES),
        TIME,
        "Point in Time Recovery is not available for specified export time",
    ),
    (
        {"FilterSpecification": {"FilterExpression": "n ="}},
        INVALID,
        "Invalid Request: Invalid FilterSpecification: Invalid FilterExpression: Syntax error; token: "
        '"<EOF>", near: "="',
    ),
    (
        {"FilterSpecification": {"ProjectionExpression": "pk.x"}},
        INVALID,
        "Invalid Request: Invalid FilterSpecification: Key attributes must be scalars; list random access "
        "'[]' and map lookup '.' are not allowed: Key: pk",
    ),
    (
        {
            "FilterSpecification": {
                "KeyConditionExpression": "pk = :k",
                "FilterExpression": "pk <> :k",
                "ExpressionAttributeValues": {":k": {"S": "a"}},
            }
        },
        INVALID,
        "Invalid Request: Invalid FilterSpecification: Filter Expression can only contain non-primary key "
        "attributes: Primary key attribute: pk",
    ),
]


def test_exports_that_are_refused(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        for name in ("plain", "recovered"):
            await handlers("CreateTable", creation(name))
        clock.time = NOON + 100
        await enable(handlers, "recovered")
        clock.time = LATER
        for more, name, text in OF_EXPORTS:
            request = {"TableArn": ARN + "recovered", "S3Bucket": BUCKET} | more
            assert await handlers.outcome("ExportTableToPointInTime", request) == (name, text)
        assert (await handlers("ListExports", {}))["ExportSummaries"] == []

    run(tmp_path, body)


def of_table(**more: Any) -> Request:
    return {"TableCreationParameters": creation("target") | more}


OF_IMPORTS: list[tuple[Request, str, str]] = [
    (
        of_table(BillingMode=None),
        INVALID,
        "One or more parameter values were invalid: ReadCapacityUnits and WriteCapacityUnits must both be "
        "specified when BillingMode is PROVISIONED",
    ),
    (
        of_table(
            BillingMode="PROVISIONED",
            ProvisionedThroughput={"ReadCapacityUnits": 1, "WriteCapacityUnits": 1},
            OnDemandThroughput={"MaxWriteRequestUnits": 5},
        ),
        INVALID,
        "One or more parameter values were invalid: MaxWriteRequestUnits for OnDemandThroughput cannot be "
        "specified when the table BillingMode is PROVISIONED",
    ),
    (
        {"InputFormatOptions": {"Csv": {"Delimiter": ";"}}},
        INVALID,
        "Invalid Request: Unsupported InputFormatOptions for the given input format: DYNAMODB_JSON.",
    ),
    (
        {"TableCreationParameters": creation("taken")},
        "ResourceInUseException",
        "Table already exists: taken",
    ),
]


def test_imports_that_are_refused(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await handlers("CreateTable", creation("taken"))
        for more, name, text in OF_IMPORTS:
            request = {
                "S3BucketSource": {"S3Bucket": BUCKET},
                "InputFormat": "DYNAMODB_JSON",
                "TableCreationParameters": creation("target"),
            }
            assert await handlers.outcome("ImportTable", request | more) == (name, text)
        assert (await handlers("ListImports", {}))["ImportSummaryList"] == []

    run(tmp_path, body)


OTHERS_ARN = ARN.replace("000000000000", "111111111111")
NOT_FOUND: list[tuple[str, str, str, str, str]] = [
    # operation, member, part of the ARN, error, how AWS calls it
    ("DescribeExport", "ExportArn", "export", "ExportNotFoundException", "Export"),
    ("DescribeImport", "ImportArn", "import", "ImportNotFoundException", "Import"),
    (
        "DescribeBulkOperation",
        "BulkOperationArn",
        "bulk-operation",
        "ResourceNotFoundException",
        "Bulk Operation",
    ),
    (
        "CancelBulkOperation",
        "BulkOperationArn",
        "bulk-operation",
        "ResourceNotFoundException",
        "Bulk Operation",
    ),
]


@pytest.mark.parametrize(("operation", "member", "part", "error", "label"), NOT_FOUND)
def test_what_is_not_there(
    tmp_path: Path, operation: str, member: str, part: str, error: str, label: str
) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        async def outcome(arn: str) -> Any:
            return await handlers.outcome(operation, {member: arn})

        name, text = await outcome(f"{ARN}some/{part}/{ID}")
        assert name == error
        assert "not found" in text
        for arn in (ARN + "some", f"{ARN}some/backup/{ID}", "x" * 40):
            assert await outcome(arn) == (INVALID, f"Invalid {label} ARN")
        assert (await outcome(f"{OTHERS_ARN}some/{part}/{ID}"))[0] == "AccessDeniedException"
        assert (await outcome(f"{ARN}some/{part}/{'1' * 400}"))[0] == error

    run(tmp_path, body)


def test_a_token_makes_a_repeated_export_harmless(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        for name in ("source", "other"):
            await create(handlers, name)
        first = await begin_export(handlers, "source", ClientToken="token")
        assert await begin_export(handlers, "source", ClientToken="token") == first
        await run_copies(handlers)
        clock.time += 7 * 3600
        again = await begin_export(handlers, "source", ClientToken="token")
        assert (again["ExportArn"], again["ExportStatus"]) == (first["ExportArn"], "COMPLETED")
        changes: list[Request] = [
            {"S3Prefix": "x"},
            {"ExportFormat": "ION"},
            {"TableArn": ARN + "other"},
        ]
        for more in changes:
            request = {"TableArn": ARN + "source", "S3Bucket": BUCKET, "ClientToken": "token"} | more
            assert await handlers.outcome("ExportTableToPointInTime", request) == (
                "ExportConflictException",
                "Export conflict: Duplicate request detected with conflicting parameters",
            )
        clock.time += 2 * 3600
        assert (await begin_export(handlers, "source", ClientToken="token"))["ExportArn"] != first[
            "ExportArn"
        ]

    run(tmp_path, body)


def test_a_token_makes_a_repeated_import_harmless(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        request = {
            "ClientToken": "token",
            "S3BucketSource": {"S3Bucket": BUCKET},
            "InputFormat": "DYNAMODB_JSON",
            "TableCreationParameters": creation("target"),
        }
        first = await handlers("ImportTable", request)
        assert await handlers("ImportTable", request) == first
        conflict = (
            "ImportConflictException",
            "Import conflict: Duplicate request detected with conflicting parameters",
        )
        other = request | {"TableCreationParameters": creation("other")}
        assert await handlers.outcome("ImportTable", other) == conflict
        await run_copies(handlers)
        # As on AWS, the table is looked at before the token once the import has ended.
        assert (await handlers.outcome("ImportTable", request))[0] == "ResourceInUseException"
        await handlers("DeleteTable", {"TableName": "target"})
        arn = (await handlers("ImportTable", request))["ImportTableDescription"]["ImportArn"]
        assert arn == first["ImportTableDescription"]["ImportArn"]

    run(tmp_path, body)
