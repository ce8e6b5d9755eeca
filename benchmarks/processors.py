"""Who uses the processors during a run: the peer under load, the harness, or anybody else on the machine."""

import os
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from typing import NamedTuple

from benchmarks.peers.process import Server


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


def _difference(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before


def _busy_seconds() -> float | None:
    """Processor time that everything on this machine has used so far; None where the system does not tell."""
    facts = Path("/proc/stat")
    if not facts.exists():
        return None
    user, nice, system, _idle, _waiting, *interrupts = map(int, facts.read_text().split()[1:9])
    return (user + nice + system + sum(interrupts)) / os.sysconf("SC_CLK_TCK")
