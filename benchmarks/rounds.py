"""The measurement: every peer gives every workload its turn, round after round.

Peers alternate within a workload, so the two runs of a ratio are seconds apart and a neighbour's noise meets
both; the rounds of one workload are minutes apart, so it does not meet all of them.
"""

import random
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.peers.process import Server
from benchmarks.peers.registry import Peer
from benchmarks.processors import Use
from benchmarks.results import Run
from benchmarks.verification import Constant
from benchmarks.workloads import Verifier, Workload
from benchmarks.wrk.run import run

OTHERS_MAX: Final = 0.2  # cores; a run that others disturb less counts as undisturbed


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the result: a peer under a workload at so many connections."""

    peer: Peer
    workload: Workload
    connections: int


def cells(peers: list[Peer], workloads: list[Workload], connections: frozenset[int] | None) -> list[Cell]:
    """All cells that make sense, those that are compared next to each other."""
    return [
        Cell(peer, workload, count)
        for workload in workloads
        for count in workload.connections
        for peer in peers
        if (connections is None or count in connections)
        and (peer.connections is None or count in peer.connections)
        and (peer.operations is None or workload.name in peer.operations)
    ]


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run needs: the servers by the names of their peers, the data set, its pool, and a seed.

    `patience` is how many more times runs that are compared are made when others disturb them.
    """

    servers: Mapping[str, Server]
    data: DataSet
    pool: Path
    seed: int
    patience: int = 0

    def round(self, among: list[Cell], number: int, seconds: int) -> Iterator[Run]:
        """Run all cells once, one after the other. Raises LoadFailed, WrongData, Refused."""
        for _, compared in groupby(among, key=lambda cell: (cell.workload.name, cell.connections)):
            yield from self._quietest(list(compared), number, seconds)

    def _quietest(self, compared: list[Cell], number: int, seconds: int) -> list[Run]:
        """Run cells that are compared, again if others disturb and patience lasts; the quietest attempt."""
        attempts: list[list[Run]] = []
        while len(attempts) <= self.patience and (not attempts or _disturbance(attempts[-1]) > OTHERS_MAX):
            attempts.append([self.run(cell, number, len(attempts), seconds) for cell in compared])
        return min(attempts, key=_disturbance)

    def run(self, cell: Cell, number: int, attempt: int, seconds: int) -> Run:
        """Run a cell once, verified before and after."""
        server = self.servers[cell.peer.name]
        workload = cell.workload
        seed = self._seed(cell, number, attempt)
        verify: Verifier = workload.verification if cell.peer.has_database else Constant
        client = Client(server.url)
        verification = verify(client, self.data, random.Random(seed))
        verification.before()
        use = Use(server)
        outcome = run(
            workload.script,
            server.url,
            connections=cell.connections,
            seconds=seconds,
            pool=self.pool,
            seed=seed,
            keys=self.data.items if workload.keys == "items" else self.data.partitions,
        )
        server_cpu, others = use.since()
        verification.after(outcome)
        client.close()
        return Run(
            round=number,
            peer=cell.peer.name,
            workload=workload.name,
            connections=cell.connections,
            outcome=outcome,
            server_cpu=server_cpu,
            others=others,
        )

    def _seed(self, cell: Cell, number: int, attempt: int) -> int:
        """Peers draw the same keys and texts; no two other runs do, or a second one would change nothing."""
        return zlib.crc32(f"{self.seed} {number} {attempt} {cell.workload.name} {cell.connections}".encode())


def _disturbance(runs: list[Run]) -> float:
    return max(run.others or 0.0 for run in runs)
