"""Everything that one invocation measured, as it is kept in results.json. What is derived is not kept."""

from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.machine import Machine
from benchmarks.plan import Plan
from benchmarks.startup import Starts
from benchmarks.wrk.run import Outcome

FILE_NAME: Final = "results.json"


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One run of one workload on one peer.

    `server_cpu` is the peer's processor time, in seconds. `others` is how many cores were used by anybody but
    the peer and the harness; what the kernel does for the peer in its own name, it counts too.
    """

    round: int
    peer: str
    workload: str
    connections: int
    outcome: Outcome
    server_cpu: float | None
    others: float | None


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """The results. `loads` are load averages: before the first round, and after each.

    `resident` is each peer's resident memory in bytes after the last round.
    """

    created: str
    commit: str
    plan: Plan
    seed: int
    machine: Machine
    versions: dict[str, str]
    peers: dict[str, str]
    loads: list[float]
    runs: list[Run]
    starts: list[Starts]
    resident: dict[str, int]


def save(results: Results, directory: Path) -> None:
    """Write results.json."""
    (directory / FILE_NAME).write_bytes(_text(results))


def read(path: Path) -> Results:
    """Read a results.json. Raises msgspec.ValidationError if it is none."""
    return msgspec.json.decode(path.read_bytes(), type=Results)


def _text(results: Results) -> bytes:
    """JSON with a line per run, so that it can be read and compared."""
    members: dict[str, Any] = msgspec.to_builtins(results)
    lines = []
    for name, value in members.items():
        text = msgspec.json.encode(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            text = b"[\n  " + b",\n  ".join(map(msgspec.json.encode, value)) + b"\n]"
        lines.append(b'"%b": %b' % (name.encode(), text))
    return b"{\n" + b",\n".join(lines) + b"\n}\n"
