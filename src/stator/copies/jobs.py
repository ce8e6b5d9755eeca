"""The long jobs: copies of tables under way, as durable rows, and what runs each kind.

A job is one row among the jobs, made in the transaction of the request that asks for it and gone with its
end. So it survives a restart, and there is nothing to a job but its row. `stator.server.jobs.copies` runs
every row in the one process that writes, from its beginning whenever the server starts. A kind is written for
that: it throws half of its work away first (`stator.copies.filling.restart`, a temporary file), and its last
step and the end of its row are one transaction.

    @job("backup")
    async def run(database: Database, row: JobRow) -> None: ...

A job that fails for good records its failure where Describe* shows it, ends its row and returns. One that
raises StorageError is run again; any other exception is a bug: it is logged, and the job waits for the next
start of the server. Who begins a job sets `database.copies` once that is durable.
"""

from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any, Final, NamedTuple

import msgspec

from stator.storage.engine import Reader, Transaction
from stator.tables import slices
from stator.tables.database import Database
from stator.tables.keyspace import COPY_JOBS_END, COPY_JOBS_START, JOBS, copy_id, copy_key


class JobRow(NamedTuple):
    """A job: its id (unique; an ARN, or a table's id), its kind, and what the kind keeps (JSON)."""

    id: str
    kind: str
    payload: dict[str, Any]


Run = Callable[[Database, JobRow], Awaitable[None]]

KINDS: Final[dict[str, Run]] = {}
"""What runs each kind of job, as far as it has been imported."""

_MODULES: Final = ("restore", "backups", "exports", "imports", "bulk")

_decode = msgspec.json.Decoder(tuple[str, dict[str, Any]]).decode
_encode = msgspec.json.Encoder().encode


def job(kind: str) -> Callable[[Run], Run]:
    """Register what runs a kind of job."""

    def register(run: Run) -> Run:
        assert kind not in KINDS, f"{kind} is registered twice"
        KINDS[kind] = run
        return run

    return register


def run_of(kind: str) -> Run:
    """What runs a kind of job."""
    if kind not in KINDS:
        # Most servers never have a job, and start the sooner without what runs it.
        for module in _MODULES:
            import_module(f"stator.copies.{module}")
    return KINDS[kind]


def begin(transaction: Transaction, job_id: str, kind: str, payload: dict[str, Any]) -> None:
    """Ask for a job."""
    transaction.put(JOBS, copy_key(job_id), _encode((kind, payload)))


def load(reader: Reader, job_id: str) -> JobRow | None:
    """A job that has not ended; None if there is none."""
    row = reader.get(JOBS, copy_key(job_id))
    return None if row is None else JobRow(job_id, *_decode(row))


def update(transaction: Transaction, job_id: str, payload: dict[str, Any]) -> None:
    """Change what a job keeps; nothing if it has ended."""
    row = load(transaction, job_id)
    if row is not None:
        begin(transaction, job_id, row.kind, payload)


def end(transaction: Transaction, job_id: str) -> None:
    """End a job."""
    transaction.delete(JOBS, copy_key(job_id))


def unfinished(reader: Reader) -> list[JobRow]:
    """All jobs that have not ended."""
    return [
        JobRow(copy_id(key), *_decode(row))
        for key, row in slices.rows(reader, JOBS, COPY_JOBS_START, COPY_JOBS_END)
    ]
