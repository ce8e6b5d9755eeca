"""The peers: a row each. A row says how the peer is installed and started, and what it can be asked."""

import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache as cached
from pathlib import Path
from typing import Final

from tools import compiled

import stator
from benchmarks.peers.process import CannotStart, Server, free_port, start
from benchmarks.peers.programs import Package

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = "dynalite"
"""The peer that others are compared with."""

DYNALITE: Final = Package("npm", "dynalite", "4.0.0")
MINISTACK: Final = Package("pip", "ministack", "1.5.33")
MOTO: Final = Package("pip", "moto", "5.2.5", "[server]")


@dataclass(frozen=True, slots=True)
class Site:
    """Where a peer runs: its port, its data directory, and the cache of installed programs."""

    port: int
    data: Path
    cache: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer.

    `cannot` are workloads that it does not have. One without a database is not seeded. `keeps` tells whether
    a restart finds the data again. One that has no command is running already, at `url`.
    """

    name: str
    title: str
    command: Callable[[Site], list[str]] | None = None
    environment: Callable[[Site], Mapping[str, str]] = lambda site: {}
    url: str = ""
    version: str = ""
    package: Package | None = None
    cannot: frozenset[str] = frozenset()
    has_database: bool = True
    keeps: bool = False
    only: frozenset[str] | None = field(default=None)

    def can(self, workload: str) -> bool:
        """Whether it can be asked a workload."""
        return workload not in self.cannot and (self.only is None or workload in self.only)


@cached
def stator_has_workers() -> bool:
    """Whether `stator serve` knows how many worker processes to run."""
    done = subprocess.run(
        [*_stator_program(), "serve", "--help"], capture_output=True, text=True, check=False
    )
    return "--workers" in done.stdout


@cached
def python() -> str:
    """The interpreter that Stator is measured in: what BENCH_PYTHON says, or build/run's, or this one.

    That of build/run has the hot modules compiled; it is only taken if it is of these sources.
    """
    return os.environ.get("BENCH_PYTHON") or (str(compiled.PYTHON) if compiled.made() else sys.executable)


def measure_pure() -> None:
    """Measure the sources as they are, although build/run may be there. To be called before anything runs."""
    os.environ["BENCH_PYTHON"] = sys.executable


def _stator_program() -> tuple[str, ...]:
    return (str(Path(python()).with_name("stator")),)


def _stator(workers: int) -> Callable[[Site], list[str]]:
    def command(site: Site) -> list[str]:
        if workers != 1 and not stator_has_workers():
            raise CannotStart("stator serve has no --workers yet")
        count = [f"--workers={workers}"] if stator_has_workers() else []
        return [*_stator_program(), "serve", f"--port={site.port}", f"--data={site.data}", *count]

    return command


def _stator_unmeasured(site: Site) -> list[str]:
    return [*_stator(1)(site), "--metrics=off"]


def _stator_memory(site: Site) -> list[str]:
    return [*_stator_program(), "serve", f"--port={site.port}", "--memory"]


def _bare(module: str) -> Callable[[Site], list[str]]:
    return lambda site: [python(), "-m", f"benchmarks.bare.{module}", str(site.port)]


def _dynalite(site: Site) -> list[str]:
    program = DYNALITE.script(site.cache, "dynalite/cli.js")
    delays = [f"--{change}TableMs=0" for change in ("create", "update", "delete")]
    return ["node", str(program), "--host=127.0.0.1", f"--port={site.port}", *delays]


def _ministack(site: Site) -> Mapping[str, str]:
    return {
        "GATEWAY_PORT": str(site.port),
        "BIND_HOST": "127.0.0.1",
        "SERVICES": "dynamodb",
        "LOG_LEVEL": "ERROR",
    }


def _moto(site: Site) -> list[str]:
    return [str(MOTO.script(site.cache, "moto_server")), "-H", "127.0.0.1", "-p", str(site.port)]


_DURABLE: Final = "Stator, every write on disk"
_GET_ITEM_ONLY: Final = frozenset({"GetItem"})

PEERS: Final = {
    peer.name: peer
    for peer in (
        Peer(name="stator", title=_DURABLE, command=_stator(1), version=stator.__version__, keeps=True),
        Peer(
            name="stator-2",
            title=f"{_DURABLE}, two workers",
            command=_stator(2),
            version=stator.__version__,
            keeps=True,
        ),
        Peer(
            name="stator-unmeasured",
            title=f"{_DURABLE}, without metrics",
            command=_stator_unmeasured,
            version=stator.__version__,
            keeps=True,
        ),
        Peer(
            name="stator-memory",
            title="Stator, in memory",
            command=_stator_memory,
            version=stator.__version__,
        ),
        Peer(
            name="dynalite",
            title="dynalite, in memory",
            command=_dynalite,
            version=DYNALITE.version,
            package=DYNALITE,
            cannot=frozenset({"TransactWriteItems", "PutIndexedItem"}),  # nor has it streams
        ),
        Peer(
            name="ministack",
            title="MiniStack, in memory",
            command=lambda site: [str(MINISTACK.script(site.cache, "ministack"))],
            environment=_ministack,
            version=MINISTACK.version,
            package=MINISTACK,
        ),
        Peer(name="moto", title="moto, in memory", command=_moto, version=MOTO.version, package=MOTO),
        Peer(
            name="bare-stack",
            title="Stator's HTTP stack, no database",
            command=_bare("stack"),
            version=stator.__version__,
            only=_GET_ITEM_ONLY,
            has_database=False,
        ),
        Peer(
            name="bare-protocol",
            title="uvloop and httptools, no database",
            command=_bare("protocol"),
            only=_GET_ITEM_ONLY,
            has_database=False,
        ),
    )
}


def endpoint(url: str) -> Peer:
    """Anything else that is running and speaks DynamoDB's protocol."""
    return Peer(name="endpoint", title=url, url=url)


def launch(peer: Peer, cache: Path, directory: Path) -> Server:
    """Start a peer with its log, and its data if it keeps any, in `directory`. Raises CannotStart."""
    if peer.command is None:
        return Server(peer.url)
    directory.mkdir(parents=True, exist_ok=True)
    if peer.package is not None:
        peer.package.install(cache)
    site = Site(free_port(), directory / "data", cache)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("STATOR_")}
    environment |= peer.environment(site)
    return start(peer.command(site), site.port, directory / "log", ROOT, environment)


def cache_directory() -> Path:
    """Where installed peers are kept between invocations, and data during one."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stator-bench"
