"""A server killed during an export, an import or a bulk operation leaves the finished thing or nothing.

Each round kills the server at another point, told by what it has come to: files in the bucket, counts that
are shown. Whether the kill falls before or after the next step is left to chance; what must hold holds either
way. Then nothing that is visible is half done, `stator check` finds nothing, and the next start ends the job.
"""

import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.exports import ARN, BUCKET, Exported, creation, in_order
from harness.process import ServerProcess, eventually

ITEMS = [
    {"pk": {"S": f"key {n}"}, "n": {"N": str(n)}, "text": {"S": random.Random(n).choice("ab") * 700}}
    for n in range(2_500)
]
INDEXED = {
    "AttributeDefinitions": [
        {"AttributeName": "pk", "AttributeType": "S"},
        {"AttributeName": "n", "AttributeType": "N"},
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "by-n",
            "KeySchema": [{"AttributeName": "n", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
    ],
}
ONCE = {"ConditionExpression": "attribute_not_exists(pk)"}


class World:
    """A server, its bucket, and a table with the items."""

    def __init__(self, server: ServerProcess) -> None:
        self.server = server
        self.bucket = server.data / "s3" / BUCKET
        (self.bucket / "in").mkdir(parents=True)
        (self.bucket / "in" / "items.json").write_text(
            "".join(json.dumps({"Item": item} | ONCE) + "\n" for item in ITEMS)
        )
        server.start()
        self.client = server.client()
        self.begin_import("source")
        self.wait("source")
        self.client.update_continuous_backups(
            TableName="source", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )

    def begin_import(self, table: str) -> str:
        reply = self.client.import_table(
            S3BucketSource={"S3Bucket": BUCKET, "S3KeyPrefix": "in/"},
            InputFormat="DYNAMODB_JSON",
            TableCreationParameters=creation(table) | INDEXED,
        )
        return str(reply["ImportTableDescription"]["ImportArn"])

    def wait(self, table: str) -> None:
        for _ in eventually():
            if self.status(table) == "ACTIVE":
                return

    def status(self, table: str) -> str | None:
        try:
            return str(self.client.describe_table(TableName=table)["Table"]["TableStatus"])
        except self.client.exceptions.ResourceNotFoundException:
            return None

    def crash(self, reached: Callable[[], Any]) -> None:
        """Kill the server once `reached` says so, look at what it leaves, and start it again."""
        for _ in eventually(pause=0.0):
            if reached():
                break
        self.server.kill()
        self.server.check()

    def items(self, table: str) -> list[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=table)
        return [item for page in pages for item in page["Items"]]

    def ended(self, describe: Callable[[], dict[str, Any]], member: str) -> dict[str, Any]:
        """A description whose status tells that it has ended."""
        for _ in eventually():
            shown = describe()
            if shown[member] not in ("IN_PROGRESS", "CANCELLING"):
                return shown
        raise AssertionError("unreachable")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    server = ServerProcess(tmp_path_factory.mktemp("killed"))
    try:
        yield World(server)
        assert "Traceback" not in server.log
    finally:
        server.close()


def files(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file()] if folder.exists() else []


# What an export has come to, by the names of the files in its folder.
PHASES: dict[str, Callable[[list[str]], bool]] = {
    "asked for": lambda names: True,
    "begun": lambda names: "_started" in names,
    "data under way": lambda names: any(name.startswith(".stator-upload-") for name in names),
    "data there": lambda names: any(name.endswith(".gz") and name[0] != "." for name in names),
    "files listed": lambda names: "manifest-files.json" in names,
    "complete": lambda names: "manifest-summary.json" in names,
}


@pytest.mark.parametrize("phase", PHASES)
def test_an_export(world: World, phase: str) -> None:
    prefix = phase.replace(" ", "-")
    folder = world.bucket / prefix
    reply = world.client.export_table_to_point_in_time(
        TableArn=ARN + "source", S3Bucket=BUCKET, S3Prefix=prefix, ExportFormat="ION"
    )
    arn = reply["ExportDescription"]["ExportArn"]
    world.crash(lambda: PHASES[phase](files(folder)))
    for summary in folder.rglob("manifest-summary.json"):  # Who finds it finds a whole export.
        key = summary.relative_to(world.bucket).as_posix()
        exported = Exported(world.bucket, {"ExportStatus": "COMPLETED", "ExportManifest": key})
        assert len(exported.items()) == len(ITEMS)
    world.server.start()
    shown = world.ended(
        lambda: world.client.describe_export(ExportArn=arn)["ExportDescription"], "ExportStatus"
    )
    exported = Exported(world.bucket, shown)
    assert in_order(exported.items()) == in_order(ITEMS)
    wanted = [name + kind for name in ("manifest-files", "manifest-summary") for kind in (".json", ".md5")]
    data = [file.dataFileS3Key.rpartition("/")[2] for file in exported.files]
    assert sorted(files(folder)) == sorted(["_started", *wanted, *data])


@pytest.mark.parametrize("imported", [None, 0, 1, 900, 2_000, 2_500])
def test_an_import(world: World, imported: int | None) -> None:
    table = f"imported-{imported}"
    arn = world.begin_import(table)

    def describe() -> dict[str, Any]:
        return world.client.describe_import(ImportArn=arn)["ImportTableDescription"]

    def reached() -> bool:
        if imported is None:
            return True
        return world.status(table) is not None and describe()["ImportedItemCount"] >= imported

    world.crash(reached)
    world.server.start()
    status = world.status(table)  # Of half a table nothing can be read.
    assert status in (None, "CREATING") or len(world.items(table)) == len(ITEMS)
    shown = world.ended(describe, "ImportStatus")
    assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", len(ITEMS))
    assert in_order(world.items(table)) == in_order(ITEMS)
    assert world.client.scan(TableName=table, IndexName="by-n", Select="COUNT")["Count"] == len(ITEMS)


def test_a_bulk_operation(world: World) -> None:
    """It is killed again and again; a row that were put twice would fail its condition the second time."""
    world.client.create_table(**creation("bulk"))
    arn = world.client.start_bulk_put_items(
        TableName="bulk",
        InputS3Configuration={
            "S3Bucket": BUCKET,
            "S3KeyPrefix": "in/",
            "InputFormat": "DYNAMODB_JSON",
        },
        OutputS3Configuration={"S3KeyPrefix": "out", "OutputType": ["ERROR", "CONDITION_CHECK_FAILURE"]},
    )["BulkOperationDescription"]["BulkOperationArn"]

    def describe() -> dict[str, Any]:
        return world.client.describe_bulk_operation(BulkOperationArn=arn)["BulkOperationDescription"]

    for processed in (1, 700, 1_600, 2_500):
        world.crash(lambda least=processed: describe()["ProcessedItemCount"] >= least)
        world.server.start()
    shown = world.ended(describe, "BulkOperationStatus")
    assert (shown["BulkOperationStatus"], shown["ProcessedItemCount"]) == ("COMPLETED", len(ITEMS))
    assert in_order(world.items("bulk")) == in_order(ITEMS)
    reports = [path for path in (world.bucket / "out").rglob("*") if path.name.endswith("-failures.json")]
    assert [path.read_bytes() for path in reports] == [b""]
