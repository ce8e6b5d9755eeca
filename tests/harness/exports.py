"""Buckets of a test's own, and what exports and imports make of them."""

import gzip
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness.handlers import ACCOUNT, Handlers, opened
from harness.recovery import HandClock, enable, run_copies
from stator.copies.folders import FolderBuckets
from stator.formats import dynamodb_json, ion_text, manifests
from stator.formats.manifests import DataFile, Summary

BUCKET = "bucket"
FORMATS = ("DYNAMODB_JSON", "ION")
ARN = f"arn:aws:dynamodb:us-east-1:{ACCOUNT}:table/"


@asynccontextmanager
async def opened_with_bucket(directory: Path, seed: int = 0) -> AsyncIterator[tuple[Handlers, HandClock]]:
    """Handlers on a database in memory, and its clock; `directory/s3/bucket` is its one bucket."""
    (directory / "s3" / BUCKET).mkdir(parents=True, exist_ok=True)
    clock = HandClock()
    async with opened(None, seed, clock=clock) as handlers:
        handlers.database.buckets = FolderBuckets(directory / "s3", ACCOUNT)
        handlers.database.logs = directory / "logs"
        yield handlers, clock


def creation(name: str, keys: str = "pk:S", **more: Any) -> dict[str, Any]:
    """The request that makes a table; `keys` is like "pk:S sk:N"."""
    pairs = [pair.split(":") for pair in keys.split()]
    kinds = ("HASH", "RANGE")
    return {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": n, "AttributeType": t} for n, t in pairs],
        "KeySchema": [
            {"AttributeName": n, "KeyType": kind} for (n, _), kind in zip(pairs, kinds, strict=False)
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **more,
    }


async def create(handlers: Handlers, name: str, keys: str = "pk:S", **more: Any) -> None:
    """Make a table with recovery on."""
    await handlers("CreateTable", creation(name, keys, **more))
    await enable(handlers, name)


async def export(handlers: Handlers, table: str, **more: Any) -> dict[str, Any]:
    """Export a table, to the end; how it is described."""
    begun = await begin_export(handlers, table, **more)
    await run_copies(handlers)
    return await described_export(handlers, begun["ExportArn"])


async def begin_export(handlers: Handlers, table: str, **more: Any) -> dict[str, Any]:
    reply = await handlers("ExportTableToPointInTime", {"TableArn": ARN + table, "S3Bucket": BUCKET} | more)
    return reply["ExportDescription"]


async def described_export(handlers: Handlers, arn: str) -> dict[str, Any]:
    return (await handlers("DescribeExport", {"ExportArn": arn}))["ExportDescription"]


class Exported:
    """The files of a finished export, verified against its manifests."""

    def __init__(self, bucket: Path, description: dict[str, Any]) -> None:
        assert description["ExportStatus"] == "COMPLETED", description
        key = description["ExportManifest"]
        self.summary: Summary = manifests.read_summary(_verified(bucket / key))
        self.files: list[DataFile] = manifests.read_files(_verified(bucket / self.summary.manifestFilesS3Key))
        self._bucket = bucket
        assert self.summary.itemCount == sum(file.itemCount for file in self.files)

    @property
    def folder(self) -> str:
        """Where the data files are."""
        return self.files[0].dataFileS3Key.rpartition("/")[0] + "/"

    def lines(self) -> list[bytes]:
        """All lines of all data files."""
        lines = []
        for file in self.files:
            data = (self._bucket / file.dataFileS3Key).read_bytes()
            manifests.verify(file.dataFileS3Key, data, file.md5Checksum)
            found = gzip.decompress(data).splitlines(keepends=True)
            assert len(found) == file.itemCount
            lines += found
        return lines

    def items(self) -> list[dict[str, Any]]:
        """The items of a full export."""
        read = ion_text.items if self.summary.outputFormat == "ION" else dynamodb_json.items
        return list(read(io.BytesIO(b"".join(self.lines()))))  # type: ignore[arg-type]

    def changes(self) -> list[dict[str, Any]]:
        """The records of an incremental export in DynamoDB JSON."""
        return [json.loads(line) for line in self.lines()]


def _verified(path: Path) -> bytes:
    data = path.read_bytes()
    manifests.verify(path.name, data, path.with_suffix(".md5").read_bytes())
    return data


async def import_(
    handlers: Handlers, table: str, prefix: str = "", keys: str = "pk:S", **more: Any
) -> dict[str, Any]:
    """Import a table, to the end; how it is described. `more` are members of the request."""
    arn = (await begin_import(handlers, table, prefix, keys, **more))["ImportArn"]
    await run_copies(handlers)
    return await described_import(handlers, arn)


async def begin_import(
    handlers: Handlers, table: str, prefix: str = "", keys: str = "pk:S", **more: Any
) -> dict[str, Any]:
    request = {
        "S3BucketSource": {"S3Bucket": BUCKET, "S3KeyPrefix": prefix},
        "InputFormat": "DYNAMODB_JSON",
        "TableCreationParameters": creation(table, keys),
    }
    return (await handlers("ImportTable", request | more))["ImportTableDescription"]


async def described_import(handlers: Handlers, arn: str) -> dict[str, Any]:
    return (await handlers("DescribeImport", {"ImportArn": arn}))["ImportTableDescription"]


async def items_of(handlers: Handlers, table: str, index: str | None = None) -> list[dict[str, Any]]:
    """All items of a table or an index."""
    return await handlers.items("Scan", {"TableName": table} | ({"IndexName": index} if index else {}))


def item(key: str, number: int, **more: Any) -> dict[str, Any]:
    """An item of the key pk."""
    return {"pk": {"S": key}, "n": {"N": str(number)}, "set": {"NS": ["1", str(number + 2)]}, **more}


async def put(handlers: Handlers, table: str, *items: dict[str, Any]) -> None:
    """Put items into a table."""
    for each in items:
        await handlers("PutItem", {"TableName": table, "Item": each})


def in_order(items: list[dict[str, Any]]) -> list[str]:
    """Items as texts in some order that is always the same."""
    return sorted(json.dumps(item, sort_keys=True) for item in items)
