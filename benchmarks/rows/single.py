"""One connection: how much a durable write takes above what the disk takes by itself, in the same run."""

from benchmarks.bench import Cell
from benchmarks.machine import disk_sync_seconds
from benchmarks.peers.registry import PEERS
from benchmarks.rows.row import Measured
from benchmarks.session import Session
from benchmarks.workloads import WORKLOADS


def above_the_disk(session: Session, row: str) -> Measured:
    """PutItem's median latency, less the median of the disk's syncs just before and after the run."""
    measured = Measured()
    cell = Cell(PEERS["stator"], WORKLOADS["PutItem"], 1)
    bench = session.bench_of(row, [cell])
    plan = session.plan
    if plan.warm_up:
        bench.run(cell, 0, 0, plan.warm_up)
    for number in range(1, plan.rounds + 1):
        before = disk_sync_seconds(session.directory)
        run = bench.run(cell, number, 0, plan.seconds)
        disk = (before + disk_sync_seconds(session.directory)) / 2
        measured.runs.append(run)
        measured.add("disk ms", disk * 1e3)
        measured.add("ms above the disk", run.outcome.latency.p50 / 1e3 - disk * 1e3)
    return measured
