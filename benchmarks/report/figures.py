"""What is derived from a row's runs: medians over rounds, and ratios of runs that were made side by side."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.peers.registry import REFERENCE
from benchmarks.results import RowResult, Run


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, and their least and greatest."""

    median: float
    least: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A peer under a workload at so many connections, in a closed or an open loop.

    Requests a second; milliseconds of latency; microseconds of the server's processor time per request; and
    the rate as a multiple of the reference peer's in the same round (None without that peer).
    """

    peer: str
    workload: str
    connections: int
    is_open: bool
    rate: Spread
    p50: float
    p99: float
    p999: float
    cpu: float | None
    ratio: Spread | None

    @property
    def load(self) -> str:
        """The load, for people."""
        return f"{self.connections}, open loop" if self.is_open else str(self.connections)


def figures(row: RowResult) -> list[Figures]:
    """The figures of all cells, in the order in which they were measured."""
    grouped: dict[tuple[str, str, int, bool], dict[int, Run]] = {}
    for run in row.runs:
        cell = (run.peer, run.workload, run.connections, run.rate is not None)
        grouped.setdefault(cell, {})[run.round] = run
    return [
        Figures(
            *cell,
            rate=spread([run.outcome.rate for run in rounds.values()]),
            p50=_median(rounds, lambda run: run.outcome.latency.p50 / 1e3),
            p99=_median(rounds, lambda run: run.outcome.latency.p99 / 1e3),
            p999=_median(rounds, lambda run: run.outcome.latency.p999 / 1e3),
            cpu=_cpu(rounds),
            ratio=None if cell[3] else ratio(rounds, grouped.get((REFERENCE, *cell[1:]), {})),
        )
        for cell, rounds in grouped.items()
    ]


def ratio(rounds: dict[int, Run], others: dict[int, Run]) -> Spread | None:
    """How many times the rate of another peer, from pairs of runs of one round."""
    common = rounds.keys() & others.keys()
    return spread([rounds[n].outcome.rate / others[n].outcome.rate for n in common]) if common else None


def spread(values: list[float]) -> Spread:
    """The spread of some values."""
    return Spread(statistics.median(values), min(values), max(values))


def _cpu(rounds: dict[int, Run]) -> float | None:
    if any(run.server_cpu is None for run in rounds.values()):
        return None
    return _median(rounds, lambda run: (run.server_cpu or 0) / run.outcome.requests * 1e6)


def _median(rounds: dict[int, Run], figure: Callable[[Run], float]) -> float:
    return statistics.median(map(figure, rounds.values()))
