"""Lists of exports, imports and bulk operations; what bulk operations refuse, and repeated requests."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.exports import BUCKET, begin_export, create, creation, export, import_, opened_with_bucket
from harness.handlers import Handlers
from harness.recovery import HandClock, run_copies

DAY = 86_400.0
INVALID = "ValidationException"
Request = dict[str, Any]


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)

    asyncio.run(main())


def bulk_put(table: str, **more: Any) -> Request:
    return {
        "TableName": table,
        "InputS3Configuration": {"S3Bucket": BUCKET, "InputFormat": "DYNAMODB_JSON"},
        "OutputS3Configuration": {"OutputType": ["ERROR"]},
        **more,
    }


def test_bulk_operations_that_are_refused_or_repeated(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await handlers("CreateTable", creation("target"))
        asked = bulk_put("target", ClientToken="token")
        first = await handlers("StartBulkPutItems", asked)
        assert await handlers("StartBulkPutItems", asked) == first
        outcome = handlers.outcome
        assert (await outcome("StartBulkPutItems", asked | {"PerformanceTier": "ACCELERATED"}))[0] == (
            "IdempotentParameterMismatchException"
        )
        assert (await outcome("StartBulkPutItems", bulk_put("target")))[0] == "LimitExceededException"
        assert (await outcome("StartBulkPutItems", bulk_put("absent")))[0] == "ResourceNotFoundException"
        nothing = bulk_put("target", OutputS3Configuration={"OutputType": []})
        assert (await outcome("StartBulkPutItems", nothing))[0] == INVALID
        await run_copies(handlers)
        shown = first["BulkOperationDescription"]
        assert shown["InputS3Configuration"] == asked["InputS3Configuration"]
        assert (shown["PerformanceTier"], shown["ClientToken"]) == ("STANDARD", "token")

    run(tmp_path, body)


LISTS = [
    ("ListExports", "ExportSummaries", "ExportArn", "MaxResults"),
    ("ListImports", "ImportSummaryList", "ImportArn", "PageSize"),
    ("ListBulkOperations", "BulkOperationsSummaryList", "BulkOperationArn", "MaxResults"),
]


@pytest.mark.parametrize(("operation", "member", "arn", "limit"), LISTS)
def test_lists_come_in_pages_from_the_newest_on(
    tmp_path: Path, operation: str, member: str, arn: str, limit: str
) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        made = []
        for number in range(12):
            clock.time += 1
            if operation == "ListExports":
                made.append((await begin_export(handlers, "source"))["ExportArn"])
            elif operation == "ListImports":
                made.append((await import_(handlers, f"t{number:04}"))["ImportArn"])
            else:
                reply = await handlers("StartBulkPutItems", bulk_put("source"))
                made.append(reply["BulkOperationDescription"]["BulkOperationArn"])
            await run_copies(handlers)
        default = await handlers(operation, {})
        assert [each[arn] for each in default[member]] == made[:1:-1]
        found, request = [], {limit: 5}
        while True:
            reply = await handlers(operation, request)
            found += [each[arn] for each in reply[member]]
            if "NextToken" not in reply:
                break
            request = {limit: 5, "NextToken": reply["NextToken"]}
        assert found == made[::-1]
        token = default["NextToken"]
        forged = ("0" if token[0] != "0" else "1") + token[1:]
        for other, wrong in (
            (operation, forged),
            *((name, token) for name, *_ in LISTS if name != operation),
        ):
            assert await handlers.outcome(other, {"NextToken": wrong}) == (
                INVALID,
                f"Invalid Request: Provided nextToken is invalid: {wrong}",
            )

    run(tmp_path, body)


def test_records_go_after_ninety_days(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        old = (await export(handlers, "source"))["ExportArn"]
        clock.time += 91 * DAY
        await export(handlers, "source")
        assert len((await handlers("ListExports", {}))["ExportSummaries"]) == 1
        assert (await handlers.outcome("DescribeExport", {"ExportArn": old}))[0] == "ExportNotFoundException"

    run(tmp_path, body)
