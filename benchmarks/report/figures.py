"""What is derived from results: medians over rounds, and ratios of runs that were made side by side."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.peers.registry import REFERENCE
from benchmarks.results import Results, Run


@dataclass(frozen=True, slots=True)
class Spread:
    """The median of some figures, and their least and greatest."""

    median: float
    least: float
    greatest: float


@dataclass(frozen=True, slots=True)
class Figures:
    """A peer under a workload at so many connections.

    Requests a second; milliseconds of latency; microseconds of the server's processor time per request; and
    the rate as a multiple of the reference peer's in the same round (None without that peer).
    """

    peer: str
    workload: str
    connections: int
    rate: Spread
    p50: float
    p99: float
    cpu: float | None
    ratio: Spread | None


def figures(results: Results) -> list[Figures]:
    """The figures of all cells, in the order in which they were measured."""
    grouped: dict[tuple[str, str, int], dict[int, Run]] = {}
    for run in results.runs:
        grouped.setdefault((run.peer, run.workload, run.connections), {})[run.round] = run
    return [
        Figures(
            *cell,
            rate=_spread([run.outcome.rate for run in rounds.values()]),
            p50=_median(rounds, lambda run: run.outcome.latency.p50 / 1e3),
            p99=_median(rounds, lambda run: run.outcome.latency.p99 / 1e3),
            cpu=_cpu(rounds),
            ratio=ratio(rounds, grouped.get((REFERENCE, *cell[1:]), {})),
        )
        for cell, rounds in grouped.items()
    ]


def ratio(rounds: dict[int, Run], others: dict[int, Run]) -> Spread | None:
    """How many times the rate of another peer, from pairs of runs of one round."""
    common = rounds.keys() & others.keys()
    return _spread([rounds[n].outcome.rate / others[n].outcome.rate for n in common]) if common else None


def _cpu(rounds: dict[int, Run]) -> float | None:
    if any(run.server_cpu is None for run in rounds.values()):
        return None
    return _median(rounds, lambda run: (run.server_cpu or 0) / run.outcome.requests * 1e6)


def _median(rounds: dict[int, Run], figure: Callable[[Run], float]) -> float:
    return statistics.median(map(figure, rounds.values()))


def _spread(values: list[float]) -> Spread:
    return Spread(statistics.median(values), min(values), max(values))
