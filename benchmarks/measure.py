"""Measuring rows one after the other. One that fails is kept as failed, and the next one has its turn."""

import datetime
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Final

from benchmarks.machine import Machine, commit, load, machine, versions
from benchmarks.peers.registry import PEERS, ROOT, python
from benchmarks.results import RowResult, Status
from benchmarks.rows.row import Measured, NotSupported, Row
from benchmarks.session import Session

_REASON_LENGTH: Final = 600


def measure_rows(session: Session, rows: Iterable[Row], keep: Callable[[RowResult], None]) -> int:
    """Measure rows, and give each to `keep` at once. How many failed."""
    place, libraries = machine(session.directory), versions(python())
    failed = 0
    for row in rows:
        session.tell(f"-- {row.name}: {row.title}")
        result = _measure(session, row, place, libraries)
        failed += result.status == "failed"
        if result.reason:
            session.tell(f"   {result.status}: {result.reason}")
        keep(result)
    return failed


def _measure(session: Session, row: Row, place: Machine, libraries: dict[str, str]) -> RowResult:
    before, started = load(), time.monotonic()
    measured, reason = Measured(), ""
    status: Status = "measured"
    try:
        measured = row.measure(session, row.name)
    except NotSupported as error:
        status, reason = "not supported", str(error)
    except Exception as error:  # Whatever it is, the other rows are measured.
        session.tell(traceback.format_exc())
        status, reason = "failed", f"{type(error).__name__}: {error}"[:_REASON_LENGTH]
    known = {peer.name: peer for peer in [*PEERS.values(), *session.extra]}
    names = dict.fromkeys([run.peer for run in measured.runs] + [made.peer for made in measured.starts])
    return RowResult(
        row=row.name,
        status=status,
        reason=reason,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        took=round(time.monotonic() - started, 1),
        commit=commit(ROOT),
        plan=session.plan,
        seed=session.seed,
        machine=place,
        versions=libraries,
        placement=str(measured.placement),
        load=before,
        load_after=load(),
        peers={
            name: f"{known[name].title} {known[name].version}".strip() if name in known else name
            for name in names
        },
        figures=measured.figures,
        notes=[note[:_REASON_LENGTH] for note in dict.fromkeys(measured.notes)],
        runs=measured.runs,
        starts=measured.starts,
    )
