"""How long points are kept: as they grow old, those of several minutes become one, and at last they go.

The times are CloudWatch's ("Metrics retention" in its concepts): seconds for 3 hours, minutes for 15 days,
five minutes for 63 days, hours for 455 days. Every step is a small transaction in which points are added to
the coarser ones and deleted, so it can stop at any point, and requests are answered in between.
"""

from collections import deque
from collections.abc import Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

from stator.base.pace import Pace
from stator.monitoring.metrics import directory
from stator.monitoring.metrics.directory import Known
from stator.monitoring.metrics.distribution import together
from stator.monitoring.metrics.points import Point
from stator.monitoring.metrics.rows import (
    FIVE_MINUTES,
    HOUR,
    MINUTE,
    RESOLUTIONS,
    SECOND,
    TIME_END,
    Entry,
    decode_point,
    encode_point,
    point_key,
    points_start,
    time_and_unit,
)
from stator.storage.engine import Engine, Reader, Transaction
from stator.tables.keyspace import METRICS

DAY: Final = 86_400


class Kept(NamedTuple):
    """For how many seconds points of a resolution are kept, and what they become then (None: nothing)."""

    resolution: int
    seconds: int
    coarser: int | None


RETENTION: Final = (
    Kept(SECOND, 3 * HOUR, MINUTE),
    Kept(MINUTE, 15 * DAY, FIVE_MINUTES),
    Kept(FIVE_MINUTES, 63 * DAY, HOUR),
    Kept(HOUR, 455 * DAY, None),
)
LONGEST: Final = max(kept.seconds for kept in RETENTION)

_METRICS_AT_ONCE: Final = 25
_ROWS_AT_ONCE: Final = (20, 200)
_COMMIT_WEIGHT: Final = 3.0


def oldest(period: int, now: int) -> int:
    """From when on points of so long a period can be read at `now`, seconds since the epoch."""
    return now - max(kept.seconds for kept in RETENTION if period % kept.resolution == 0)


async def trim(engine: Engine, now: int) -> None:
    """Do for all metrics what their age asks for at `now`, seconds since the epoch. Raises StorageError."""
    pace = Pace(least=_ROWS_AT_ONCE[0], most=_ROWS_AT_ONCE[1], weight=_COMMIT_WEIGHT)
    after = b""
    while True:
        with pace.step():
            some = list(islice(directory.known(engine.reader, after=after), _METRICS_AT_ONCE))
            old = deque(
                (known, kept) for known in some for kept in RETENTION if _old(engine.reader, known, kept, now)
            )
        while old:
            for _ in range(await engine.write(partial(_trim_some, old=tuple(old), now=now, pace=pace))):
                old.popleft()
            await pace.rest()
        for known in some:
            if _is_over(known.entry, now):
                await engine.write(partial(_forget, known=known, now=now))
        if not some:
            return
        after = some[-1].key
        await pace.rest()


def _old(reader: Reader, known: Known, kept: Kept, now: int, limit: int = 1) -> list[tuple[bytes, bytes]]:
    """Points of a metric that are too old for their resolution."""
    horizon = now - kept.seconds
    horizon -= horizon % (kept.coarser or kept.resolution)
    start, end = (points_start(kept.resolution, known.entry.id, time) for time in (0, horizon))
    return reader.scan(METRICS, start, end, limit=limit)


def _trim_some(transaction: Transaction, old: Sequence[tuple[Known, Kept]], now: int, pace: Pace) -> int:
    """Put together, or forget, some old points. For how many of `old` there are none left."""
    with pace.step():
        room = pace.size
        for done, (known, kept) in enumerate(old):
            rows = _old(transaction, known, kept, now, room)
            if kept.coarser is not None:
                _put_together(transaction, known.entry.id, kept.coarser, rows)
            for key, _ in rows:
                transaction.delete(METRICS, key)
            room -= len(rows)
            if not room:
                return done
        return len(old)


def _put_together(
    transaction: Transaction, metric: int, coarser: int, rows: list[tuple[bytes, bytes]]
) -> None:
    """Add points to those of the resolution `coarser` in whose time they lie."""
    places: dict[bytes, list[Point]] = {}
    for key, row in rows:
        time, unit = time_and_unit(key)
        place = point_key(coarser, metric, time - time % coarser, unit)
        places.setdefault(place, []).append(decode_point(row))
    for place, there in zip(places, transaction.get_many(METRICS, list(places)), strict=True):
        points = places[place]
        if there is not None:
            points.append(decode_point(there))
        transaction.put(METRICS, place, encode_point(together(points)))


def _is_over(entry: Entry, now: int) -> bool:
    """Whether a metric has not been seen for so long that nothing of it is kept."""
    return entry.last + directory.SEEN_SECONDS < now - LONGEST


def _forget(transaction: Transaction, known: Known, now: int) -> None:
    """Remove a metric that has no points any more. Its id is not used again."""
    entry = directory.find(transaction, known.metric)
    if entry is None or not _is_over(entry, now):
        return
    for resolution in RESOLUTIONS:
        start, end = (points_start(resolution, entry.id, time) for time in (0, TIME_END))
        if transaction.scan(METRICS, start, end, limit=1):
            return
    transaction.delete(METRICS, known.key)
