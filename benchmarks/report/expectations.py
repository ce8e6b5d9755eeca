"""What is expected of Stator, and whether the results meet it. A row per expectation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from benchmarks.report.figures import figures
from benchmarks.results import Results


@dataclass(frozen=True, slots=True)
class Expectation:
    """An expectation: what is measured, in which unit, and the bound on it (`at_least`, else at most)."""

    text: str
    unit: str
    bound: float
    at_least: bool
    measured: Callable[[Results], float | None]

    def met_by(self, value: float) -> bool:
        """Whether a measured value is good enough."""
        return value >= self.bound if self.at_least else value <= self.bound


def _ratio(workload: str, connections: int) -> Callable[[Results], float | None]:
    def measured(results: Results) -> float | None:
        for row in figures(results):
            if (row.peer, row.workload, row.connections) == ("stator", workload, connections) and row.ratio:
                return row.ratio.median
        return None

    return measured


def _start(data: str) -> Callable[[Results], float | None]:
    return lambda results: next(
        (row.median for row in results.starts if (row.peer, row.data) == ("stator", data)), None
    )


def _idle(data: str) -> Callable[[Results], float | None]:
    return lambda results: next(
        (
            row.resident_bytes / 1e6
            for row in results.starts
            if (row.peer, row.data) == ("stator", data) and row.resident_bytes is not None
        ),
        None,
    )


EXPECTATIONS: Final = (
    Expectation("GetItem, 16 connections", "x dynalite", 1.5, True, _ratio("GetItem", 16)),
    Expectation(
        "PutItem on disk, 16 connections, against PutItem in memory",
        "x dynalite",
        1.0,
        True,
        _ratio("PutItem", 16),
    ),
    Expectation("start to first answer, new data directory", "s", 0.3, False, _start("new")),
    Expectation("start to first answer, existing data", "s", 0.3, False, _start("existing")),
    Expectation("idle resident memory, new data directory", "MB", 60, False, _idle("new")),
    Expectation("idle resident memory, existing data", "MB", 60, False, _idle("existing")),
)
