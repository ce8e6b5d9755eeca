"""From start to first answer, and idle memory: on a new data directory, and on one with data."""

from benchmarks.dataset import ITEMS_TABLE, ROWS_TABLE
from benchmarks.peers.process import CannotStart
from benchmarks.peers.registry import PEERS
from benchmarks.rows.row import Measured
from benchmarks.session import Session
from benchmarks.startup import measure_starts

_OTHERS = ("dynalite", "ministack", "moto")
_OF_OTHERS = 3
_LABEL = "stator-existing"


def starts(session: Session, row: str) -> Measured:
    """Start Stator often, others a few times for comparison. Raises CannotStart if Stator does not start."""
    measured = Measured()
    count = session.plan.starts
    for name in ("stator", *_OTHERS):
        times = count if name == "stator" else min(count, _OF_OTHERS)
        directories = [session.directory / f"start-{name}-{number}" for number in range(times)]
        try:
            measured.starts.append(measure_starts(PEERS[name], "new", session.cache, directories))
        except CannotStart as error:
            if name == "stator":
                raise
            measured.notes.append(f"{name}: {error}")
    stator = PEERS["stator"]
    session.serve(stator, frozenset({ITEMS_TABLE, ROWS_TABLE}), label=_LABEL)
    directory = session.stop(_LABEL, keep=True)
    measured.starts.append(measure_starts(stator, "existing", session.cache, [directory] * count))
    for made in measured.starts:
        if made.peer == "stator":
            for seconds in made.seconds:
                measured.add(f"{made.data}: s", seconds)
            for resident in made.resident:
                measured.add(f"{made.data}: MB", resident / 1e6)
    return measured
