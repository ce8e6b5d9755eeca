"""Who uses the processors during a run, and who may: the peer under load, the harness, or anybody else."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import Final, NamedTuple

from benchmarks.peers.process import Server

CORES_TO_PIN_MIN: Final = 4


@dataclass(frozen=True, slots=True)
class Placement:
    """Which processors the server and the load generator may use; None: any, as the system likes."""

    server: frozenset[int] | None = None
    load: frozenset[int] | None = None

    def __str__(self) -> str:
        if self.server is None or self.load is None:
            return f"server and load generator share {os.cpu_count()} cores, not pinned"
        return f"the server on cores {_listed(self.server)}, the load generator on {_listed(self.load)}"


ANYWHERE: Final = Placement()


def halves() -> Placement:
    """Half of the processors for the server and half for the load, if there are enough of them."""
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < CORES_TO_PIN_MIN:
        return ANYWHERE
    cores = sorted(os.sched_getaffinity(0))
    middle = len(cores) // 2
    return Placement(frozenset(cores[:middle]), frozenset(cores[middle:]))


@contextmanager
def on_cores(cores: frozenset[int] | None) -> Iterator[None]:
    """What is started meanwhile runs on these processors only (Linux)."""
    if cores is None or sys.platform != "linux":
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Use:
    """Who uses the processors, from when it is made."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = self._now()

    def since(self) -> tuple[float | None, float | None]:
        """Seconds that the server used, and cores that were used by neither it nor the harness."""
        before, after = self._began, self._now()
        server = _difference(before.server, after.server)
        busy = _difference(before.busy, after.busy)
        if server is None or busy is None:
            return server, None
        others = busy - server - (after.own - before.own)
        return round(server, 3), round(max(others / (after.clock - before.clock), 0.0), 2)

    def _now(self) -> "_Times":
        own = time.process_time() + sum(getrusage(RUSAGE_CHILDREN)[:2])
        return _Times(time.monotonic(), own, self._server.cpu_seconds(), _busy_seconds())


class _Times(NamedTuple):
    """Seconds: of the clock, of the harness with its children that ended, of the server, of the machine."""

    clock: float
    own: float
    server: float | None
    busy: float | None


def _listed(cores: frozenset[int]) -> str:
    return ", ".join(map(str, sorted(cores)))


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _busy_seconds() -> float | None:
    """Processor time that everything on this machine has used so far; None where the system does not tell."""
    facts = Path("/proc/stat")
    if not facts.exists():
        return None
    user, nice, system, _idle, _waiting, *interrupts = map(int, facts.read_text().split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
