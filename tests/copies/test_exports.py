"""An export's files hold exactly what the table held at its moment, or what changed between its two."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from harness.exports import (
    ARN,
    BUCKET,
    FORMATS,
    Exported,
    begin_export,
    create,
    described_export,
    export,
    in_order,
    item,
    items_of,
    opened_with_bucket,
    put,
)
from harness.handlers import ACCOUNT, NOON, Handlers
from harness.recovery import HandClock, run_copies
from stator.copies import data_files
from stator.copies.folders import FolderBuckets
from stator.copies.places import AS_BUCKET, Encryption, place_error
from stator.tables import check, slices
from stator.tables.keyspace import JOBS

Item = dict[str, Any]


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)

    asyncio.run(main())


@pytest.mark.parametrize("output", FORMATS)
def test_a_full_export_is_the_table_at_its_moment(tmp_path: Path, output: str) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n, b={"B": "AAE="}) for n in range(230)))
        before = await items_of(handlers, "source")
        begun = await begin_export(handlers, "source", ExportFormat=output, S3Prefix="some/where/")
        assert begun["ExportStatus"] == "IN_PROGRESS"
        # What comes after the request does not count, be it a change, a new item or a removed one.
        await put(handlers, "source", item("k1", 1000), item("new", 1))
        await handlers("DeleteItem", {"TableName": "source", "Key": {"pk": {"S": "k2"}}})
        await run_copies(handlers)
        shown = await described_export(handlers, begun["ExportArn"])
        found = Exported(tmp_path / "s3" / BUCKET, shown)
        assert in_order(found.items()) == in_order(before)
        assert shown["ItemCount"] == 230
        assert shown["ExportManifest"].startswith("some/where/AWSDynamoDB/")
        assert (tmp_path / "s3" / BUCKET / shown["ExportManifest"]).with_name("_started").read_bytes() == b""
        assert found.summary.exportTime == "2027-01-15T08:00:00.000Z"
        table = handlers.database.catalog.table(handlers.database.engine.reader, "source")
        assert table is not None
        assert table.definition.holds == {}

    run(tmp_path, body)


def test_an_export_of_a_past_second(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        states = {}
        for second in range(1, 9):
            clock.time = NOON + second
            await put(handlers, "source", item(f"k{second % 3}", second))
            if second == 5:
                await handlers("DeleteItem", {"TableName": "source", "Key": {"pk": {"S": "k1"}}})
            states[second] = await items_of(handlers, "source")
        for second, state in states.items():
            shown = await export(handlers, "source", ExportTime=NOON + second)
            assert in_order(Exported(tmp_path / "s3" / BUCKET, shown).items()) == in_order(state)

    run(tmp_path, body)


def test_an_empty_table_has_one_empty_file(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        found = Exported(tmp_path / "s3" / BUCKET, await export(handlers, "source"))
        assert [file.itemCount for file in found.files] == [0]
        assert found.lines() == []

    run(tmp_path, body)


def test_data_is_cut_into_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_files, "FILE_BYTES_MAX", 5_000)

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n) for n in range(300)))
        found = Exported(tmp_path / "s3" / BUCKET, await export(handlers, "source"))
        assert len(found.files) > 2
        assert in_order(found.items()) == in_order(await items_of(handlers, "source"))

    run(tmp_path, body)


# --- Filters ---


def test_a_filter_takes_parts_of_some_items(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source", "pk:S sk:N")
        for n in range(30):
            await put(handlers, "source", item(f"tenant{n % 3}", n, sk={"N": str(n)}))
        asked = {
            "KeyConditionExpression": "#t = :t AND sk BETWEEN :low AND :high",
            "FilterExpression": "n <> :no",
            "ProjectionExpression": "sk, n",
            "ExpressionAttributeNames": {"#t": "pk"},
            "ExpressionAttributeValues": {
                ":t": {"S": "tenant1"},
                ":low": {"N": "4.0"},
                ":high": {"N": "20"},
                ":no": {"N": "7"},
            },
        }
        for output in FORMATS:
            shown = await export(handlers, "source", FilterSpecification=asked, ExportFormat=output)
            found = Exported(tmp_path / "s3" / BUCKET, shown)
            wanted = [{"sk": {"N": str(n)}, "n": {"N": str(n)}} for n in (4, 10, 13, 16, 19)]
            assert in_order(found.items()) == in_order(wanted)
        assert shown["FilterSpecification"]["FilterExpression"] == "n <> :no"

    run(tmp_path, body)


def test_an_export_needs_no_recovery_once_it_has_begun(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n) for n in range(120)))
        before = await items_of(handlers, "source")
        begun = await begin_export(handlers, "source")
        await handlers(
            "UpdateContinuousBackups",
            {
                "TableName": "source",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
            },
        )
        await put(handlers, "source", *(item(f"k{n}", 7_000) for n in range(60)))
        await run_copies(handlers)
        shown = await described_export(handlers, begun["ExportArn"])
        assert in_order(Exported(tmp_path / "s3" / BUCKET, shown).items()) == in_order(before)

    run(tmp_path, body)


# --- Failures, and what a stop leaves ---


def test_a_bucket_that_is_not_there(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        for more, code in (
            ({"S3Bucket": "elsewhere"}, "S3NoSuchBucket"),
            ({"S3BucketOwner": "1" * 12}, "S3AccessDenied"),
            ({"S3Prefix": "a/../b"}, "S3KeyNotSupported"),
        ):
            shown = await export(handlers, "source", **more)
            assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", code)
            assert "(Service: Amazon S3; Status Code: 4" in shown["FailureMessage"]
            assert "EndTime" in shown
        assert list((tmp_path / "s3" / BUCKET).rglob("*")) == []

    run(tmp_path, body)


class Failing(FolderBuckets):
    """Buckets to which objects of some names cannot be written."""

    failing = ""

    def bucket(self, name: str, owner: str | None) -> Any:
        found: Any = super().bucket(name, owner)
        upload = found.upload

        def failed(key: str, encryption: Encryption = AS_BUCKET) -> Any:
            if key.endswith(self.failing):
                raise place_error("SlowDown", "Please reduce your request rate.", status=503)
            return upload(key, encryption)

        found.upload = failed
        return found


def test_an_export_that_fails_leaves_no_data(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n) for n in range(150)))
        buckets = Failing(tmp_path / "s3", ACCOUNT)
        handlers.database.buckets = buckets
        for buckets.failing in (".gz", "manifest-files.json", "manifest-summary.json"):
            shown = await export(handlers, "source")
            assert (shown["ExportStatus"], shown["FailureCode"]) == ("FAILED", "S3SlowDown")
            assert shown["FailureMessage"].startswith(
                "Please reduce your request rate. (Service: Amazon S3; "
            )
        left = {path.name for path in (tmp_path / "s3").rglob("*") if path.is_file()}
        assert left == {"_started"}
        assert check.check(handlers.database.engine.reader).problems == []

    run(tmp_path, body)


def test_an_export_outlives_its_table(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n) for n in range(150)))
        before = await items_of(handlers, "source")
        begun = await begin_export(handlers, "source")
        await handlers("DeleteTable", {"TableName": "source"})
        await run_copies(handlers)
        shown = await described_export(handlers, begun["ExportArn"])
        assert in_order(Exported(tmp_path / "s3" / BUCKET, shown).items()) == in_order(before)
        assert (await handlers("ListExports", {"TableArn": ARN + "source"}))["ExportSummaries"] == []
        assert len((await handlers("ListExports", {}))["ExportSummaries"]) == 1

    run(tmp_path, body)


def test_a_job_that_is_run_again_leaves_what_one_run_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a kill: files of the first run are there in every state, and the job has not ended."""
    monkeypatch.setattr(data_files, "FILE_BYTES_MAX", 4_000)
    bucket = tmp_path / "s3" / BUCKET

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await put(handlers, "source", *(item(f"k{n}", n) for n in range(200)))
        begun = await begin_export(handlers, "source")
        rows = list(slices.rows(handlers.database.engine.reader, JOBS))
        await run_copies(handlers)
        shown = await described_export(handlers, begun["ExportArn"])
        found = Exported(bucket, shown)
        whole = {path: path.read_bytes() for path in bucket.rglob("*") if path.is_file()}

        async def again(*missing: str) -> None:
            for path in bucket.rglob("*"):
                if path.name in missing:
                    path.unlink()

            def put_back(transaction: Any) -> None:
                for key, row in rows:
                    transaction.put(JOBS, key, row)

            await handlers.database.engine.write(put_back)
            await run_copies(handlers)

        await again()  # Killed before the end of the job: the summary tells that all is there.
        assert {path: path.read_bytes() for path in bucket.rglob("*") if path.is_file()} == whole
        # Killed while files were being written: what is there may be less, or more, than a run writes.
        data = bucket / found.folder
        (data / (".stator-upload-" + found.files[-1].dataFileS3Key.rpartition("/")[2])).write_bytes(b"half")
        await again("manifest-summary.json", "manifest-files.md5", "manifest-summary.md5")
        assert {path.name for path in bucket.rglob("*") if path.is_file()} == {path.name for path in whole}
        after = Exported(bucket, await described_export(handlers, begun["ExportArn"]))
        assert in_order(after.items()) == in_order(found.items())

    run(tmp_path, body)
