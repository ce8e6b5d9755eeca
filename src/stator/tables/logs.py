"""Change logs as a whole: which there are, who uses each, for how long it is kept, and its end.

A table's log serves its streams, its recovery and the copies made of it. So it is kept for as long as the
longest of them needs: 24 hours for streams, the recovery period, and from the position of the oldest copy
under way. A log is dropped with the last that uses it: its table, a stream that outlives it, or a deleted
table that is still being copied (`stator.tables.holds`).
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import change_log, counters, slices
from stator.tables.change_log import RETENTION_SECONDS
from stator.tables.definition import TableDefinition
from stator.tables.keyspace import LOGS_END, LOGS_START, STREAMS, log_row_key, log_row_space

_DAY_SECONDS: Final = 86_400
_TRIM_ROWS: Final = 500
_TRIM_BYTES: Final = 1 << 20


class LogRecord(Struct, frozen=True, omit_defaults=True):
    """What is kept of a log: the name of its table, and what has been trimmed from it.

    Everything before position `trimmed_to` is gone; that was older than `horizon` (seconds since the epoch).
    """

    table: str
    trimmed_to: int = 0
    horizon: float = 0.0


_decode = msgspec.json.Decoder(LogRecord).decode
_encode = msgspec.json.Encoder().encode


def begin(transaction: Transaction, table: str, log: int) -> None:
    """Note the new log of a table."""
    _save(transaction, log, LogRecord(table))


def find(reader: Reader, log: int) -> LogRecord:
    """What is kept of a log."""
    row = reader.get(STREAMS, log_row_key(log))
    return _decode(row) if row else LogRecord("")


def all_logs(reader: Reader) -> Iterator[tuple[int, LogRecord]]:
    """Every log, with what is kept of it."""
    for key, row in slices.rows(reader, STREAMS, LOGS_START, LOGS_END):
        yield log_row_space(key), _decode(row)


def drop(transaction: Transaction, log: int) -> None:
    """Drop a log that nobody uses any more."""
    transaction.drop_space(log)
    counters.forget(transaction, log)
    transaction.delete(STREAMS, log_row_key(log))


def _save(transaction: Transaction, log: int, record: LogRecord) -> None:
    transaction.put(STREAMS, log_row_key(log), _encode(record))


# How long a log is kept.


class Retention(Struct, frozen=True):
    """What of a log may be trimmed: what is older than `horizon` and lies before `end` (None: all of it)."""

    horizon: float
    end: int | None


def retention(now: float, *, streamed: bool, users: list[TableDefinition]) -> Retention:
    """What may be trimmed of a log; `streamed` tells whether a stream is in it.

    `users` are its table, and its table as it was set aside if it was deleted while it was being copied.
    """
    seconds = RETENTION_SECONDS if streamed else 0
    for definition in users:
        if definition.recovery is not None:
            seconds = max(seconds, definition.recovery.period_days * _DAY_SECONDS)
    held = [position for definition in users for position in definition.holds.values()]
    return Retention(now - seconds, min(held, default=None))


def has_old_changes(reader: Reader, log: int, kept: Retention) -> bool:
    """Whether a log holds changes that may be trimmed: not counting its newest, which stays."""
    first = change_log.oldest(reader, log, 0, kept.end)
    if first is None or first[1] >= kept.horizon:
        return False
    last = change_log.newest(reader, log)
    return last is not None and last[0] != first[0]


def trim(transaction: Transaction, log: int, kept: Retention) -> None:
    """Delete some of the changes that may be trimmed."""
    position = change_log.trim(
        transaction, log, kept.horizon, rows=_TRIM_ROWS, size=_TRIM_BYTES, end=kept.end
    )
    if position is not None:
        known = find(transaction, log)
        horizon = max(known.horizon, kept.horizon)
        _save(transaction, log, replace(known, trimmed_to=position, horizon=horizon))
