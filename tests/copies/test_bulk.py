"""A bulk operation puts each row once, tells which it did not put, and goes on where it was stopped."""

import asyncio
import json
from pathlib import Path
from typing import Any

from harness.exports import BUCKET, create, in_order, items_of, opened_with_bucket
from harness.handlers import Handlers
from harness.recovery import HandClock, run_copies
from stator.tables import check, slices
from stator.tables.keyspace import COPIES, copy_records

Item = dict[str, Any]
BOTH = ["ERROR", "CONDITION_CHECK_FAILURE"]
INDEXES = {
    "AttributeDefinitions": [{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk", "g")],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "g", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "global",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)
            assert check.check(handlers.database.engine.reader).problems == []

    asyncio.run(main())


def write(directory: Path, key: str, *records: Any) -> None:
    path = directory / "s3" / BUCKET / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{each if isinstance(each, str) else json.dumps(each)}\n" for each in records))


def row(key: str, number: int, **more: Any) -> Item:
    return {"pk": {"S": key}, "n": {"N": str(number)}, **more}


def request(table: str, *types: str, **more: Any) -> dict[str, Any]:
    return {
        "TableName": table,
        "InputS3Configuration": {
            "S3Bucket": BUCKET,
            "S3KeyPrefix": "in/",
            "InputFormat": "DYNAMODB_JSON",
        },
        "OutputS3Configuration": {"S3KeyPrefix": "out", "OutputType": list(types or BOTH)},
        **more,
    }


async def start(handlers: Handlers, asked: dict[str, Any]) -> str:
    reply = (await handlers("StartBulkPutItems", asked))["BulkOperationDescription"]
    assert reply["BulkOperationStatus"] == "IN_PROGRESS"
    return reply["BulkOperationArn"]


async def shown(handlers: Handlers, arn: str) -> dict[str, Any]:
    return (await handlers("DescribeBulkOperation", {"BulkOperationArn": arn}))["BulkOperationDescription"]


def reports(directory: Path, arn: str) -> dict[str, Any]:
    """The reports of an operation, by the names of their files; the summary parsed."""
    folder = directory / "s3" / BUCKET / "out" / "AWSDynamoDB" / arn.rpartition("/")[2]
    found = {
        path.name: [json.loads(line) for line in path.read_text().splitlines()] for path in folder.iterdir()
    }
    return found | {"manifest-summary.json": found["manifest-summary.json"][0]}


def test_rows_conditions_and_errors(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "target")
        for each in (row("old", 1), row("kept", 9)):
            await handlers("PutItem", {"TableName": "target", "Item": each})
        newer = {
            "ConditionExpression": "attribute_not_exists(#n) OR #n < :n",
            "ExpressionAttributeNames": {"#n": "n"},
            "ExpressionAttributeValues": {":n": {"N": "5"}},
        }
        write(
            tmp_path,
            "in/a.json",
            {"Item": row("new", 1)},
            {"Item": row("old", 5), **newer},
            {"Item": row("kept", 5), **newer},
            {"Item": {"n": {"N": "1"}}},
            {"Item": row("x", 1), "ConditionExpression": "not an expression ="},
            {"Item": row("y", 1), "ExpressionAttributeNames": {"#unused": "n"}},
        )
        write(tmp_path, "in/b.json", {"Item": row("b", 1)}, "garbage", {"Item": row("lost", 1)})
        arn = await start(handlers, request("target"))
        await run_copies(handlers)
        description = await shown(handlers, arn)
        assert description["BulkOperationStatus"] == "COMPLETED_WITH_ERRORS"
        assert (description["ProcessedItemCount"], description["FailedItemCount"]) == (8, 4)
        assert description["ProcessedInputBytes"] == description["TotalInputBytes"] > 0
        put = [row("new", 1), row("old", 5), row("kept", 9), row("b", 1)]
        assert in_order(await items_of(handlers, "target")) == in_order(put)

        found = reports(tmp_path, arn)
        assert found["condition-check-failures.json"] == [
            {
                "itemS3Pointer": {"bucket": BUCKET, "key": "in/a.json", "itemIndex": 2},
                "Item": row("kept", 5),
                "ExistingItem": row("kept", 9),
            }
        ]
        errors = found["errors.json"]
        assert [(each["itemS3Pointer"]["key"], each["itemS3Pointer"]["itemIndex"]) for each in errors] == [
            ("in/a.json", 3),
            ("in/a.json", 4),
            ("in/a.json", 5),
            ("in/b.json", 1),
        ]
        assert "Missing the key pk in the item" in errors[0]["errorMessages"][0]
        assert errors[1]["Item"] == row("x", 1)
        summary = found["manifest-summary.json"]
        assert (summary["processedItemCount"], summary["conditionCheckFailureCount"]) == (8, 1)
        start_, end = copy_records("bulk-report")
        assert list(slices.rows(handlers.database.engine.reader, COPIES, start_, end)) == []

    run(tmp_path, body)


def test_indexes_and_what_is_used(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "target", "pk:S sk:S", **INDEXES)
        write(
            tmp_path,
            "in/a.json",
            *({"Item": row(f"k{n}", n, sk={"S": "s"}, g={"S": f"g{n % 3}"})} for n in range(250)),
        )
        arn = await start(handlers, request("target", "ERROR", MaxWriteRequestUnits=10**9))
        await run_copies(handlers)
        description = await shown(handlers, arn)
        assert description["BulkOperationStatus"] == "COMPLETED"
        (usage,) = description["BulkOperationUsage"]
        parts = [usage["Table"], usage["LocalSecondaryIndexes"]["local"]]
        parts.append(usage["GlobalSecondaryIndexes"]["global"])
        assert usage["BulkPutBytes"] == sum(part["BulkPutBytes"] for part in parts)
        assert len(await items_of(handlers, "target", "global")) == 250
        assert set(reports(tmp_path, arn)) == {"errors.json", "manifest-summary.json"}

    run(tmp_path, body)


async def stop_after(handlers: Handlers, arn: str, rows: int) -> bool:
    """Run the job and cancel it once it has come that far; whether it is still under way."""
    task = asyncio.create_task(run_copies(handlers))
    while not task.done() and (await shown(handlers, arn))["ProcessedItemCount"] < rows:
        await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return (await shown(handlers, arn))["BulkOperationStatus"] == "IN_PROGRESS"


def test_a_stopped_operation_goes_on_with_the_next_row(tmp_path: Path) -> None:
    """Each row is put only if it is not there: one that were put twice would be reported."""

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "target")
        once = {"ConditionExpression": "attribute_not_exists(pk)"}
        for part in range(3):
            rows = [{"Item": row(f"k{part}-{n}", n), **once} for n in range(350)]
            rows.insert(100, {"Item": {"n": {"N": "1"}}})
            write(tmp_path, f"in/{part}.json", *rows)
        arn = await start(handlers, request("target"))
        stops = [await stop_after(handlers, arn, rows) for rows in (1, 250, 400, 900)]
        assert stops[0]
        await run_copies(handlers)
        description = await shown(handlers, arn)
        assert (description["ProcessedItemCount"], description["FailedItemCount"]) == (1053, 3)
        assert len(await items_of(handlers, "target")) == 1050
        found = reports(tmp_path, arn)
        assert found["condition-check-failures.json"] == []
        assert [each["itemS3Pointer"]["key"] for each in found["errors.json"]] == [
            f"in/{part}.json" for part in range(3)
        ]

    run(tmp_path, body)


def test_a_cancelled_operation_keeps_what_it_has_put(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "target")
        write(tmp_path, "in/a.json", *({"Item": row(f"k{n}", n)} for n in range(1000)))
        arn = await start(handlers, request("target"))
        assert await stop_after(handlers, arn, 200)
        reply = await handlers("CancelBulkOperation", {"BulkOperationArn": arn})
        assert reply == {"BulkOperationArn": arn, "BulkOperationStatus": "CANCELLING"}
        assert (await shown(handlers, arn))["BulkOperationStatus"] == "CANCELLING"
        await run_copies(handlers)
        description = await shown(handlers, arn)
        assert (description["BulkOperationStatus"], description["FailureCode"]) == ("CANCELLED", "Cancelled")
        put = await items_of(handlers, "target")
        assert len(put) == description["ProcessedItemCount"] < 1000
        error = await handlers.outcome("CancelBulkOperation", {"BulkOperationArn": arn})
        assert error[0] == "ValidationException"

    run(tmp_path, body)


def test_what_fails_as_a_whole(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "target")
        nowhere = {"S3Bucket": "nowhere", "OutputType": ["ERROR"]}
        for more in (
            {"InputS3Configuration": {"S3Bucket": "nowhere", "InputFormat": "ION"}},
            {"OutputS3Configuration": nowhere},
        ):
            clock.time += 1
            arn = await start(handlers, request("target") | more)
            await run_copies(handlers)
            description = await shown(handlers, arn)
            assert (description["BulkOperationStatus"], description["FailureCode"]) == (
                "FAILED",
                "S3NoSuchBucket",
            )
        write(tmp_path, "in/a.json", {"Item": row("a", 1)})
        clock.time += 1
        arn = await start(handlers, request("target"))
        await handlers("DeleteTable", {"TableName": "target"})
        await run_copies(handlers)
        assert (await shown(handlers, arn))["FailureCode"] == "TableNotFound"
        listed = (await handlers("ListBulkOperations", {"MaxResults": 2}))["BulkOperationsSummaryList"]
        assert listed[0]["BulkOperationArn"] == arn
        assert [each["BulkOperationStatus"] for each in listed] == ["FAILED"] * 2

    run(tmp_path, body)
