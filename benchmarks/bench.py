"""Runs: one workload on one peer, verified before, meanwhile and after; and rounds of runs side by side.

The two runs of a ratio are seconds apart, so a neighbour's noise meets both; rounds follow one another.
"""

import random
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Final

from benchmarks.client import Client
from benchmarks.dataset import DataSet
from benchmarks.load.job import Job
from benchmarks.load.run import generate
from benchmarks.machine import load
from benchmarks.peers.process import Server
from benchmarks.peers.registry import Peer
from benchmarks.processors import ANYWHERE, Placement, Use, on_cores
from benchmarks.results import Run
from benchmarks.sampler import sampled
from benchmarks.verification import Constant
from benchmarks.workloads import Verifier, Workload
from benchmarks.wrk.run import Outcome, run

OTHERS_MAX: Final = 0.2  # cores; a run that others disturb less counts as undisturbed
_OPEN_CONNECTIONS: Final = 64


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the result: a peer under a workload at so many connections."""

    peer: Peer
    workload: Workload
    connections: int


@dataclass(frozen=True, slots=True)
class Bench:
    """What a run needs: the servers by the names of their peers, the data set, its pool, and a seed.

    `patience` is how many more times runs that are compared are made when others disturb them; `threads` are
    wrk's. `salt` keeps apart what is drawn for different rows. `tell` is given each run as it is made.
    """

    servers: Mapping[str, Server]
    data: DataSet
    pool: Path
    seed: int
    salt: str = ""
    patience: int = 0
    threads: int = 1
    placement: Placement = ANYWHERE
    tell: Callable[[Run], None] = lambda run: None

    def rounds(self, among: list[Cell], *, rounds: int, seconds: int, warm_up: int) -> Iterator[Run]:
        """Run all cells in each round. Raises LoadFailed, WrongData, Refused."""
        if warm_up:
            for cell in among:
                self.run(cell, 0, 0, warm_up)
        for number in range(1, rounds + 1):
            yield from self.round(among, number, seconds)

    def round(self, among: list[Cell], number: int, seconds: int) -> Iterator[Run]:
        """Run all cells once, one after the other. Raises LoadFailed, WrongData, Refused."""
        for _, compared in groupby(among, key=lambda cell: cell.connections):
            yield from self._quietest(list(compared), number, seconds)

    def _quietest(self, compared: list[Cell], number: int, seconds: int) -> list[Run]:
        """Run cells that are compared, again if others disturb and patience lasts; the quietest attempt."""
        attempts: list[list[Run]] = []
        while len(attempts) <= self.patience and (not attempts or _disturbance(attempts[-1]) > OTHERS_MAX):
            attempts.append([self.run(cell, number, len(attempts), seconds) for cell in compared])
        return min(attempts, key=_disturbance)

    def run(self, cell: Cell, number: int, attempt: int, seconds: int) -> Run:
        """Run a cell once in a closed loop of wrk, verified before, meanwhile and after."""
        workload = cell.workload
        url = self.servers[cell.peer.name].url
        seed = self._seed(workload.name, cell.connections, number, attempt)

        def put_load() -> Outcome:
            return run(
                workload.script,
                url,
                connections=cell.connections,
                seconds=seconds,
                pool=self.pool,
                seed=seed,
                keys=self.data.items if workload.keys == "items" else self.data.partitions,
                table=workload.table,
                threads=self.threads,
            )

        verifier = workload.verification if cell.peer.has_database else Constant
        outcome, cpu, others = self._verified(cell.peer, verifier, seed, put_load)
        made = Run(
            round=number,
            peer=cell.peer.name,
            workload=workload.name,
            connections=cell.connections,
            outcome=outcome,
            server_cpu=cpu,
            others=others,
            load=load(),
        )
        self.tell(made)
        return made

    def open_run(self, cell: Cell, number: int, rate: float, seconds: int) -> Run:
        """GetItem or PutItem at a fixed rate (requests a second) in an open loop, verified as any run."""
        seed = self._seed(cell.workload.name, _OPEN_CONNECTIONS, number, 1_000)
        job = Job(
            url=self.servers[cell.peer.name].url,
            asks=cell.workload.name,
            seed=self.seed,
            draw=seed,
            items=self.data.items,
            partitions=self.data.partitions,
            connections=_OPEN_CONNECTIONS,
            seconds=seconds,
            rate=rate,
        )
        verifier = cell.workload.verification
        outcome, cpu, others = self._verified(cell.peer, verifier, seed, lambda: generate(job))
        made = Run(
            round=number,
            peer=cell.peer.name,
            workload=cell.workload.name,
            connections=_OPEN_CONNECTIONS,
            rate=round(rate, 1),
            outcome=outcome,
            server_cpu=cpu,
            others=others,
            load=load(),
        )
        self.tell(made)
        return made

    def _verified(
        self, peer: Peer, verifier: Verifier, seed: int, put_load: Callable[[], Outcome]
    ) -> tuple[Outcome, float | None, float | None]:
        """Put load on a peer: what came of it, the server's processor time, the cores that others used."""
        server = self.servers[peer.name]
        client, second = Client(server.url), Client(server.url)
        try:
            verification = verifier(client, self.data, random.Random(seed))
            verification.before()
            with (
                on_cores(self.placement.load),
                sampled(verifier(second, self.data, random.Random(seed + 1))),
            ):
                use = Use(server)
                outcome = put_load()
                cpu, others = use.since()
            verification.after(outcome)
        finally:
            client.close()
            second.close()
        return outcome, cpu, others

    def _seed(self, workload: str, connections: int, number: int, attempt: int) -> int:
        """Peers draw the same keys and texts; no two other runs do, or a second one would change nothing."""
        return zlib.crc32(f"{self.seed} {self.salt} {number} {attempt} {workload} {connections}".encode())


def _disturbance(runs: list[Run]) -> float:
    return max(run.others or 0.0 for run in runs)
