"""Ratios come from runs of one round, and expectations are judged by what was measured."""

from pathlib import Path
from xml.etree import ElementTree

import pytest
from benchmarks.machine import Machine
from benchmarks.plan import TINY
from benchmarks.report.expectations import EXPECTATIONS
from benchmarks.report.figures import figures
from benchmarks.report.table import markdown
from benchmarks.report.write import write
from benchmarks.results import FILE_NAME, Results, Run, read
from benchmarks.startup import Starts
from benchmarks.wrk.run import Errors, Latency, Outcome


def run(number: int, peer: str, rate: int) -> Run:
    return Run(
        round=number,
        peer=peer,
        workload="GetItem",
        connections=16,
        server_cpu=rate * 20e-6,
        others=0.1,
        outcome=Outcome(
            requests=rate,
            microseconds=1_000_000,
            bytes=rate * 1_000,
            errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
            latency=Latency(mean=500.0, max=9_000, p50=400, p90=800, p99=1_500, p999=5_000),
        ),
    )


@pytest.fixture
def results() -> Results:
    rates = {"stator": (30_000, 20_000, 33_000), "dynalite": (10_000, 10_000, 30_000)}
    return Results(
        created="2026-01-01T00:00:00+00:00",
        commit="abc",
        plan=TINY,
        seed=1,
        machine=Machine(system="s", processor="p", cores=2, memory_bytes=1, disk_sync_ms=0.2),
        versions={"python": "3.11"},
        peers={"stator": "Stator", "dynalite": "dynalite"},
        loads=[0.1, 2.0],
        runs=[run(n, peer, all_[n]) for n in range(3) for peer, all_ in rates.items()],
        starts=[
            Starts(peer="stator", data="new", seconds=[0.2, 0.4, 0.25], resident_bytes=70_000_000),
        ],
        resident={"stator": 80_000_000},
    )


def test_ratios_are_of_runs_side_by_side(results: Results) -> None:
    stator, dynalite = figures(results)
    # The quotient of the medians would be 3.0.
    assert stator.ratio is not None
    assert (stator.ratio.median, stator.ratio.least, stator.ratio.greatest) == (2.0, 1.1, 3.0)
    assert stator.rate.median == 30_000
    assert stator.cpu == pytest.approx(20.0)
    assert (stator.p50, stator.p99) == (0.4, 1.5)
    assert dynalite.ratio is not None
    assert dynalite.ratio.median == 1.0


def test_expectations(results: Results) -> None:
    verdicts = {}
    for row in EXPECTATIONS:
        value = row.measured(results)
        verdicts[row.text] = None if value is None else row.met_by(value)
    assert verdicts["GetItem, 16 connections"] is True
    assert verdicts["start to first answer, new data directory"] is True
    assert verdicts["idle resident memory, new data directory"] is False
    assert verdicts["start to first answer, existing data"] is None


def test_report_can_be_written_again(results: Results, tmp_path: Path) -> None:
    write(results, tmp_path)
    again = read(tmp_path / FILE_NAME)
    assert markdown(again) == markdown(results)
    assert "2.00 (1.10 to 3.00)" in markdown(again)
    for plot in tmp_path.glob("*.svg"):
        assert ElementTree.parse(plot).getroot().tag.endswith("svg")
