"""What is shown and not judged: YCSB's workloads, and all peers beside each other."""

import zlib
from dataclasses import dataclass

from benchmarks.bench import Bench, Cell
from benchmarks.client import Refused
from benchmarks.dataset import WrongData
from benchmarks.load.job import Job
from benchmarks.load.run import generate
from benchmarks.load.ycsb import MIXES
from benchmarks.machine import load
from benchmarks.peers.process import CannotStart
from benchmarks.peers.registry import PEERS, Peer
from benchmarks.processors import Use
from benchmarks.results import Run
from benchmarks.rows.row import Measured
from benchmarks.session import Session
from benchmarks.workloads import WORKLOADS
from benchmarks.wrk.run import LoadFailed

_FAILURES = (CannotStart, LoadFailed, WrongData, Refused, TimeoutError, OSError)
_CONNECTIONS = 16
_YCSB_PEERS = ("stator", "dynalite", "ministack", "moto")
_OVERVIEW = ("GetItem", "PutItem", "UpdateItem", "Query")
_OVERVIEW_PEERS = (
    "stator",
    "stator-memory",
    "dynalite",
    "ministack",
    "moto",
    "bare-stack",
    "bare-protocol",
)
_SLOW = "moto reads a whole table for a Query"
_TOO_SLOW = {("moto", "Query"): _SLOW, ("moto", "e"): _SLOW}


@dataclass(frozen=True, slots=True)
class Ycsb:
    """A workload of YCSB: a closed loop on every peer, and on Stator an open one at half of its rate."""

    letter: str

    def __call__(self, session: Session, row: str) -> Measured:
        """Measure. Raises CannotStart if no peer could be measured."""
        measured = Measured()
        mix = MIXES[self.letter]
        for number in range(1, session.plan.views + 1):
            for peer in _peers(session, _YCSB_PEERS, self.letter, measured, number):
                try:
                    session.serve(peer, frozenset({mix.table}))
                    if number == 1 and session.plan.warm_up:
                        self._run(session, peer, 0, None, session.plan.warm_up)
                    closed = self._run(session, peer, number, None)
                    measured.runs.append(closed)
                    if peer.name == "stator":
                        opened = self._run(session, peer, number, closed.outcome.rate / 2)
                        measured.runs.append(opened)
                        measured.add("open: p99 ms", opened.outcome.latency.p99 / 1e3)
                except _FAILURES as error:
                    measured.notes.append(f"{peer.name}: {error}")
        if not measured.runs:
            raise CannotStart("; ".join(measured.notes))
        return measured

    def _run(
        self, session: Session, peer: Peer, number: int, rate: float | None, seconds: int | None = None
    ) -> Run:
        server = session.serve(peer)
        table = MIXES[self.letter].table
        draw = zlib.crc32(f"{session.seed} ycsb {self.letter} {number} {rate is None}".encode())
        job = Job(
            url=server.url,
            asks="ycsb",
            of=self.letter,
            seed=session.seed,
            draw=draw,
            items=session.plan.items,
            partitions=session.plan.partitions,
            records=session.records(peer.name, table),
            connections=_CONNECTIONS,
            seconds=seconds or session.plan.seconds,
            rate=rate,
        )
        use = Use(server)
        outcome = generate(job)
        cpu, others = use.since()
        session.note_records(peer.name, table, outcome.records)
        run = Run(
            round=number,
            peer=peer.name,
            workload=f"YCSB {self.letter.upper()}",
            connections=_CONNECTIONS,
            rate=None if rate is None else round(rate, 1),
            outcome=outcome,
            server_cpu=cpu,
            others=others,
            load=load(),
        )
        session.bench("ycsb", {}).tell(run)
        return run


def overview(session: Session, row: str) -> Measured:
    """GetItem, PutItem, UpdateItem and Query on every peer, once each. Raises CannotStart if none starts."""
    measured = Measured()
    for name in _OVERVIEW:
        workload = WORKLOADS[name]
        for peer in _peers(session, _OVERVIEW_PEERS, name, measured, 1):
            cell = Cell(peer, workload, _CONNECTIONS)
            try:
                bench: Bench = session.bench_of(row, [cell])
                if session.plan.warm_up:
                    bench.run(cell, 0, 0, session.plan.warm_up)
                measured.runs.append(bench.run(cell, 1, 0, session.plan.seconds))
            except _FAILURES as error:
                measured.notes.append(f"{peer.name}, {name}: {error}")
    if not measured.runs:
        raise CannotStart("; ".join(measured.notes))
    return measured


def _peers(
    session: Session, names: tuple[str, ...], asked: str, measured: Measured, number: int
) -> list[Peer]:
    """Those that can be asked it; why others are not is noted once."""
    found = []
    for peer in [*(PEERS[name] for name in names), *session.extra]:
        reason = _TOO_SLOW.get((peer.name, asked))
        if reason is None and peer.can(asked):
            found.append(peer)
        elif reason is not None and number == 1:
            measured.notes.append(f"{peer.name} is not asked {asked}: {reason}")
    return found
