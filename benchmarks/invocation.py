"""One invocation: peers up, seeded, measured in rounds, down again; starts of them before and after."""

import datetime
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.machine import commit, load, machine, versions
from benchmarks.peers.process import Server
from benchmarks.peers.registry import ROOT, Peer, launch
from benchmarks.plan import Plan
from benchmarks.results import Results, Run
from benchmarks.rounds import Bench, cells
from benchmarks.seeding import drop, seed
from benchmarks.startup import Starts, measure_starts
from benchmarks.workloads import Workload

_WARM_UP = 0  # the number of the round that does not count


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What is measured, on whom, and where: `cache` holds installed peers, and the data while it is needed.

    `tell` is given a line of progress now and then; for `patience` see Bench.
    """

    plan: Plan
    peers: list[Peer]
    workloads: list[Workload]
    connections: frozenset[int] | None
    seed: int
    cache: Path
    patience: int
    tell: Callable[[str], None]

    def measure(self) -> Results:
        """Measure. Raises CannotStart, LoadFailed, WrongData, Refused."""
        self.cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="run-", dir=self.cache) as name:
            directory = Path(name)
            facts = machine(directory)
            loads = [load()]
            starts = self._new_starts(directory)
            runs: list[Run] = []
            with self._servers(directory) as servers:
                for round_runs in self._rounds(self._seeded(servers, directory)):
                    runs += round_runs
                    loads.append(load())
                resident = {name: server.resident_bytes() for name, server in servers.items()}
            starts += self._existing_starts(directory)
        return Results(
            created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            commit=commit(ROOT),
            plan=self.plan,
            seed=self.seed,
            machine=facts,
            versions=versions(),
            peers={peer.name: f"{peer.title} {peer.version}".strip() for peer in self.peers},
            loads=loads,
            runs=runs,
            starts=starts,
            resident={name: size for name, size in resident.items() if size is not None},
        )

    @contextmanager
    def _servers(self, directory: Path) -> Iterator[dict[str, Server]]:
        """All peers, running. What was seeded on an endpoint that goes on running is dropped at the end."""
        servers: dict[str, Server] = {}
        try:
            for peer in self.peers:
                servers[peer.name] = launch(peer, self.cache, directory / peer.name)
            yield servers
            for peer in self.peers:
                if peer.command is None:
                    drop(Client(peer.url))
        finally:
            for server in servers.values():
                server.stop()

    def _seeded(self, servers: dict[str, Server], directory: Path) -> Bench:
        data = DataSet(self.seed, self.plan.items, self.plan.partitions)
        pool = directory / "pool"
        data.write_pool(pool)
        for peer in self.peers:
            if peer.has_database:
                self.tell(f"seeding {peer.name}")
                seed(servers[peer.name].url, data, self._tables(peer))
        return Bench(servers, data, pool, self.seed, self.patience)

    def _tables(self, peer: Peer) -> frozenset[str]:
        """The tables that a peer's workloads need."""
        chosen = cells([peer], self.workloads, self.connections)
        return frozenset(table for cell in chosen for table in cell.workload.tables)

    def _rounds(self, bench: Bench) -> Iterator[list[Run]]:
        chosen = cells(self.peers, self.workloads, self.connections)
        if self.plan.warm_up:
            for run in replace(bench, patience=0).round(chosen, _WARM_UP, self.plan.warm_up):
                self.tell(f"warm-up  {line(run)}")
        for number in range(1, self.plan.rounds + 1):
            runs = []
            for run in bench.round(chosen, number, self.plan.seconds):
                self.tell(f"round {number}  {line(run)}")
                runs.append(run)
            yield runs

    def _new_starts(self, directory: Path) -> list[Starts]:
        """Starts of every peer that has a database and a process, each on a new data directory."""
        return [
            measure_starts(
                peer,
                "new",
                self.cache,
                [directory / f"start-{peer.name}-{number}" for number in range(self.plan.starts)],
            )
            for peer in self.peers
            if peer.has_database and peer.command is not None
        ]

    def _existing_starts(self, directory: Path) -> list[Starts]:
        """Starts on the data that was measured on."""
        return [
            measure_starts(peer, "existing", self.cache, [directory / peer.name] * self.plan.starts)
            for peer in self.peers
            if peer.keeps
        ]


def line(run: Run) -> str:
    """A run in one line of progress."""
    outcome = run.outcome
    cpu = f"  cpu {run.server_cpu / outcome.requests * 1e6:6.1f} us" if run.server_cpu else ""
    others = "" if run.others is None else f"  others {run.others:.2f} cores"
    return (
        f"{run.workload:10} {run.connections:3}  {run.peer:14} {outcome.rate:9,.0f}/s  "
        f"p50 {outcome.latency.p50 / 1e3:7.2f} ms  p99 {outcome.latency.p99 / 1e3:7.2f} ms{cpu}{others}"
    )
