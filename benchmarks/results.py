"""Everything that was measured, row by row, as it is kept in results.json. What is derived is not kept.

A row carries where, when and of which commit it was measured, since rows are measured at different times.
"""

from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from benchmarks.machine import Machine
from benchmarks.plan import Plan
from benchmarks.startup import Starts
from benchmarks.wrk.run import Outcome

FILE_NAME: Final = "results.json"

Status = Literal["measured", "failed", "not supported"]


class Run(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One run of one workload on one peer.

    `rate` is that of an open loop; without it the loop was closed. `server_cpu` is the peer's processor time,
    in seconds. `others` is how many cores were used by anybody but the peer and the harness; what the kernel
    does for the peer in its own name, it counts too. `load` is the load average after the run.
    """

    round: int
    peer: str
    workload: str
    connections: int
    rate: float | None = None
    outcome: Outcome
    server_cpu: float | None
    others: float | None
    load: float


class RowResult(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A row of the plan. `figures` are what targets judge: a value per round (or start), by name.

    `reason` says why it was not measured. `load` and `load_after` are load averages, `placement` tells who
    shared which cores.
    """

    row: str
    status: Status
    reason: str = ""
    created: str
    took: float
    commit: str
    plan: Plan
    seed: int
    machine: Machine
    versions: dict[str, str]
    placement: str
    load: float
    load_after: float
    peers: dict[str, str] = {}
    figures: dict[str, list[float]] = {}
    notes: list[str] = []
    runs: list[Run] = []
    starts: list[Starts] = []


class Results(msgspec.Struct, frozen=True, kw_only=True):
    """The rows, by name."""

    rows: dict[str, RowResult]

    def with_row(self, result: RowResult) -> "Results":
        """These results with a row measured anew, even if it failed."""
        return Results(rows=self.rows | {result.row: result})


def save(results: Results, directory: Path) -> None:
    """Write results.json, whole or not at all."""
    new = directory / (FILE_NAME + ".new")
    new.write_bytes(_text(results))
    new.replace(directory / FILE_NAME)


def read(path: Path) -> Results:
    """Read a results.json; none yet has no rows. Raises msgspec.ValidationError if it is something else."""
    return msgspec.json.decode(path.read_bytes(), type=Results) if path.exists() else Results(rows={})


def _text(results: Results) -> bytes:
    """JSON with a line per run, so that it can be read and compared."""
    rows = [b'"%b": %b' % (name.encode(), _row(row)) for name, row in sorted(results.rows.items())]
    return b'{"rows": {\n' + b",\n".join(rows) + b"\n}}\n"


def _row(row: RowResult) -> bytes:
    members: dict[str, Any] = msgspec.to_builtins(row)
    lines = []
    for name, value in members.items():
        text = msgspec.json.encode(value)
        if name in ("runs", "starts"):
            text = b"[\n    " + b",\n    ".join(map(msgspec.json.encode, value)) + b"\n  ]"
        lines.append(b'  "%b": %b' % (name.encode(), text))
    return b"{\n" + b",\n".join(lines) + b"\n}"
