"""Runs are repeated that others on the machine disturb, all those that are compared together."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.bench import Bench, Cell
from benchmarks.dataset import DataSet
from benchmarks.peers.registry import PEERS
from benchmarks.results import Run
from benchmarks.rows.ratios import Comparison, Ratios, compare
from benchmarks.rows.row import Measured
from benchmarks.workloads import WORKLOADS
from benchmarks.wrk.run import Errors, Latency, Outcome

STATOR, DYNALITE = PEERS["stator"], PEERS["dynalite"]
COMPARED = [Cell(peer, WORKLOADS["Query"], 16) for peer in (STATOR, DYNALITE)]


class DisturbedBench(Bench):
    """A bench whose runs meet the disturbances that the test says, and do nothing."""

    def __init__(self, patience: int, others: list[float]) -> None:
        super().__init__({}, DataSet(1, 1, 1), Path(), 1, patience=patience)
        object.__setattr__(self, "others", iter(others))
        object.__setattr__(self, "made", [])

    others: Any
    made: list[tuple[str, int]]

    def run(self, cell: Cell, number: int, attempt: int, seconds: int) -> Run:
        self.made.append((cell.peer.name, attempt))
        return Run(
            round=number,
            peer=cell.peer.name,
            workload=cell.workload.name,
            connections=cell.connections,
            outcome=Outcome(
                requests=attempt,
                microseconds=1,
                bytes=1,
                errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
                latency=Latency(mean=1.0, max=1, p50=1, p90=1, p99=1, p999=1),
            ),
            server_cpu=None,
            others=next(self.others),
            load=1.0,
        )


@pytest.mark.parametrize(
    ("patience", "others", "attempts", "best"),
    [
        (0, [1.5, 0.1], 1, 0),
        (3, [0.1, 0.0], 1, 0),
        (3, [0.1, 0.9, 0.0, 0.1], 2, 1),
        (2, [0.9, 0.9, 0.1, 0.5, 0.7, 0.0], 3, 1),
    ],
)
def test_disturbed_runs_are_made_again(patience: int, others: list[float], attempts: int, best: int) -> None:
    bench = DisturbedBench(patience, others)
    kept = [(run.peer, run.outcome.requests) for run in bench.round(COMPARED, 1, 1)]
    assert kept == [("stator", best), ("dynalite", best)]
    assert bench.made == [(peer, n) for n in range(attempts) for peer in ("stator", "dynalite")]


def test_the_warm_up_does_not_count() -> None:
    bench = DisturbedBench(0, [0.0] * 6)
    runs = list(bench.rounds(COMPARED, rounds=2, seconds=3, warm_up=1))
    assert [(run.round, run.peer) for run in runs] == [
        (1, "stator"),
        (1, "dynalite"),
        (2, "stator"),
        (2, "dynalite"),
    ]
    assert len(bench.made) == 6


def test_a_repeated_write_writes_something_else() -> None:
    seeds = {
        Bench({}, DataSet(1, 1, 1), Path(), 1, salt=row)._seed("PutItem", connections, number, attempt)
        for row in ("putitem-16", "peers")
        for connections in (1, 16, 64)
        for number in range(3)
        for attempt in range(3)
    }
    assert len(seeds) == 54


def test_figures_compare_runs_of_one_round() -> None:
    def run(number: int, peer: str, requests: int) -> Run:
        return Run(
            round=number,
            peer=peer,
            workload="GetItem",
            connections=16,
            outcome=Outcome(
                requests=requests,
                microseconds=1_000_000,
                bytes=1,
                errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
                latency=Latency(mean=1.0, max=1, p50=1, p90=1, p99=1, p999=1),
            ),
            server_cpu=None,
            others=None,
            load=0.0,
        )

    rates = {"stator": (30, 20, 33), "dynalite": (10, 10, 30)}
    measured = Measured(runs=[run(n, peer, all_[n]) for n in range(3) for peer, all_ in rates.items()])
    one = Comparison("x dynalite", ("stator", "GetItem"), ("dynalite", "GetItem"))
    compare(measured, [one])
    assert measured.figures == {"x dynalite": [3.0, 2.0, 1.1]}


def test_a_peer_is_asked_what_it_can() -> None:
    assert not DYNALITE.can("TransactWriteItems")
    assert PEERS["bare-stack"].can("GetItem")
    assert not PEERS["bare-stack"].can("Query")
    row = Ratios(16, (Comparison("x", ("stator", "Query"), ("dynalite", "Query")),))
    assert row._cells(list(row.comparisons)) == COMPARED
