"""What was exported is imported as it was, in every format and compression; what is no item is told."""

import asyncio
import io
import json
import random
from pathlib import Path
from typing import Any

import pytest

from copies.s3_server import S3Server
from harness.exports import (
    ARN,
    BUCKET,
    Exported,
    begin_import,
    create,
    creation,
    described_import,
    export,
    import_,
    in_order,
    items_of,
    opened_with_bucket,
)
from harness.handlers import ACCOUNT, Handlers
from harness.recovery import HandClock, run_copies
from stator.copies.folders import FolderBuckets
from stator.copies.places import Object
from stator.copies.s3_endpoint import EndpointBuckets
from stator.formats import compression, csv, dynamodb_json, ion_text
from stator.tables import check
from stator.values import number

Item = dict[str, Any]
INDEXED = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "n", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-n",
            "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "ALL"},
        }
    ],
}


def run(directory: Path, body: Any) -> None:
    async def main() -> None:
        async with opened_with_bucket(directory) as (handlers, clock):
            await body(handlers, clock)
            found = check.check(handlers.database.engine.reader)
            assert found.problems == []

    asyncio.run(main())


def any_item(rng: random.Random, key: str) -> Item:
    """An item with attributes of every type, nested too."""

    def text() -> str:
        return "".join(rng.choice("aZ0 é\n\t\"'\\{}\u2028😀") for _ in range(rng.randrange(8)))

    def digits() -> str:
        return number.normalise(f"{rng.choice(['', '-'])}{rng.getrandbits(120)}e{rng.randrange(-120, 80)}")

    def binary() -> str:
        import base64

        return base64.b64encode(rng.randbytes(rng.randrange(9))).decode()

    def some(make: Any) -> list[Any]:
        return list(dict.fromkeys(make() for _ in range(rng.randrange(1, 4))))

    def value(depth: int) -> Item:
        kind = rng.choice(["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", *(["L", "M"] if depth else [])])
        return {
            kind: {
                "S": text,
                "N": digits,
                "B": binary,
                "BOOL": lambda: rng.random() < 0.5,
                "NULL": lambda: True,
                "SS": lambda: some(text),
                "NS": lambda: some(digits),
                "BS": lambda: some(binary),
                "L": lambda: [value(depth - 1) for _ in range(rng.randrange(4))],
                "M": lambda: {text() or "x": value(depth - 1) for _ in range(rng.randrange(4))},
            }[kind]()
        }

    return {"pk": {"S": key}, **{f"a{n}": value(3) for n in range(rng.randrange(6))}}


@pytest.mark.parametrize("output", ["DYNAMODB_JSON", "ION"])
def test_an_export_is_imported_exactly(tmp_path: Path, output: str) -> None:
    rng = random.Random(1)

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        for n in range(150):
            await handlers("PutItem", {"TableName": "source", "Item": any_item(rng, f"k{n}")})
        exported = Exported(
            tmp_path / "s3" / BUCKET, await export(handlers, "source", ExportFormat=output, S3Prefix="p")
        )
        shown = await import_(
            handlers, "target", exported.folder, InputFormat=output, InputCompressionType="GZIP"
        )
        assert shown["ImportStatus"] == "COMPLETED", shown
        counts = [shown[f"{name}ItemCount"] for name in ("Processed", "Imported")]
        assert [*counts, shown["ErrorCount"]] == [150, 150, 0]
        assert shown["ProcessedSizeBytes"] > 1000
        assert in_order(await items_of(handlers, "target")) == in_order(await items_of(handlers, "source"))
        # The other way round: what was imported is exported as it was.
        await handlers(
            "UpdateContinuousBackups",
            {
                "TableName": "target",
                "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
            },
        )
        again = Exported(tmp_path / "s3" / BUCKET, await export(handlers, "target", ExportFormat=output))
        assert in_order(again.items()) == in_order(exported.items())

    run(tmp_path, body)


def test_through_a_service_that_speaks_s3(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    rng = random.Random(3)

    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        for n in range(60):
            await handlers("PutItem", {"TableName": "source", "Item": any_item(rng, f"k{n}")})
        with S3Server([BUCKET]) as service:
            handlers.database.buckets = EndpointBuckets(service.url, "us-east-1")
            shown = await export(handlers, "source", S3Prefix="p", S3SseAlgorithm="AES256")
            assert shown["ExportStatus"] == "COMPLETED", shown
            for key, data in service.buckets[BUCKET].items():
                path = tmp_path / "copy" / key
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            folder = Exported(tmp_path / "copy", shown).folder
            imported = await import_(handlers, "target", folder, InputCompressionType="GZIP")
            assert imported["ImportStatus"] == "COMPLETED", imported
        assert in_order(await items_of(handlers, "target")) == in_order(await items_of(handlers, "source"))

    run(tmp_path, body)


def write(bucket: Path, key: str, data: bytes, kind: str = "NONE") -> None:
    """Put an object into the bucket."""
    buffer = io.BytesIO()
    with compression.writer(buffer, kind) as stream:
        stream.write(data)
    (bucket / key).parent.mkdir(parents=True, exist_ok=True)
    (bucket / key).write_bytes(buffer.getvalue())


@pytest.mark.parametrize("kind", ["GZIP", "ZSTD", "NONE"])
@pytest.mark.parametrize("form", ["DYNAMODB_JSON", "ION"])
def test_every_type_in_every_compression(tmp_path: Path, form: str, kind: str) -> None:
    rng = random.Random(2)
    line = ion_text.line if form == "ION" else dynamodb_json.line

    async def body(handlers: Handlers, clock: HandClock) -> None:
        items = [any_item(rng, f"k{n}") for n in range(120)]
        for part in range(3):
            data = b"".join(map(line, items[part * 40 : part * 40 + 40]))
            write(tmp_path / "s3" / BUCKET, f"in/part-{part}", data, kind)
        write(tmp_path / "s3" / BUCKET, "inside/not-this", b"garbage", kind)
        shown = await import_(handlers, "target", "in/", InputFormat=form, InputCompressionType=kind)
        assert shown["ImportStatus"] == "COMPLETED", shown
        assert in_order(await items_of(handlers, "target")) == in_order(items)

    run(tmp_path, body)


CSV_ROWS = [
    {"pk": {"S": f"k{n}"}, "n": {"N": str(n % 7)}, "text": {"S": f'say "{n}", then\nmore'}, "x": {"S": "1"}}
    for n in range(130)
]


@pytest.mark.parametrize("kind", ["GZIP", "ZSTD", "NONE"])
@pytest.mark.parametrize("given", [None, ";"])
def test_csv(tmp_path: Path, kind: str, given: str | None) -> None:
    names = list(CSV_ROWS[0])
    rows = b"".join(csv.line(row, names, given or ",") for row in CSV_ROWS)
    options = {"Csv": {"Delimiter": given, "HeaderList": names}} if given else None

    async def body(handlers: Handlers, clock: HandClock) -> None:
        data = rows if given else csv.header_line(names) + rows
        write(tmp_path / "s3" / BUCKET, "rows.csv", data, kind)
        shown = await import_(
            handlers,
            "target",
            "rows",
            InputFormat="CSV",
            InputCompressionType=kind,
            TableCreationParameters=creation("target") | INDEXED,
            **({"InputFormatOptions": options} if options else {}),
        )
        assert shown["ImportStatus"] == "COMPLETED", shown
        assert shown.get("InputFormatOptions") == options
        assert in_order(await items_of(handlers, "target")) == in_order(CSV_ROWS)
        assert len(await items_of(handlers, "target", "by-n")) == len(CSV_ROWS)

    run(tmp_path, body)


# --- What is no item ---


def lines(*texts: Any) -> bytes:
    return b"".join(
        (text if isinstance(text, bytes) else json.dumps({"Item": text}).encode()) + b"\n" for text in texts
    )


def good(key: str) -> Item:
    return {"pk": {"S": key}, "n": {"N": "1"}}


def test_bad_rows_are_counted_and_logged_and_the_others_stay(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        bucket = tmp_path / "s3" / BUCKET
        write(
            bucket,
            "in/1.json",
            lines(good("a"), {"n": {"N": "1"}}, good("b"), {"pk": {"N": "1"}}, good("c"), {"pk": {"S": ""}}),
        )
        write(bucket, "in/2.json", lines(good("d"), b"garbage", good("e")))
        write(bucket, "in/3.json", lines({"pk": {"S": "f"}, "n": {"S": "no number"}}))
        shown = await import_(handlers, "target", "in", TableCreationParameters=creation("target") | INDEXED)
        assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "ItemValidationError")
        assert shown["FailureMessage"].startswith("Some of the items failed validation checks")
        counts = [shown[f"{name}ItemCount"] for name in ("Processed", "Imported")]
        assert [*counts, shown["ErrorCount"]] == [9, 4, 5]
        assert sorted(item["pk"]["S"] for item in await items_of(handlers, "target")) == list("abcd")
        status = (await handlers("DescribeTable", {"TableName": "target"}))["Table"]["TableStatus"]
        assert status == "ACTIVE"
        log = tmp_path / "logs" / "aws-dynamodb/imports" / shown["ImportArn"].rpartition("/")[2] / "error"
        entries = [json.loads(line) for line in log.read_text().splitlines()]
        assert entries[0] == {
            "itemS3Pointer": {"bucket": BUCKET, "key": "in/1.json", "itemIndex": 1},
            "importArn": shown["ImportArn"],
            "errorMessages": ["One or more parameter values were invalid: Missing the key pk in the item"],
        }
        places = [(entry["itemS3Pointer"]["key"], entry["itemS3Pointer"]["itemIndex"]) for entry in entries]
        assert places == [
            ("in/1.json", 1),
            ("in/1.json", 3),
            ("in/1.json", 5),
            ("in/2.json", 1),
            ("in/3.json", 0),
        ]

    run(tmp_path, body)


def test_an_export_s_own_folder_has_more_than_items(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        await create(handlers, "source")
        await handlers("PutItem", {"TableName": "source", "Item": good("a")})
        await export(handlers, "source", S3Prefix="root")
        # As seen on AWS: the four manifests are errors, and the empty _started is not.
        shown = await import_(handlers, "target", "root", InputCompressionType="GZIP")
        assert (shown["ImportStatus"], shown["ErrorCount"], shown["ImportedItemCount"]) == ("FAILED", 4, 1)
        plain = await import_(handlers, "other", data_folder(tmp_path))
        assert (plain["ImportStatus"], plain["ErrorCount"], plain["ImportedItemCount"]) == ("FAILED", 1, 0)

    run(tmp_path, body)


def data_folder(tmp_path: Path) -> str:
    bucket = tmp_path / "s3" / BUCKET
    return next(bucket.rglob("*.json.gz")).parent.relative_to(bucket).as_posix() + "/"


def test_an_object_that_goes_meanwhile_is_an_error_and_the_others_stay(tmp_path: Path) -> None:
    class Vanishing(FolderBuckets):
        """Buckets that still list an object which is gone."""

        def bucket(self, name: str, owner: str | None) -> Any:
            found: Any = super().bucket(name, owner)
            listing = found.list
            found.list = lambda prefix: [*listing(prefix), Object("z.json", 100)]
            return found

    async def body(handlers: Handlers, clock: HandClock) -> None:
        write(tmp_path / "s3" / BUCKET, "a.json", lines(good("a")))
        handlers.database.buckets = Vanishing(tmp_path / "s3", ACCOUNT)
        shown = await import_(handlers, "target")
        assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "ItemValidationError")
        assert (shown["ImportedItemCount"], shown["ErrorCount"]) == (1, 1)

    run(tmp_path, body)


def test_equal_keys_overwrite_each_other(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        write(tmp_path / "s3" / BUCKET, "a.json", lines(good("a"), good("a") | {"n": {"N": "2"}}))
        shown = await import_(handlers, "target")
        assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 2)
        assert await items_of(handlers, "target") == [good("a") | {"n": {"N": "2"}}]

    run(tmp_path, body)


def test_nothing_to_import_is_an_empty_table(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        shown = await import_(handlers, "target", "nowhere/")
        assert (shown["ImportStatus"], shown["ProcessedItemCount"]) == ("COMPLETED", 0)
        assert await items_of(handlers, "target") == []

    run(tmp_path, body)


def test_a_bucket_that_is_not_there_leaves_no_table(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        shown = await import_(handlers, "target", S3BucketSource={"S3Bucket": "elsewhere"})
        assert (shown["ImportStatus"], shown["FailureCode"]) == ("FAILED", "S3NoSuchBucket")
        assert "Error Code: NoSuchBucket" in shown["FailureMessage"]
        assert (await handlers.outcome("DescribeTable", {"TableName": "target"}))[0] == (
            "ResourceNotFoundException"
        )
        listed = (await handlers("ListImports", {"TableArn": ARN + "target"}))["ImportSummaryList"]
        assert [each["ImportStatus"] for each in listed] == ["FAILED"]

    run(tmp_path, body)


def test_of_two_imports_into_one_name_one_fails(tmp_path: Path) -> None:
    async def body(handlers: Handlers, clock: HandClock) -> None:
        write(tmp_path / "s3" / BUCKET, "a.json", lines(good("a")))
        arns = [(await begin_import(handlers, "target"))["ImportArn"] for _ in range(2)]
        await run_copies(handlers)
        shown = [await described_import(handlers, arn) for arn in arns]
        assert sorted(each.get("FailureCode", "") for each in shown) == ["", "TableAlreadyExists"]
        assert await items_of(handlers, "target") == [good("a")]

    run(tmp_path, body)


def test_the_table_is_nobody_s_until_it_is_filled(tmp_path: Path) -> None:
    """An import that is stopped in the middle begins anew, with an empty table."""
    rows = [good(f"k{n}") for n in range(1000)]

    async def body(handlers: Handlers, clock: HandClock) -> None:
        write(tmp_path / "s3" / BUCKET, "a.json", lines(*rows))
        begun = await begin_import(handlers, "target", TableCreationParameters=creation("target") | INDEXED)
        for stopped_after in (3, 8, 15):
            task = asyncio.create_task(run_copies(handlers))
            for _ in range(400):
                await asyncio.sleep(0.001)
                now = await described_import(handlers, begun["ImportArn"])
                if now["ImportedItemCount"] >= stopped_after * 50 or task.done():
                    break
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            if (await described_import(handlers, begun["ImportArn"]))["ImportStatus"] != "IN_PROGRESS":
                break
            assert (await handlers.outcome("Scan", {"TableName": "target"}))[0] == "ResourceNotFoundException"
            found = check.check(handlers.database.engine.reader)
            assert found.problems == []
        await run_copies(handlers)
        shown = await described_import(handlers, begun["ImportArn"])
        assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 1000)
        assert in_order(await items_of(handlers, "target")) == in_order(rows)
        assert len(await items_of(handlers, "target", "by-n")) == 1000

    run(tmp_path, body)
