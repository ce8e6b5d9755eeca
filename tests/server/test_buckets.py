"""Where a server finds S3 buckets: its settings, and a stop in the middle of what uses them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from copies.s3_server import S3Server
from harness.exports import BUCKET, creation
from harness.process import ServerProcess, eventually

Start = Callable[..., ServerProcess]


def rows(count: int) -> bytes:
    items = ({"pk": {"S": f"k{n}"}, "text": {"S": "x" * 500}} for n in range(count))
    return b"".join(json.dumps({"Item": item}).encode() + b"\n" for item in items)


def begin_import(client: Any, table: str) -> str:
    reply = client.import_table(
        S3BucketSource={"S3Bucket": BUCKET},
        InputFormat="DYNAMODB_JSON",
        TableCreationParameters=creation(table),
    )
    return str(reply["ImportTableDescription"]["ImportArn"])


def ended(client: Any, arn: str) -> dict[str, Any]:
    for _ in eventually():
        shown: dict[str, Any] = client.describe_import(ImportArn=arn)["ImportTableDescription"]
        if shown["ImportStatus"] != "IN_PROGRESS":
            return shown
    raise AssertionError("unreachable")


def test_a_directory_of_buckets_elsewhere(start_server: Start, tmp_path: Path) -> None:
    (tmp_path / "buckets" / BUCKET).mkdir(parents=True)
    (tmp_path / "buckets" / BUCKET / "rows.json").write_bytes(rows(3))
    client = start_server(memory=True, s3_root=tmp_path / "buckets").client()
    shown = ended(client, begin_import(client, "target"))
    assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 3)


def test_a_server_in_memory_without_a_directory_has_no_buckets(server: ServerProcess) -> None:
    client = server.client()
    assert ended(client, begin_import(client, "never"))["FailureCode"] == "S3NoSuchBucket"


def test_a_service_that_speaks_s3(start_server: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-server")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-server")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "token-of-the-server")
    with S3Server([BUCKET]) as service:
        service.buckets[BUCKET]["rows.json"] = rows(5)
        server = start_server(memory=True, s3_endpoint=service.url, log_level="debug")
        client = server.client()
        shown = ended(client, begin_import(client, "target"))
        assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 5)
    assert "secret-of-the-server" not in server.log
    assert "token-of-the-server" not in server.log


def test_a_server_that_stops_in_the_middle_goes_on_later(start_server: Start) -> None:
    server = start_server()
    bucket = server.data / "s3" / BUCKET
    bucket.mkdir(parents=True)
    (bucket / "rows.json").write_bytes(rows(3_000))
    client = server.client()
    arn = begin_import(client, "target")
    server.restart()
    shown = ended(client, arn)
    assert (shown["ImportStatus"], shown["ImportedItemCount"]) == ("COMPLETED", 3_000)
    assert client.scan(TableName="target", Select="COUNT")["ScannedCount"] > 1_000
