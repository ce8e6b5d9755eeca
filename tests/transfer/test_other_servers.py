"""Transfers stand on DynamoDB's protocol, not on Stator: the same commands on another server."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from benchmarks.peers.process import CannotStart, free_port
from benchmarks.peers.registry import DYNALITE

from harness.javascript import CACHE
from harness.programs import PATH, missing, require_program

from .conftest import Stator, contents, create, fill, many, samples


@pytest.fixture(scope="module")
def dynalite() -> Iterator[str]:
    """The address of a dynalite server, in memory."""
    node, port = require_program("node"), free_port()
    try:
        DYNALITE.install(CACHE)
    except CannotStart as error:
        missing(str(error))
    program = DYNALITE.script(CACHE, "dynalite/cli.js")
    command = [node, str(program), "--host=127.0.0.1", f"--port={port}", "--createTableMs=0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={"PATH": PATH}) as process:
        assert process.stdout is not None
        assert "istening" in process.stdout.readline()
        yield f"http://127.0.0.1:{port}"
        process.kill()


@pytest.fixture(scope="module")
def other(dynalite: str) -> Iterator[Any]:
    """A boto3 client of it."""
    client = boto3.client(
        "dynamodb",
        endpoint_url=dynalite,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
    )
    yield client
    client.close()


def test_from_one_server_to_another_and_back(
    dynalite: str, other: Any, client: Any, stator: Stator, tmp_path: Path
) -> None:
    create(client, "moved-items")
    # What dynalite takes is of some years ago: no empty texts.
    items = [item for item in samples() if item["pk"]["S"] not in ("p1", "p8", "all")] + many(500)[100:]
    fill(client, "moved-items", items)
    stator("export", "moved-items", "items.json.gz", "--description", "table.json")
    arguments = ("--create", "--description", "table.json")
    stator("import", "items.json.gz", "moved-there", *arguments, endpoint=dynalite)
    assert contents(other, "moved-there") == contents(client, "moved-items")
    (tmp_path / "folder").mkdir()
    stator("export", "moved-there", "folder", "--segments", 3, "--consistent", endpoint=dynalite)
    stator("import", "folder", "moved-back", "--create")
    assert contents(client, "moved-back") == contents(client, "moved-items")
