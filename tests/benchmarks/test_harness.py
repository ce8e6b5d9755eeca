"""The benchmark's harness runs from start to end; what it measures so quickly is worth nothing."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed")
def test_tiny_run(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks", "--tiny", "--peers=stator,bare-stack"]
    done = subprocess.run(
        [*command, "--connections=16", f"--output={tmp_path}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    results = json.loads((tmp_path / "results.json").read_text())
    assert [(run["peer"], run["workload"]) for run in results["runs"]] == [
        ("stator", "GetItem"),
        ("bare-stack", "GetItem"),
        ("stator", "PutItem"),
        ("stator", "UpdateItem"),
        ("stator", "Query"),
        ("stator", "BatchGetItem"),
        ("stator", "BatchWriteItem"),
        ("stator", "Scan"),
        ("stator", "TransactWriteItems"),
        ("stator", "PutIndexedItem"),
    ]
    assert [(row["peer"], row["data"]) for row in results["starts"]] == [
        ("stator", "new"),
        ("stator", "existing"),
    ]
    assert "| 16 | stator |" in (tmp_path / "results.md").read_text()
    assert (tmp_path / "throughput.svg").read_text().count("<rect") >= len(results["runs"])


def test_unknown_peer_is_named() -> None:
    command = [sys.executable, "-m", "benchmarks", "--peers=stator,nobody"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "nobody: not among stator, " in done.stderr
