"""The benchmark's harness runs from start to end; what it measures so quickly is worth nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
needs_wrk = pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")


def harness(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "benchmarks", *options]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@needs_wrk
def test_rows_are_measured_and_merged(tmp_path: Path) -> None:
    """One row of each kind that needs no peer to be installed; a second invocation adds to the first."""
    options = ("--tiny", f"--output={tmp_path}", f"--dir={tmp_path / 'data'}")
    for rows in ("indexed,tail-writes-busy", "latency-putitem"):
        done = harness(*options, f"--rows={rows}")
        assert done.returncode == 0, done.stderr
    found = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert {name: row["status"] for name, row in found.items()} == {
        "indexed": "measured",
        "latency-putitem": "measured",
        "tail-writes-busy": "measured",
    }
    assert [run["workload"] for run in found["indexed"]["runs"]] == ["PutIndexedItem", "PutItem"]
    closed, opened = found["tail-writes-busy"]["runs"]
    assert "rate" not in closed
    assert opened["rate"] == pytest.approx(
        closed["outcome"]["requests"] / closed["outcome"]["microseconds"] * 1e6 / 2, abs=0.1
    )
    assert found["tail-writes-busy"]["figures"].keys() >= {"p99 ms", "pages scanned a second"}
    assert len(found["latency-putitem"]["figures"]["ms above the disk"]) == 1
    page = (tmp_path / "results.md").read_text()
    assert "| not judged: 200 items | indexed |" in page
    assert "| not measured | getitem |" in page
    assert list((tmp_path / "data").iterdir()) == []


def of_large_tables(rows: str, output: Path) -> dict[str, Any]:
    """The figures of rows about large tables, by row."""
    done = harness("--tiny", f"--rows={rows}", f"--output={output}")
    assert done.returncode == 0, done.stderr
    measured = json.loads((output / "results.json").read_text())["rows"]
    return {name: row["figures"] for name, row in measured.items()}


DELETION = {"seconds to answer", "GetItem: p99 ms", "PutItem: p99 ms"}


@needs_wrk
def test_ten_million_rows_in_small(tmp_path: Path) -> None:
    """Also the way from one row to the next, which deletes the large table."""
    figures = of_large_tables("growth,delete-table", tmp_path)
    assert figures["growth"].keys() >= {"GetItem", "Query", "UpdateItem", "memory"}
    assert figures["delete-table"].keys() >= DELETION


@pytest.mark.soak
@needs_wrk
def test_an_index_of_ten_million_rows_in_small(tmp_path: Path) -> None:
    """Of the same form as deleting the table."""
    figures = of_large_tables("delete-index,delete-table", tmp_path)
    assert figures["delete-index"].keys() >= DELETION | {"seconds to fill the index"}


@needs_wrk
def test_a_row_that_fails_does_not_end_the_others(tmp_path: Path) -> None:
    program = (
        "import sys, benchmarks.__main__ as it\n"
        "from dataclasses import replace\n"
        "def broken(session, row): raise RuntimeError('as the test wants')\n"
        "it.ROWS['starts'] = replace(it.ROWS['starts'], measure=broken)\n"
        "sys.exit(it.main(sys.argv[1:]))\n"
    )
    options = ["--tiny", "--rows=starts,latency-putitem", f"--output={tmp_path}"]
    done = subprocess.run(
        [sys.executable, "-c", program, *options], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1, done.stderr
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    assert (rows["starts"]["status"], rows["starts"]["reason"]) == (
        "failed",
        "RuntimeError: as the test wants",
    )
    assert rows["latency-putitem"]["status"] == "measured"
    assert "**Failed**: RuntimeError: as the test wants" in (tmp_path / "results.md").read_text()


def test_unknown_row_is_named() -> None:
    done = harness("--rows=getitem,nothing")
    assert done.returncode == 2
    assert "nothing: not among starts, " in done.stderr
