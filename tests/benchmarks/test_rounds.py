"""Runs are repeated that others on the machine disturb, all those that are compared together."""

from pathlib import Path
from typing import Any

import pytest
from benchmarks.dataset import DataSet
from benchmarks.peers.registry import PEERS
from benchmarks.results import Run
from benchmarks.rounds import Bench, Cell, cells
from benchmarks.workloads import WORKLOADS
from benchmarks.wrk.run import Errors, Latency, Outcome

STATOR, DYNALITE = PEERS["stator"], PEERS["dynalite"]


class DisturbedBench(Bench):
    """A bench whose runs meet the disturbances that the test says, and do nothing."""

    def __init__(self, patience: int, others: list[float]) -> None:
        super().__init__({}, DataSet(1, 1, 1), Path(), 1, patience)
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
        )


def kept(bench: DisturbedBench) -> list[tuple[str, int]]:
    compared = cells([STATOR, DYNALITE], [WORKLOADS["Query"]], frozenset({16}))
    return [(run.peer, run.outcome.requests) for run in bench.round(compared, 1, 1)]


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
    assert kept(bench) == [("stator", best), ("dynalite", best)]
    assert bench.made == [(peer, n) for n in range(attempts) for peer in ("stator", "dynalite")]


def test_a_repeated_write_writes_something_else() -> None:
    bench = Bench({}, DataSet(1, 1, 1), Path(), 1)
    put = WORKLOADS["PutItem"]
    seeds = {
        bench._seed(Cell(STATOR, put, connections), number, attempt)
        for connections in put.connections
        for number in range(3)
        for attempt in range(3)
    }
    assert len(seeds) == 27
    assert bench._seed(Cell(DYNALITE, put, 16), 1, 0) == bench._seed(Cell(STATOR, put, 16), 1, 0)


def test_cells_are_those_that_a_peer_can_be_asked() -> None:
    found = cells(list(PEERS.values()), list(WORKLOADS.values()), None)
    asked = {(cell.peer.name, cell.workload.name, cell.connections) for cell in found}
    assert len(asked) == len(found) == 39
    assert ("bare-stack", "GetItem", 16) in asked
    assert ("bare-stack", "Query", 16) not in asked
    assert ("stator-memory", "PutItem", 64) not in asked
