"""Rows of runs side by side: in each round every peer has its turn, and a figure compares two of them."""

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.bench import Bench, Cell
from benchmarks.client import Refused
from benchmarks.dataset import RECOVERED_TABLE
from benchmarks.peers.process import CannotStart
from benchmarks.peers.registry import PEERS
from benchmarks.processors import halves
from benchmarks.results import Run
from benchmarks.rows.row import Measured, NotSupported
from benchmarks.session import Session
from benchmarks.workloads import WORKLOADS
from benchmarks.wrk.run import LoadFailed

Who = tuple[str, str]
"""A peer and a workload."""


def rate(run: Run, other: Run) -> float:
    """How many times another run's requests a second."""
    return run.outcome.rate / other.outcome.rate


def cost(run: Run, other: Run) -> float:
    """How many times another run's time per request."""
    return other.outcome.rate / run.outcome.rate


def latency(run: Run, other: Run) -> float:
    """How many times another run's median latency."""
    return run.outcome.latency.p50 / other.outcome.latency.p50


@dataclass(frozen=True, slots=True)
class Comparison:
    """A figure: `of` a run, `against` another one of the same round."""

    figure: str
    of: Who
    against: Who
    compare: Callable[[Run, Run], float] = rate


@dataclass(frozen=True, slots=True)
class Ratios:
    """A row of comparisons at so many connections. A peer that does not start costs only its comparisons."""

    connections: int
    comparisons: tuple[Comparison, ...]

    def __call__(self, session: Session, row: str) -> Measured:
        """Measure. Raises CannotStart if nothing can be compared; LoadFailed, WrongData, Refused."""
        measured = Measured()
        usable = [one for one in self.comparisons if self._start(session, one, measured)]
        if not usable:
            raise CannotStart("; ".join(measured.notes))
        cells = self._cells(usable)
        plan = session.plan
        bench = session.bench_of(row, cells)
        measured.runs += bench.rounds(cells, rounds=plan.rounds, seconds=plan.seconds, warm_up=plan.warm_up)
        compare(measured, usable)
        return measured

    def _start(self, session: Session, comparison: Comparison, measured: Measured) -> bool:
        for who in (comparison.of, comparison.against):
            try:
                session.serve(PEERS[who[0]], frozenset({WORKLOADS[who[1]].table}))
            except (CannotStart, LoadFailed, Refused) as error:
                if who[0].startswith("stator"):
                    raise
                measured.notes.append(f"no figure {comparison.figure}: {error}")
                return False
        return True

    def _cells(self, comparisons: list[Comparison]) -> list[Cell]:
        who = dict.fromkeys(who for one in comparisons for who in (one.of, one.against))
        return [Cell(PEERS[peer], WORKLOADS[workload], self.connections) for peer, workload in who]


def compare(measured: Measured, comparisons: list[Comparison]) -> None:
    """Add the figures of all rounds."""
    runs = {(run.round, run.peer, run.workload): run for run in measured.runs}
    for number in sorted({run.round for run in measured.runs}):
        for one in comparisons:
            measured.add(one.figure, one.compare(runs[number, *one.of], runs[number, *one.against]))


def against(peer: str, workload: str, connections: int, figure: str) -> Ratios:
    """Stator's rate as a multiple of another peer's."""
    return Ratios(connections, (Comparison(figure, ("stator", workload), (peer, workload)),))


def recovered(session: Session, row: str) -> Measured:
    """What point-in-time recovery costs a PutItem. Raises NotSupported until there is any."""
    try:
        session.serve(PEERS["stator"], frozenset({RECOVERED_TABLE}))
    except Refused as error:
        if error.kind == "UnknownOperationException":
            raise NotSupported("UpdateContinuousBackups is not served yet") from None
        raise
    one = Comparison("slow-down", ("stator", "PutRecoveredItem"), ("stator", "PutItem"), cost)
    return Ratios(16, (one,))(session, row)


@dataclass(frozen=True, slots=True)
class Workers:
    """Two workers against one, both on the same half of the processors, if there are enough of them."""

    workload: str
    connections: int = 64
    threads: int = 2

    def __call__(self, session: Session, row: str) -> Measured:
        """Measure. Raises NotSupported, LoadFailed, WrongData, Refused."""
        placement = halves()
        measured = Measured(placement=placement)
        workload = WORKLOADS[self.workload]
        servers = {}
        for name in ("stator", "stator-2"):
            try:
                servers[name] = session.serve(
                    PEERS[name], frozenset({workload.table}), label=f"{name}-pinned", placement=placement
                )
            except CannotStart as error:
                raise NotSupported(str(error)) from None
        plan, plain = session.plan, session.bench(row, servers)
        bench = Bench(
            servers,
            plain.data,
            plain.pool,
            plain.seed,
            row,
            plain.patience,
            threads=self.threads if placement.server else 1,
            placement=placement,
            tell=plain.tell,
        )
        cells = [Cell(PEERS[name], workload, self.connections) for name in servers]
        measured.runs += bench.rounds(cells, rounds=plan.rounds, seconds=plan.seconds, warm_up=plan.warm_up)
        one = Comparison("two workers", ("stator-2", self.workload), ("stator", self.workload))
        compare(measured, [one])
        return measured
