"""One invocation: peers that run, seeded with what rows need, from when the first row needs them.

A peer stays for the rows after it. One that has died is started anew, with new data.
"""

import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final

from benchmarks.bench import Bench, Cell
from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.peers.process import Server
from benchmarks.peers.registry import Peer, launch
from benchmarks.plan import Plan
from benchmarks.processors import Placement, on_cores
from benchmarks.results import Run
from benchmarks.seeding import drop, seed

_STOP_SECONDS_NOTED: Final = 2.0


@dataclass
class _Place:
    """A peer that runs in a directory, the tables that it has, and how many YCSB records are in them."""

    peer: Peer
    server: Server
    directory: Path
    tables: set[str] = field(default_factory=set)
    records: dict[str, int] = field(default_factory=dict)


class Session:
    """The peers of an invocation. `cache` holds installed peers, and `base` the data while it is needed.

    `extra` are peers beside those of the registry, such as an endpoint. `tell` is given lines of progress.
    """

    def __init__(
        self,
        plan: Plan,
        seed: int,
        cache: Path,
        base: Path,
        *,
        extra: list[Peer],
        patience: int,
        tell: Callable[[str], None],
    ) -> None:
        self.plan, self.seed, self.cache, self.extra, self.patience, self.tell = (
            plan,
            seed,
            cache,
            extra,
            patience,
            tell,
        )
        base.mkdir(parents=True, exist_ok=True)
        cache.mkdir(parents=True, exist_ok=True)
        self.directory = Path(tempfile.mkdtemp(prefix="run-", dir=base))
        self.data = DataSet(seed, plan.items, plan.partitions)
        self.pool = self.directory / "pool"
        self.data.write_pool(self.pool)
        self._places: dict[str, _Place] = {}

    def __enter__(self) -> "Session":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for label in list(self._places):
            self.stop(label)
        shutil.rmtree(self.directory, ignore_errors=True)

    def serve(
        self,
        peer: Peer,
        tables: frozenset[str] = frozenset(),
        *,
        label: str = "",
        data: DataSet | None = None,
        placement: Placement | None = None,
    ) -> Server:
        """A running peer that has tables of `data` (the session's unless it is told). Raises CannotStart.

        Under another `label` it is another process, with data of its own.
        """
        label = label or peer.name
        place = self._places.get(label)
        if place is not None and not place.server.alive:
            self.tell(f"{label} has died, and is started anew")
            self.stop(label)
            place = None
        if place is None:
            place = self._started(peer, label, placement)
        missing = tables - place.tables if peer.has_database else frozenset()
        for table in sorted(missing):
            self.tell(f"seeding {table} on {label}")
            seed(place.server.url, data or self.data, frozenset({table}), self.seed)
            place.tables.add(table)
        return place.server

    def _started(self, peer: Peer, label: str, placement: Placement | None) -> _Place:
        directory = self.directory / label
        with on_cores(placement.server if placement else None):
            place = _Place(peer, launch(peer, self.cache, directory), directory)
        self._places[label] = place
        return place

    def running(self, label: str) -> bool:
        """Whether a peer runs under a label."""
        return label in self._places and self._places[label].server.alive

    def records(self, label: str, table: str) -> int:
        """How many YCSB records are in a table of a running peer."""
        return self._places[label].records.get(table, self.plan.items)

    def note_records(self, label: str, table: str, count: int) -> None:
        """So many are there now."""
        self._places[label].records[table] = count

    def restart(self, label: str) -> Server:
        """Stop a peer and start it again on its data. Raises CannotStart."""
        place = self._places[label]
        place.server.stop()
        place.server = launch(place.peer, self.cache, place.directory)
        return place.server

    def stop(self, label: str, *, keep: bool = False) -> Path:
        """Stop a peer, and delete its data unless it is to be kept. Its directory."""
        place = self._places.pop(label, None)
        if place is None:
            return self.directory / label
        started = time.monotonic()
        try:
            if place.peer.command is None:
                with closing_client(place.server) as client:
                    for table in place.tables:
                        drop(client, table)
        finally:
            place.server.stop(forget=not place.peer.keeps)
            if not keep:
                shutil.rmtree(place.directory, ignore_errors=True)
            if (took := time.monotonic() - started) > _STOP_SECONDS_NOTED:
                self.tell(f"{label} took {took:.0f} s to stop")
        return place.directory

    def bench(self, row: str, servers: Mapping[str, Server], data: DataSet | None = None) -> Bench:
        """A bench of servers by the names of their peers, for a row."""
        return Bench(
            servers,
            data or self.data,
            self.pool,
            self.seed,
            salt=row,
            patience=self.patience,
            tell=lambda run: self.tell(line(run)),
        )

    def bench_of(self, row: str, cells: list[Cell]) -> Bench:
        """A bench of all peers that cells name, with the tables that they need. Raises CannotStart."""
        tables: dict[str, set[str]] = {}
        for cell in cells:
            tables.setdefault(cell.peer.name, set()).add(cell.workload.table)
        peers = {cell.peer.name: cell.peer for cell in cells}
        return self.bench(
            row, {name: self.serve(peers[name], frozenset(needed)) for name, needed in tables.items()}
        )


@contextmanager
def closing_client(server: Server) -> Iterator[Client]:
    """A client that is closed at the end."""
    client = Client(server.url)
    try:
        yield client
    finally:
        client.close()


def line(run: Run) -> str:
    """A run in one line of progress."""
    outcome = run.outcome
    cpu = f"  cpu {run.server_cpu / outcome.requests * 1e6:6.1f} us" if run.server_cpu else ""
    others = "" if run.others is None else f"  others {run.others:.2f} cores"
    loop = "" if run.rate is None else " open"
    return (
        f"{run.round:2}  {run.workload + loop:18} {run.connections:3}  {run.peer:14} {outcome.rate:9,.0f}/s  "
        f"p50 {outcome.latency.p50 / 1e3:7.2f} ms  p99 {outcome.latency.p99 / 1e3:7.2f} ms{cpu}{others}"
    )
