"""`python -m benchmarks.cpu`: the processor time that a request costs the server, on a server of its own.

Where others use the machine, rates say little; processor time per request still says something. It is read
from /proc (Linux only), in ticks of 10 ms: of a few thousand requests it is right to some microseconds. The
main thread runs the event loop; the other threads commit and checkpoint.
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.bench import Bench, Cell
from benchmarks.dataset import DataSet
from benchmarks.machine import versions
from benchmarks.peers.process import Server
from benchmarks.peers.registry import PEERS, cache_directory, launch, measure_pure, python
from benchmarks.seeding import seed
from benchmarks.workloads import WORKLOADS

CASES: Final = {
    "getitem": ("GetItem", 16),
    "putitem-16": ("PutItem", 16),
    "putitem-64": ("PutItem", 64),
    "updateitem-16": ("UpdateItem", 16),
    "query50": ("Query", 16),
    "batchget": ("BatchGetItem", 16),
    "batchwrite": ("BatchWriteItem", 16),
    "transact": ("TransactWriteItems", 16),
    "scan": ("Scan", 16),
    "indexed": ("PutIndexedItem", 16),
}
_DEFAULT: Final = tuple(name for name in CASES if name not in ("putitem-64", "indexed"))
_HEAD: Final = ("case", "round", "requests", "us/request", "main user", "main system", "others", "rate/s")


class Ticks(NamedTuple):
    """Ticks of processor time: the main thread's in user and in system mode, and all other threads'."""

    user: int
    system: int
    others: int


def ticks(pid: int) -> Ticks:
    """What a process used so far. Threads that ended are among the others."""
    user, system = _times(Path(f"/proc/{pid}/task/{pid}/stat"))
    return Ticks(user, system, max(sum(_times(Path(f"/proc/{pid}/stat"))) - user - system, 0))


def _times(path: Path) -> tuple[int, int]:
    fields = path.read_text().rpartition(") ")[2].split()
    return int(fields[11]), int(fields[12])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.cpu", description=__doc__)
    parser.add_argument("cases", nargs="*", default=_DEFAULT, help=f"of {', '.join(CASES)}")
    parser.add_argument(
        "--peer", choices=[name for name, peer in PEERS.items() if peer.command], default="stator"
    )
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--seconds", type=int, default=3, help="of one run; default: 3")
    parser.add_argument("--rounds", type=int, default=3, help="default: 3")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--pure", action="store_true", help="Stator's sources as they are, nothing compiled")
    options = parser.parse_args(arguments)
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"{', '.join(sorted(unknown))}: not among {', '.join(CASES)}")
    return options


def _measure(options: argparse.Namespace, server: Server, bench: Bench) -> None:
    microseconds = 1e6 / os.sysconf("SC_CLK_TCK")
    for number in range(options.rounds + 1):  # Round 0 warms up.
        for name in options.cases:
            workload, connections = CASES[name]
            cell = Cell(PEERS[options.peer], WORKLOADS[workload], connections)
            before = ticks(server.pid)
            outcome = bench.run(cell, number, 0, options.seconds if number else 1).outcome
            used = [
                (new - old) * microseconds / outcome.requests
                for old, new in zip(before, ticks(server.pid), strict=True)
            ]
            figures = (sum(used), *used)
            if number:
                print(
                    f"{name:14}{number:6}{outcome.requests:10}",
                    *(f"{figure:11.1f}" for figure in figures),
                    f"{outcome.rate:11,.0f}",
                    flush=True,
                )


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, and print a line per run; the exit status."""
    options = _options(arguments)
    if options.pure:
        measure_pure()
    print(", ".join(f"{name} {version}" for name, version in versions(python()).items() if version))
    cache = cache_directory()
    cache.mkdir(parents=True, exist_ok=True)
    peer = PEERS[options.peer]
    workloads = [WORKLOADS[CASES[name][0]] for name in options.cases]
    with tempfile.TemporaryDirectory(prefix="cpu-", dir=cache) as name:
        directory = Path(name)
        server = launch(peer, cache, directory / "peer")
        try:
            data = DataSet(options.seed, options.items, max(options.items // 100, 1))
            data.write_pool(directory / "pool")
            if peer.has_database:
                seed(server.url, data, frozenset(workload.table for workload in workloads), options.seed)
            print("{:14}{:>6}{:>10} {:>11} {:>11} {:>11} {:>11} {:>11}".format(*_HEAD), flush=True)
            _measure(options, server, Bench({peer.name: server}, data, directory / "pool", options.seed))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
