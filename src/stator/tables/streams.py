"""Streams: which there are, how each is cut into shards, and what of it may still be read.

A stream is a range of its table's change log, from the position at which it was enabled to the one at which
it was disabled, or at which its table was deleted. Its shards cut that range where a job rolled over. What is
older than 24 hours may not be read, whether or not it has been deleted yet; a stream that was closed more
than 24 hours ago is gone. So all that is kept of a stream is one small row, and every answer follows from it,
the log and the clock.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.storage.engine import UNLIMITED, Reader, Transaction
from stator.tables import change_log, counters
from stator.tables.change_log import RETENTION_SECONDS, first_position
from stator.tables.definition import Keys, TableDefinition
from stator.tables.keyspace import (
    STREAMS,
    STREAMS_END,
    STREAMS_START,
    log_trim_key,
    stream_key,
)

SHARD_SECONDS: Final = 4 * 3_600  # for how long a shard is written to, about as on AWS
_TRIM_ROWS: Final = 500


class Shard(Struct, frozen=True, omit_defaults=True):
    """A part of a stream: positions from `start` to before `end`; None while it is written to."""

    id: str
    start: int
    opened_at: float
    end: int | None = None
    parent: str | None = None


class StreamRecord(Struct, frozen=True, omit_defaults=True):
    """A stream, as it is kept; `closed_at` is None while it is enabled."""

    table: str
    label: str
    view_type: str
    log: int
    keys: Keys
    created_at: float
    shards: tuple[Shard, ...]
    closed_at: float | None = None


_decode = msgspec.json.Decoder(StreamRecord).decode
_encode = msgspec.json.Encoder().encode


def begin(
    transaction: Transaction, definition: TableDefinition, label: str, view_type: str, log: int, now: float
) -> None:
    """Begin a stream of a table, at the transaction's own position."""
    shard = _new_shard(first_position(transaction.id), now, parent=None)
    leftover = transaction.get(STREAMS, stream_key(definition.name, label))
    if leftover is not None:  # Of a table of this name, deleted within the label's millisecond.
        forget(transaction, _decode(leftover), drop_log=True)
    record = StreamRecord(definition.name, label, view_type, log, definition.keys, now, (shard,))
    _save(transaction, record)


def close(transaction: Transaction, table: str, label: str, now: float) -> None:
    """End a stream; it stays readable."""
    record = find(transaction, table, label, now)
    if record is not None and record.closed_at is None:
        shards = _ended(record.shards, first_position(transaction.id))
        _save(transaction, replace(record, shards=shards, closed_at=now))


def roll(transaction: Transaction, table: str, label: str, now: float) -> None:
    """Open a new shard if the present one has been written to for long enough."""
    record = find(transaction, table, label, now)
    if record is None or not rolls_over(record, now):
        return
    boundary = first_position(transaction.id)
    shard = _new_shard(boundary, now, parent=record.shards[-1].id)
    kept = tuple(shard for shard in record.shards if not _forgotten(shard, record, now))
    _save(transaction, replace(record, shards=(*_ended(kept, boundary), shard)))


def rolls_over(record: StreamRecord, now: float) -> bool:
    """Whether a stream's present shard has been written to for long enough."""
    return record.closed_at is None and now >= record.shards[-1].opened_at + SHARD_SECONDS


def _forgotten(shard: Shard, record: StreamRecord, now: float) -> bool:
    """Whether everything in a shard is past its time."""
    following = next((each for each in record.shards if each.parent == shard.id), None)
    closed_at = following.opened_at if following is not None else record.closed_at
    return closed_at is not None and closed_at < now - RETENTION_SECONDS


def _ended(shards: tuple[Shard, ...], position: int) -> tuple[Shard, ...]:
    return (*shards[:-1], replace(shards[-1], end=position))


def _new_shard(start: int, now: float, parent: str | None) -> Shard:
    """A shard's name says when it was opened, and where, so that names never repeat."""
    name = f"shardId-{round(now * 1000):020d}-{start >> 16 & 0xFFFFFFFF:08x}"
    return Shard(name, start, now, parent=parent)


def _save(transaction: Transaction, record: StreamRecord) -> None:
    transaction.put(STREAMS, stream_key(record.table, record.label), _encode(record))


def find(reader: Reader, table: str, label: str, now: float) -> StreamRecord | None:
    """A stream that may still be described; None if there is none."""
    row = reader.get(STREAMS, stream_key(table, label))
    if row is None:
        return None
    record = _decode(row)
    return None if is_expired(record, now) else record


def streams(reader: Reader, now: float) -> Iterator[StreamRecord]:
    """All streams that may still be described, by table and label."""
    return (record for record in all_streams(reader) if not is_expired(record, now))


def all_streams(reader: Reader) -> Iterator[StreamRecord]:
    """All streams of which anything is kept."""
    start = STREAMS_START
    while rows := reader.scan(STREAMS, start, STREAMS_END, limit=100):
        yield from (_decode(row) for _, row in rows)
        start = rows[-1][0] + b"\0"


def is_expired(record: StreamRecord, now: float) -> bool:
    """Whether a stream is so old that it is not even described any more."""
    return record.closed_at is not None and record.closed_at < now - RETENTION_SECONDS


def readable_shards(record: StreamRecord, now: float) -> list[Shard]:
    """The shards that may still hold something to read."""
    return [shard for shard in record.shards if not _forgotten(shard, record, now)]


def horizon(reader: Reader, record: StreamRecord, shard: Shard, now: float) -> int:
    """The first position of a shard that may still be read."""
    start = max(shard.start, trimmed_to(reader, record.log))
    end = next_position(reader, record, shard)
    return change_log.seek(reader, record.log, start, end, now - RETENTION_SECONDS)


def next_position(reader: Reader, record: StreamRecord, shard: Shard) -> int:
    """The position behind everything that a shard holds now."""
    if shard.end is not None:
        return shard.end
    last = change_log.newest(reader, record.log)
    return max(shard.start, last[0] + 1) if last else shard.start


def trimmed_to(reader: Reader, log: int) -> int:
    """The position up to which changes have been deleted from a log."""
    row = reader.get(STREAMS, log_trim_key(log))
    return int.from_bytes(row, "big") if row else 0


def has_old_changes(reader: Reader, log: int, now: float) -> bool:
    """Whether a log holds changes that are past their time, besides its newest."""
    first = change_log.read(reader, log, 1, None, limit=2, size=UNLIMITED)
    return len(first) > 1 and first[0][1].time < now - RETENTION_SECONDS


def trim(transaction: Transaction, log: int, now: float) -> None:
    """Delete some of the changes that are past their time from a log."""
    position = change_log.trim(transaction, log, now - RETENTION_SECONDS, rows=_TRIM_ROWS)
    if position is not None:
        transaction.put(STREAMS, log_trim_key(log), position.to_bytes(16, "big"))


def forget(transaction: Transaction, record: StreamRecord, *, drop_log: bool) -> None:
    """Delete what is kept of an expired stream, and the log if nobody uses it any more."""
    transaction.delete(STREAMS, stream_key(record.table, record.label))
    if drop_log:
        transaction.drop_space(record.log)
        counters.forget(transaction, record.log)
        transaction.delete(STREAMS, log_trim_key(record.log))
