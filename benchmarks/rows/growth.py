"""What ten million items change: medians of latency, memory, and what deleting them does to others.

One server has a small table of rows and one a large one, of the same form; runs on both alternate. Both are
started again before, so that their memory tells what they serve and not how they were filled. The large one
has a table of items besides, which others go on using while the large table's index, and then the table, are
deleted.
"""

import shutil
import threading
import time
from dataclasses import dataclass

import msgspec

from benchmarks.bench import Bench, Cell
from benchmarks.client import Client
from benchmarks.dataset import ITEMS_TABLE, ROWS_PER_PARTITION, ROWS_TABLE, DataSet
from benchmarks.peers.process import CannotStart, Server
from benchmarks.peers.registry import PEERS
from benchmarks.processors import Use
from benchmarks.results import Run
from benchmarks.rows.row import Measured
from benchmarks.rows.tails import await_index, create_index, delete_index
from benchmarks.session import Session, closing_client
from benchmarks.workloads import WORKLOADS

SMALL, LARGE = "stator-small", "stator-large"
_STATOR = PEERS["stator"]
_CONNECTIONS = 16
_OPERATIONS = {"GetItem": "GetRow", "Query": "Query", "UpdateItem": "UpdateRow"}
_BYTES_PER_ROW = 1_000  # on the disk, with its log and an index, generously
_INDEX_SECONDS_MAX = 1_800.0
_DELETE_AFTER_SECONDS = 0.5
_IDLE_SECONDS = 0.5
_IDLE_CORES = 0.02
_IDLE_AFTER_SECONDS_MAX = 1_200.0


def growth(session: Session, row: str) -> Measured:
    """Medians of latency on ten million rows as multiples of those on ten thousand; memory likewise."""
    measured = Measured()
    small, large = _small(session), _large(session, measured)
    small, large = (_restarted(session, label, bench) for label, bench in ((SMALL, small), (LARGE, large)))
    plan = session.plan
    for name, workload in _OPERATIONS.items():
        cell = Cell(_STATOR, WORKLOADS[workload], _CONNECTIONS)
        for bench in (small, large):
            if plan.warm_up:
                bench.run(cell, 0, 0, plan.warm_up)
        for number in range(1, plan.rounds + 1):
            few, many = (bench.run(cell, number, 0, plan.seconds) for bench in (small, large))
            measured.runs += [_named(few, SMALL), _named(many, LARGE)]
            measured.add(name, many.outcome.latency.p50 / few.outcome.latency.p50)
    before, after = (bench.servers["stator"].memory() for bench in (small, large))
    if before is not None and after is not None:
        measured.add("memory", after.own / before.own)
        measured.add("resident memory", after.resident / before.resident)
        for name, memory in (("small", before), ("large", after)):
            measured.add(f"{name}: MB, own", memory.own / 1e6)
            measured.add(f"{name}: MB, with mapped pages of the file", memory.resident / 1e6)
    return measured


@dataclass(frozen=True, slots=True)
class Deletion:
    """A row: the large table, or an index of all its rows, is deleted while others go on."""

    of: str

    def __call__(self, session: Session, row: str) -> Measured:
        """Measure. Raises LoadFailed, WrongData, Refused, TimeoutError."""
        measured = Measured()
        bench = _large(session, measured)
        server = session.serve(_STATOR, frozenset({ITEMS_TABLE}), label=LARGE)
        with closing_client(server) as client:
            # Of the table, the writes are those that meet the deletion itself; of the index, the reads.
            order = ("PutItem", "GetItem")
            if self.of == "index":
                started = time.monotonic()
                create_index(client, ROWS_TABLE, "pk", "at")
                await_index(client, ROWS_TABLE, "ACTIVE", _INDEX_SECONDS_MAX)
                measured.add("seconds to fill the index", time.monotonic() - started)
                order = ("GetItem", "PutItem")
        await_idle(server)
        try:
            self._delete(session, row, bench, server, order, measured)
        finally:
            if self.of == "table":
                session.stop(LARGE)
        return measured

    def _delete(
        self,
        session: Session,
        row: str,
        bench: Bench,
        server: Server,
        order: tuple[str, ...],
        measured: Measured,
    ) -> None:
        plan = session.plan
        others = session.bench(row, bench.servers)
        cells = {
            name: Cell(_STATOR, WORKLOADS[name], connections)
            for name, connections in (("GetItem", 16), ("PutItem", 64))
        }
        highest = {name: others.run(cell, 1, 0, plan.seconds) for name, cell in cells.items()}
        started = time.monotonic() + _DELETE_AFTER_SECONDS
        deleting = threading.Timer(_DELETE_AFTER_SECONDS, self._answered, (server, measured))
        deleting.start()
        for name in order:
            rate = highest[name].outcome.rate / 2
            run = others.open_run(cells[name], 1, rate, plan.deletion_seconds)
            measured.runs += [highest[name], run]
            measured.add(f"{name}: p99 ms", run.outcome.latency.p99 / 1e3)
            measured.add(f"{name}: of it the generator's own, p99 ms", run.outcome.client_late / 1e3)
        deleting.join()
        if "seconds to answer" not in measured.figures:
            raise CannotStart(f"the {self.of} was not deleted: {'; '.join(measured.notes)}")
        await_idle(server)
        measured.add("seconds until the server was idle", time.monotonic() - started)

    def _answered(self, server: Server, measured: Measured) -> None:
        """Delete, and add how long it took to be answered."""
        client = Client(server.url)
        started = time.perf_counter()
        try:
            if self.of == "index":
                delete_index(client, ROWS_TABLE)
            else:
                client.call("DeleteTable", {"TableName": ROWS_TABLE})
            measured.add("seconds to answer", time.perf_counter() - started)
        except Exception as error:  # It is a thread of its own; the row looks for the figure.
            measured.notes.append(f"{type(error).__name__}: {error}")
        finally:
            client.close()


def await_idle(server: Server) -> None:
    """Wait until a server that is asked nothing does nothing, so that no work of before is measured.

    Raises TimeoutError. A server that cannot be watched is taken to be idle.
    """
    end = time.monotonic() + _IDLE_AFTER_SECONDS_MAX
    while time.monotonic() < end:
        use = Use(server)
        time.sleep(_IDLE_SECONDS)
        used, _ = use.since()
        if used is None or used < _IDLE_CORES * _IDLE_SECONDS:
            return
    raise TimeoutError(f"the server is still busy after {_IDLE_AFTER_SECONDS_MAX:.0f} s")


def _restarted(session: Session, label: str, bench: Bench) -> Bench:
    server = session.restart(label)
    await_idle(server)
    return session.bench("growth", {"stator": server}, bench.data)


def _small(session: Session) -> Bench:
    server = session.serve(_STATOR, frozenset({ROWS_TABLE}), label=SMALL)
    return session.bench("growth", {"stator": server})


def _large(session: Session, measured: Measured) -> Bench:
    """The large table, filled if it is not there. Raises CannotStart where the disk is too small for it."""
    partitions = session.plan.large_partitions
    needed = partitions * ROWS_PER_PARTITION * _BYTES_PER_ROW
    free = shutil.disk_usage(session.directory).free
    if not session.running(LARGE) and free < needed:
        raise CannotStart(f"{needed / 1e9:.0f} GB of disk are needed, {free / 1e9:.0f} GB are free")
    data = DataSet(session.seed, session.plan.items, partitions)
    started = time.monotonic()
    filled = session.running(LARGE)
    server = session.serve(_STATOR, frozenset({ROWS_TABLE}), label=LARGE, data=data)
    if not filled:
        seconds = time.monotonic() - started
        rows = partitions * ROWS_PER_PARTITION
        measured.notes.append(
            f"{rows:,} rows were written in {seconds:.0f} s ({rows / seconds:,.0f} a second)."
        )
    return session.bench("growth", {"stator": server}, data)


def _named(run: Run, name: str) -> Run:
    """The run, under the name of its server: both are of one peer."""
    return msgspec.structs.replace(run, peer=name)
