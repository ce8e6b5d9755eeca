"""The peers: a row each. A row says how the peer is installed and started, and what it can be asked.

Node's packages are installed into the harness's cache directory at first use, at the version named here.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import stator
from benchmarks.peers.process import CannotStart, Server, free_port, start

ROOT: Final = Path(__file__).parents[2]
REFERENCE: Final = "dynalite"
"""The peer that others are compared with."""

_DYNALITE: Final = "4.0.0"


@dataclass(frozen=True, slots=True)
class Site:
    """Where a peer runs: its port, its data directory, and the cache of installed programs."""

    port: int
    data: Path
    cache: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """A peer.

    `operations` are those that it can be asked (None: all), `connections` the numbers at which it is measured
    (None: all). One without a database is not seeded. `keeps` tells whether a restart finds the data again.
    One that has no command is running already, at `url`.
    """

    name: str
    title: str
    command: Callable[[Site], list[str]] | None = None
    url: str = ""
    version: str = ""
    install: Callable[[Path], None] | None = None
    operations: frozenset[str] | None = None
    connections: frozenset[int] | None = None
    has_database: bool = True
    keeps: bool = False


def _stator(site: Site) -> list[str]:
    return [
        str(Path(sys.executable).with_name("stator")),
        "serve",
        f"--port={site.port}",
        f"--data={site.data}",
    ]


def _stator_memory(site: Site) -> list[str]:
    return [*_stator(site)[:-1], "--memory"]


def _bare(module: str) -> Callable[[Site], list[str]]:
    return lambda site: [sys.executable, "-m", f"benchmarks.bare.{module}", str(site.port)]


def _package_directory(cache: Path, package: str, version: str) -> Path:
    return cache / f"{package}-{version}"


def _install_dynalite(cache: Path) -> None:
    directory = _package_directory(cache, "dynalite", _DYNALITE)
    if (directory / "node_modules/dynalite/package.json").exists():
        return
    directory.mkdir(parents=True, exist_ok=True)
    command = ["npm", "install", "--no-audit", "--no-fund", "--prefix", str(directory)]
    try:
        subprocess.run([*command, f"dynalite@{_DYNALITE}"], check=True, capture_output=True, cwd=directory)
    except (OSError, subprocess.CalledProcessError) as error:
        raise CannotStart(f"dynalite {_DYNALITE} cannot be installed by npm: {error}") from None


def _dynalite(site: Site) -> list[str]:
    program = _package_directory(site.cache, "dynalite", _DYNALITE) / "node_modules/dynalite/cli.js"
    delays = [f"--{change}TableMs=0" for change in ("create", "update", "delete")]
    return ["node", str(program), "--host=127.0.0.1", f"--port={site.port}", *delays]


_GET_ITEM_ONLY: Final = frozenset({"GetItem"})
# Transactions and streams are not among them.
_OF_DYNALITE: Final = frozenset(
    {"GetItem", "PutItem", "UpdateItem", "Query", "BatchGetItem", "BatchWriteItem", "Scan"}
)

PEERS: Final = {
    peer.name: peer
    for peer in (
        Peer(
            name="stator",
            title="Stator, every write on disk",
            command=_stator,
            version=stator.__version__,
            keeps=True,
        ),
        Peer(
            name="stator-memory",
            title="Stator, in memory",
            command=_stator_memory,
            version=stator.__version__,
            connections=frozenset({16}),
        ),
        Peer(
            name="dynalite",
            title="dynalite, in memory",
            command=_dynalite,
            version=_DYNALITE,
            install=_install_dynalite,
            operations=_OF_DYNALITE,
        ),
        Peer(
            name="bare-stack",
            title="Stator's HTTP stack, no database",
            command=_bare("stack"),
            version=stator.__version__,
            operations=_GET_ITEM_ONLY,
            has_database=False,
        ),
        Peer(
            name="bare-protocol",
            title="uvloop and httptools, no database",
            command=_bare("protocol"),
            operations=_GET_ITEM_ONLY,
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
    if peer.install is not None:
        peer.install(cache)
    site = Site(free_port(), directory / "data", cache)
    return start(peer.command(site), site.port, directory / "log", ROOT)


def cache_directory() -> Path:
    """Where installed peers are kept between invocations, and data during one."""
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "stator-bench"
