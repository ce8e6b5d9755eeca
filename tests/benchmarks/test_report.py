"""Targets are judged by what was measured, and reports can be written again."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import msgspec
import pytest
from benchmarks.load.histogram import encoded, histogram
from benchmarks.machine import Machine
from benchmarks.plan import FULL, QUICK
from benchmarks.report.figures import figures
from benchmarks.report.table import markdown
from benchmarks.report.write import write
from benchmarks.results import FILE_NAME, Results, RowResult, Run, read
from benchmarks.rows.registry import ROWS
from benchmarks.startup import Starts
from benchmarks.targets import TARGETS, Target
from benchmarks.wrk.run import Errors, Latency, Outcome


def run(number: int, peer: str, rate: int, opened: float | None = None) -> Run:
    return Run(
        round=number,
        peer=peer,
        workload="GetItem",
        connections=16,
        rate=opened,
        server_cpu=rate * 20e-6,
        others=0.1,
        load=1.5,
        outcome=Outcome(
            requests=rate,
            microseconds=1_000_000,
            bytes=rate * 1_000,
            errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
            latency=Latency(mean=500.0, max=9_000, p50=400, p90=800, p99=1_500, p999=5_000),
            histogram=encoded(histogram([400_000, 1_500_000])) if opened else "",
        ),
    )


RATES = {"stator": (30_000, 20_000, 33_000), "dynalite": (10_000, 10_000, 30_000)}
ROW = RowResult(
    row="getitem",
    status="measured",
    created="2026-01-01T00:00:00+00:00",
    took=1.0,
    commit="abc",
    plan=FULL,
    seed=1,
    machine=Machine(system="s", processor="p", cores=2, memory_bytes=1, disk_sync_ms=0.2),
    versions={"python": "3.11"},
    placement="shared",
    load=0.1,
    load_after=1.2,
    peers={"stator": "Stator", "dynalite": "dynalite"},
    figures={"x dynalite": [3.0, 2.0, 2.6, 2.5, 4.0], "of the bare handler": [0.5]},
    runs=[run(n, peer, all_[n]) for n in range(3) for peer, all_ in RATES.items()],
)
TARGET = next(target for target in TARGETS if target.figure == "x dynalite" and target.row == "getitem")


def changed(**members: object) -> RowResult:
    return msgspec.structs.replace(ROW, **members)


@pytest.mark.parametrize(
    ("target", "result", "verdict"),
    [
        (TARGET, ROW, "must met"),
        (TARGET, changed(figures={"x dynalite": [3.1] * 5}), "aim met"),
        (TARGET, changed(figures={"x dynalite": [2.4] * 5}), "**missed**"),
        (TARGET, changed(figures={"x dynalite": [9.0] * 4}), "not judged: 4 of 5 rounds"),
        (replace(TARGET, once=True), changed(figures={"x dynalite": [9.0]}), "aim met"),
        (replace(TARGET, at_least=False), changed(figures={"x dynalite": [2.4] * 5}), "aim met"),
        (replace(TARGET, cores=4), ROW, "not judged: needs 4 cores"),
        (TARGET, changed(plan=QUICK), "not judged: 20,000 items"),
        (TARGET, changed(figures={}), "no figure"),
        (TARGET, changed(figures={}, status="failed"), "failed"),
        (TARGET, changed(figures={}, status="not supported", reason="not yet"), "not supported: not yet"),
        (TARGET, changed(figures={}, notes=["no\nnpm"]), "no figure: no npm"),
        (TARGET, None, "not measured"),
    ],
)
def test_verdicts(target: Target, result: RowResult | None, verdict: str) -> None:
    assert target.verdict(result) == verdict


def test_an_aim_is_not_easier_than_the_bound() -> None:
    for target in TARGETS:
        assert target.row in ROWS
        assert (target.aim >= target.must) if target.at_least else (target.aim <= target.must), target.text


def test_ratios_are_of_runs_side_by_side() -> None:
    stator, dynalite = figures(ROW)
    # The quotient of the medians would be 3.0.
    assert stator.ratio is not None
    assert (stator.ratio.median, stator.ratio.least, stator.ratio.greatest) == (2.0, 1.1, 3.0)
    assert stator.rate.median == 30_000
    assert stator.cpu == pytest.approx(20.0)
    assert (stator.p50, stator.p99) == (0.4, 1.5)
    assert dynalite.ratio is not None
    assert dynalite.ratio.median == 1.0


def test_report_can_be_written_again(tmp_path: Path) -> None:
    tail = changed(row="tail-reads", figures={"p99 ms": [1.5]}, runs=[run(1, "stator", 9_000, 9_000.0)])
    starts = changed(
        row="starts", runs=[], starts=[Starts(peer="stator", data="new", seconds=[0.2], resident=[])]
    )
    failed = changed(row="scan", status="failed", reason="it | broke", runs=[], figures={})
    results = Results(rows={row.row: row for row in (ROW, tail, starts, failed)})
    write(results, tmp_path)
    again = read(tmp_path / FILE_NAME)
    assert again == results
    page = markdown(again)
    assert "2.00 (1.10 to 3.00)" in page
    assert "| 2.6 x | 2 to 4 | 5 | must met | getitem | 0.1, 1.2 to 1.5 | abc |" in page
    assert "**Failed**: it | broke" in page
    assert {path.name for path in tmp_path.glob("*.svg")} == {
        "latency.svg",
        "percentiles.svg",
        "throughput.svg",
    }
    for plot in tmp_path.glob("*.svg"):
        assert ElementTree.parse(plot).getroot().tag.endswith("svg")
    assert "polyline" in (tmp_path / "percentiles.svg").read_text()


def test_results_are_merged_row_by_row(tmp_path: Path) -> None:
    assert read(tmp_path / FILE_NAME).rows == {}
    first = Results(rows={}).with_row(ROW).with_row(changed(row="scan"))
    second = first.with_row(changed(commit="def"))
    assert {name: row.commit for name, row in second.rows.items()} == {"getitem": "def", "scan": "abc"}
