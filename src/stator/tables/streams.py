"""Streams: which there are, how each is cut into shards, and what of it may still be read.

A stream is a range of its table's change log, from the position at which it was enabled to the one at which
it was disabled, or at which its table was deleted. Its shards cut that range where a job rolled over:

    log       ......|r r  r   r r|r  r r  r|r r r ....|r r ...
    stream          [ shard 1    | shard 2 | shard 3  )   disabled; the next stream of the table follows

What is older than 24 hours may not be read, whether or not it has been deleted yet; a stream that was closed
more than 24 hours ago is gone. So all that is kept of a stream is one small row, and every answer follows
from it, the log and the clock. A log is dropped with the last that uses it, a stream or a table.
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import aside, change_log, logs, slices
from stator.tables.change_log import RETENTION_SECONDS, first_position
from stator.tables.definition import NEVER, Keys, TableDefinition
from stator.tables.keyspace import (
    STREAMS,
    STREAMS_END,
    STREAMS_START,
    stream_key,
    streams_of,
)

SHARD_SECONDS: Final = 4 * 3_600  # for how long a shard is written to, about as on AWS
_STREAMS_PER_READ: Final = 100
_LABEL_SECONDS: Final = 0.0015  # a millisecond, and enough to not be rounded down to the one before


class Shard(Struct, frozen=True, omit_defaults=True):
    """A part of a stream: positions from `start` to before `end`; None while it is written to."""

    id: str
    start: int
    opened_at: float
    end: int | None = None
    parent: str | None = None


class StreamRecord(Struct, frozen=True, omit_defaults=True):
    """A stream, as it is kept. `closed_at` is None while it is enabled.

    That it was enabled or disabled is shown as under way until `until`; -1 is never.
    """

    table: str
    label: str
    view_type: str
    log: int
    keys: Keys
    created_at: float
    shards: tuple[Shard, ...]
    closed_at: float | None = None
    until: float = NEVER


_decode = msgspec.json.Decoder(StreamRecord).decode
_encode = msgspec.json.Encoder().encode


# The life of a stream.


def new_label(reader: Reader, table: str, now: float, latest: str = "") -> str:
    """The label of a stream enabled at `now`: the time, to milliseconds.

    It follows those of all streams that a table of this name has or had, `latest` among them: two streams
    never share an ARN, not even within a millisecond or when the clock was set back.
    """
    start, end = streams_of(table)
    last = reader.scan(STREAMS, start, end, limit=1, reverse=True)
    latest = max(latest, _decode(last[0][1]).label if last else "")
    label = _label(now)
    if label <= latest:
        label = _label(datetime.fromisoformat(latest).replace(tzinfo=UTC).timestamp() + _LABEL_SECONDS)
    return label


def _label(time: float) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]


def begin(transaction: Transaction, definition: TableDefinition, now: float, until: float) -> None:
    """Begin the stream that a table's definition has, at the transaction's own position."""
    stream, log = definition.stream, definition.log
    assert stream is not None
    assert stream.view_type is not None
    assert log is not None
    opened_at = change_log.not_before_newest(transaction, log, now)
    shard = _new_shard(first_position(transaction.id), opened_at, parent=None)
    record = StreamRecord(
        table=definition.name,
        label=stream.label,
        view_type=stream.view_type,
        log=log,
        keys=definition.keys,
        created_at=now,
        shards=(shard,),
        until=until,
    )
    _save(transaction, record)


def close(transaction: Transaction, table: str, label: str, now: float, until: float) -> None:
    """End a stream; it stays readable."""
    record = find(transaction, table, label, now)
    if record is not None and record.closed_at is None:
        shards = _ended(record.shards, first_position(transaction.id))
        closed_at = change_log.not_before_newest(transaction, record.log, now)
        _save(transaction, replace(record, shards=shards, closed_at=closed_at, until=until))


def roll(transaction: Transaction, table: str, label: str, now: float) -> None:
    """Open a new shard if the present one has been written to for long enough."""
    record = find(transaction, table, label, now)
    if record is None or not rolls_over(record, now):
        return
    boundary = first_position(transaction.id)
    opened_at = change_log.not_before_newest(transaction, record.log, now)
    shard = _new_shard(boundary, opened_at, parent=record.shards[-1].id)
    kept = tuple(readable_shards(record, now))
    _save(transaction, replace(record, shards=(*_ended(kept, boundary), shard)))


def forget(transaction: Transaction, record: StreamRecord, definition: TableDefinition | None) -> None:
    """Delete what is kept of an expired stream, and its log if nobody uses it any more.

    `definition` is that of the table of the stream's name, if there is one.
    """
    transaction.delete(STREAMS, stream_key(record.table, record.label))
    if definition is None or definition.deleting or definition.log != record.log:
        release(transaction, record.table, record.log)


def release(transaction: Transaction, table: str, log: int) -> None:
    """Drop the log of a table that no longer uses it, unless a stream does, or a copy of what it was."""
    if not uses(transaction, table, log) and all(held.log != log for held in aside.tables(transaction)):
        logs.drop(transaction, log)


def uses(reader: Reader, table: str, log: int) -> bool:
    """Whether a stream of a table of that name is in a log."""
    return any(record.log == log for record in all_streams(reader, table))


def _ended(shards: tuple[Shard, ...], position: int) -> tuple[Shard, ...]:
    return (*shards[:-1], replace(shards[-1], end=position))


def _new_shard(start: int, now: float, parent: str | None) -> Shard:
    """A shard's name says when it was opened, and where, so that names never repeat."""
    name = f"shardId-{round(now * 1000):020d}-{start >> 16 & 0xFFFFFFFF:08x}"
    return Shard(name, start, now, parent=parent)


def _save(transaction: Transaction, record: StreamRecord) -> None:
    transaction.put(STREAMS, stream_key(record.table, record.label), _encode(record))


# What there is.


def find(reader: Reader, table: str, label: str, now: float) -> StreamRecord | None:
    """A stream that may still be described; None if there is none."""
    row = reader.get(STREAMS, stream_key(table, label))
    if row is None:
        return None
    record = _decode(row)
    return None if is_expired(record, now) else record


def all_streams(
    reader: Reader, table: str | None = None, after: tuple[str, str] | None = None
) -> Iterator[StreamRecord]:
    """All streams of which anything is kept, by table and label: of one table, or after a (table, label)."""
    start, end = (STREAMS_START, STREAMS_END) if table is None else streams_of(table)
    if after is not None:
        start = max(start, stream_key(*after) + b"\0")
    return (_decode(row) for _, row in slices.rows(reader, STREAMS, start, end, limit=_STREAMS_PER_READ))


def some_streams(reader: Reader, after: tuple[str, str] | None, limit: int) -> list[StreamRecord]:
    """The first streams, or those after a (table, label)."""
    return list(islice(all_streams(reader, after=after), limit))


def status(record: StreamRecord, now: float) -> str:
    """StreamStatus of a stream."""
    if record.closed_at is None:
        return "ENABLING" if now < record.until else "ENABLED"
    return "DISABLING" if now < record.until else "DISABLED"


def is_expired(record: StreamRecord, now: float) -> bool:
    """Whether a stream is so old that it is not even described any more."""
    return record.closed_at is not None and record.closed_at < now - RETENTION_SECONDS


def rolls_over(record: StreamRecord, now: float) -> bool:
    """Whether a stream's present shard has been written to for long enough."""
    return record.closed_at is None and now >= record.shards[-1].opened_at + SHARD_SECONDS


def readable_shards(record: StreamRecord, now: float) -> list[Shard]:
    """The shards that may still hold something to read: the last, and those closed within 24 hours."""
    closed_at = [shard.opened_at for shard in record.shards[1:]]
    horizon = now - RETENTION_SECONDS
    closed = [shard for shard, time in zip(record.shards, closed_at, strict=False) if time >= horizon]
    return [*closed, record.shards[-1]]


# What of a shard may be read.


def horizon(reader: Reader, record: StreamRecord, shard: Shard, now: float) -> int:
    """The first position of a shard that may still be read."""
    end = next_position(reader, record, shard)
    start = max(shard.start, min(logs.find(reader, record.log).trimmed_to, end))
    return change_log.seek(reader, record.log, start, end, now - RETENTION_SECONDS)


def next_position(reader: Reader, record: StreamRecord, shard: Shard) -> int:
    """The position behind everything that a shard holds now."""
    if shard.end is not None:
        return shard.end
    last = change_log.newest(reader, record.log)
    return max(shard.start, last[0] + 1) if last else shard.start


def is_trimmed(reader: Reader, record: StreamRecord, shard: Shard, position: int, now: float) -> bool:
    """Whether something in a shard, at a position or after it, is past its time: deleted or not."""
    if position < min(logs.find(reader, record.log).trimmed_to, next_position(reader, record, shard)):
        return True
    first = change_log.oldest(reader, record.log, position, shard.end)
    return first is not None and first[1] < now - RETENTION_SECONDS
