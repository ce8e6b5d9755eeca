"""What is asked of Stator: figures of rows, with the bounds that they must keep and the aims beyond."""

import statistics
from dataclasses import dataclass
from typing import Final

from benchmarks.plan import ITEMS_JUDGED_MIN, ROUNDS_JUDGED_MIN
from benchmarks.processors import CORES_TO_PIN_MIN
from benchmarks.results import RowResult

_REASON_LENGTH: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A figure of a row, and its bounds: `must` and `aim`, at least or at most.

    `once` tells that one measurement is enough, since it takes
    so long; `cores` how many are needed to judge it.
    """

    text: str
    row: str
    figure: str
    must: float
    aim: float
    unit: str = "x"
    at_least: bool = True
    once: bool = False
    cores: int = 1

    def verdict(self, result: RowResult | None) -> str:
        """`aim met`, `must met` or `missed`; else why it is not judged."""
        values = self.values(result)
        if result is None:
            return "not measured"
        if not values:
            return _why_not(result)
        if result.machine.cores < self.cores:
            return f"not judged: needs {self.cores} cores"
        if result.plan.items < ITEMS_JUDGED_MIN:
            return f"not judged: {result.plan.items:,} items"
        if not self.once and len(values) < ROUNDS_JUDGED_MIN:
            return f"not judged: {len(values)} of {ROUNDS_JUDGED_MIN} rounds"
        median = statistics.median(values)
        return (
            "aim met"
            if self._keeps(median, self.aim)
            else "must met"
            if self._keeps(median, self.must)
            else "**missed**"
        )

    def values(self, result: RowResult | None) -> list[float]:
        """The figure's values, a round each."""
        return [] if result is None else result.figures.get(self.figure, [])

    def _keeps(self, value: float, bound: float) -> bool:
        return value >= bound if self.at_least else value <= bound


def _why_not(result: RowResult) -> str:
    """Why a row has no such figure, in some words; its section of the report has all of them."""
    status = result.status if result.status != "measured" else "no figure"
    reason = " ".join((result.reason or " ".join(result.notes)).split())
    return f"{status}: {reason[:_REASON_LENGTH]}" if reason else status


def _ratio(text: str, row: str, must: float, aim: float, figure: str = "x dynalite") -> Target:
    return Target(text=text, row=row, figure=figure, must=must, aim=aim)


def _most(text: str, row: str, figure: str, must: float, aim: float, unit: str = "x") -> Target:
    return Target(text=text, row=row, figure=figure, must=must, aim=aim, unit=unit, at_least=False)


def _once(text: str, row: str, figure: str, must: float, aim: float, unit: str) -> Target:
    return Target(text=text, row=row, figure=figure, must=must, aim=aim, unit=unit, at_least=False, once=True)


TARGETS: Final = (
    _ratio("GetItem, against dynalite in memory", "getitem", 2.5, 3),
    _ratio("GetItem, against the bare handler", "getitem", 0.45, 0.5, "of the bare handler"),
    _ratio("Query of 50 items, against dynalite in memory", "query50", 5, 8),
    _ratio("Durable PutItem, 16 connections, against dynalite in memory", "putitem-16", 1.1, 1.3),
    _ratio("Durable PutItem, 64 connections, against dynalite in memory", "putitem-64", 1.6, 2),
    _ratio("Durable UpdateItem with a condition, 16 connections, against dynalite", "updateitem-16", 2, 2.5),
    _ratio("BatchGetItem of 100, against dynalite", "batchget", 5, 8),
    _ratio("BatchWriteItem of 25, against dynalite", "batchwrite", 2, 3),
    _ratio("A 1 MB page of a Scan with a filter, against dynalite", "scan", 3, 5),
    _ratio("TransactWriteItems of 10, against MiniStack", "transact", 5, 10, "x MiniStack"),
    _most(
        "One connection: GetItem's latency, against dynalite", "latency-getitem", "of dynalite's", 0.7, 0.5
    ),
    _most(
        "One connection: durable PutItem's latency, above the disk's own fdatasync",
        "latency-putitem",
        "ms above the disk",
        0.4,
        0.25,
        "ms",
    ),
    _most("p99 of reads at half of the highest throughput", "tail-reads", "p99 ms", 5, 3, "ms"),
    _most("p99 of durable writes at half of the highest throughput", "tail-writes", "p99 ms", 15, 10, "ms"),
    _most("p99 of reads, while a Scan and a back-fill run", "tail-reads-busy", "p99 ms", 5, 3, "ms"),
    _most("p99 of writes, while a Scan and a back-fill run", "tail-writes-busy", "p99 ms", 15, 10, "ms"),
    Target(
        text="Two workers against one: reads",
        row="workers-reads",
        figure="two workers",
        must=1.7,
        aim=1.9,
        cores=CORES_TO_PIN_MIN,
    ),
    Target(
        text="Two workers against one: writes",
        row="workers-writes",
        figure="two workers",
        must=1.0,
        aim=1.2,
        cores=CORES_TO_PIN_MIN,
    ),
    _most("10 thousand to 10 million items: p50 of GetItem", "growth", "GetItem", 1.3, 1.1),
    _most("10 thousand to 10 million items: p50 of Query", "growth", "Query", 1.3, 1.1),
    _most("10 thousand to 10 million items: p50 of UpdateItem", "growth", "UpdateItem", 1.3, 1.1),
    _once("10 thousand to 10 million items: memory of a worker", "growth", "memory", 1.2, 1.1, "x"),
    _once("Deleting an index of 10 million: to answer", "delete-index", "seconds to answer", 1, 0.1, "s"),
    _once("Deleting an index of 10 million: p99 of reads", "delete-index", "GetItem: p99 ms", 5, 3, "ms"),
    _once("Deleting an index of 10 million: p99 of writes", "delete-index", "PutItem: p99 ms", 15, 10, "ms"),
    _once("Deleting a table of 10 million: to answer", "delete-table", "seconds to answer", 1, 0.1, "s"),
    _once("Deleting a table of 10 million: p99 of reads", "delete-table", "GetItem: p99 ms", 5, 3, "ms"),
    _once("Deleting a table of 10 million: p99 of writes", "delete-table", "PutItem: p99 ms", 15, 10, "ms"),
    _most("Start to first answer, new data directory", "starts", "new: s", 0.25, 0.15, "s"),
    _most("Start to first answer, existing data", "starts", "existing: s", 0.25, 0.15, "s"),
    _most("Idle memory of one worker, new data directory", "starts", "new: MB", 60, 45, "MB"),
    _most("Idle memory of one worker, existing data", "starts", "existing: MB", 60, 45, "MB"),
    _most("A stream and two GSIs on: a write's cost against a bare one", "indexed", "cost", 2.5, 1.8),
    # One bound is asked for: it is the aim too.
    _most("GetItem's slow-down by metrics", "metrics", "GetItem: cost", 1.03, 1.03),
    _most("PutItem's slow-down by metrics", "metrics", "PutItem: cost", 1.03, 1.03),
    _most("Query's slow-down by metrics", "metrics", "Query: cost", 1.03, 1.03),
    _most("PutItem's slow-down by point-in-time recovery", "recovered", "slow-down", 1.25, 1.25),
)
