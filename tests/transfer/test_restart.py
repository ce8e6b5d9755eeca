"""Exports and imports that are killed go on where they stopped, and neither lose nor double an item."""

import json
import signal
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.process import COMMAND, ServerProcess, environment, eventually

from .conftest import Stator, contents, create, fill, many

ITEMS = 3_000
Killable = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture(scope="module")
def table(client: Any) -> str:
    create(client, "restarted")
    fill(client, "restarted", many(ITEMS))
    return "restarted"


@pytest.fixture
def begin(server: ServerProcess, tmp_path: Path) -> Iterator[Killable]:
    """Starts a command that is slow enough to be killed in the middle, since it has a rate."""
    started: list[subprocess.Popen[str]] = []

    def begin(*arguments: object) -> "subprocess.Popen[str]":
        variables = {
            name: value
            for name, value in environment(PYTHONPATH=str(Path(__file__).parents[1])).items()
            if not name.startswith("AWS_")
        }
        process = subprocess.Popen(
            [*COMMAND, *map(str, arguments), "--endpoint", server.url],
            cwd=tmp_path,
            env=variables | {"AWS_EC2_METADATA_DISABLED": "true", "HOME": str(tmp_path)},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def keys(text: bytes) -> Counter[tuple[str, str]]:
    items = [json.loads(line)["Item"] for line in text.splitlines()]
    return Counter((item["pk"]["S"], item["sk"]["N"]) for item in items)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_export_goes_on(
    number: signal.Signals, table: str, client: Any, begin: Killable, stator: Stator, tmp_path: Path
) -> None:
    state, part = tmp_path / "items.json.part.json", tmp_path / "items.json.part"
    items = 0
    for _ in range(2):
        process = begin("export", table, "items.json", "--rate", "500", "--segments", "3")
        for _ in eventually():
            known = json.loads(state.read_text()) if state.exists() else {"marks": [{"items": 0, "bytes": 0}]}
            if known["marks"][0]["items"] > items:
                break
        process.send_signal(number)
        _, errors = process.communicate(timeout=20)
        if number == signal.SIGTERM:
            assert errors == "stator: stopped; the same command goes on from here.\n"
            assert process.returncode == 1
        assert not (tmp_path / "items.json").exists()
        mark = json.loads(state.read_text())["marks"][0]
        items = mark["items"]
        # What the state speaks of is there, each item once.
        written = keys(part.read_bytes()[: mark["bytes"]])
        assert items == len(written) == written.total() < ITEMS
    # A torn page behind the mark is no harm.
    with part.open("ab") as opened:
        opened.write(b'{"Item":{"pk":{"S":"to')
    assert f"{ITEMS} items" in stator("export", table, "items.json").stdout
    found = keys((tmp_path / "items.json").read_bytes())
    assert len(found) == found.total() == ITEMS
    assert found.keys() == contents(client, table).keys()
    assert [path.name for path in tmp_path.iterdir()] == ["items.json"]


def test_an_export_of_compressed_files_to_a_folder_goes_on(
    table: str, client: Any, begin: Killable, stator: Stator, tmp_path: Path
) -> None:
    (tmp_path / "folder").mkdir()
    state = tmp_path / "folder" / f"{table}.part.json"
    process = begin("export", table, "folder", "--rate", "500", "--segments", "3")
    for _ in eventually():
        if state.exists() and sum(mark["items"] for mark in json.loads(state.read_text())["marks"]):
            break
    process.kill()
    process.wait()
    assert "no whole export" in stator("import", "folder", "nowhere", status=1).stderr
    stator("export", table, "folder")
    assert not state.exists()
    create(client, "restarted-copy")
    stator("import", "folder", "restarted-copy")
    assert contents(client, "restarted-copy") == contents(client, table)


def test_an_import_goes_on(table: str, client: Any, begin: Killable, stator: Stator, tmp_path: Path) -> None:
    stator("export", table, "items.json.gz")
    create(client, "loaded")
    state = tmp_path / "items.json.gz.loaded.import.json"
    rows = 0
    for _ in range(2):
        process = begin("import", "items.json.gz", "loaded", "--rate", "400")
        for _ in eventually():
            if state.exists() and json.loads(state.read_text())["rows"] > rows:
                break
        process.kill()
        process.wait()
        rows = json.loads(state.read_text())["rows"]
        # What the state speaks of is in the table.
        assert 0 < rows <= len(contents(client, "loaded")) < ITEMS
    assert f"loaded: {ITEMS} items" in stator("import", "items.json.gz", "loaded").stdout
    assert contents(client, "loaded") == contents(client, table)
    assert not state.exists()


def test_a_state_of_something_else_is_refused(
    table: str, client: Any, stator: Stator, tmp_path: Path
) -> None:
    """Going on with another table or another file would lose items without a word."""
    create(client, "other")
    fill(client, "other", many(5))
    state = {
        "id": "1",
        "table_arn": "arn",
        "table_id": "id",
        "started": 0,
        "format": "dynamodb-json",
        "compression": "NONE",
        "columns": [],
        "segments": [{"after": None, "done": False}],
        "marks": [{"name": "items.json.part", "bytes": 9, "items": 1}],
    }
    place = tmp_path / "items.json.part.json"
    place.write_text(json.dumps(state))
    assert "is of another table" in stator("export", "other", "items.json", status=1).stderr
    described = client.describe_table(TableName="other")["Table"]
    state |= {"table_arn": described["TableArn"], "table_id": described["TableId"]}
    place.write_text(json.dumps(state))
    assert "not what an earlier run left" in stator("export", "other", "items.json", status=1).stderr
    place.write_text(json.dumps(state | {"format": "ion"}))
    assert "of an export as ion" in stator("export", "other", "items.json", status=1).stderr
    place.write_text("{")
    assert "cannot be read, delete it" in stator("export", "other", "items.json", status=1).stderr
    place.unlink()
    (tmp_path / "items.json.part").unlink()
    stator("export", "other", "items.json")
    assert "is there already" in stator("export", "other", "items.json", status=1).stderr
    loading = tmp_path / "items.json.other.import.json"
    for source, arn, said in (
        ([["items.json", 1, 1]], described["TableArn"], "has changed"),
        (None, "arn", "another table"),
    ):
        stat = (tmp_path / "items.json").stat()
        source = source or [["items.json", stat.st_size, stat.st_mtime_ns]]
        told = {"source": source, "table_arn": arn, "table_id": described["TableId"], "rows": 3}
        loading.write_text(json.dumps(told))
        assert said in stator("import", "items.json", "other", status=1).stderr
