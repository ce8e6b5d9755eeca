r"""The change log of a table: one record per changed item, in the order in which changes took effect.

    key      transaction id (8 bytes)  ordinal within the transaction (2 bytes)
    value    MessagePack of a `Change`

A position is the key read as a number; a stream's sequence number is that number in decimal (`sequence`). Ids
grow in commit order, over restarts and clock steps, so positions order all changes for ever.

Times are given in the same order and never go backwards: a record's time is the clock's, or that of the
record before it if the clock was set back. That is why the newest record is never trimmed. Since times grow
with positions, what is too old is always the beginning of a log.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from stator.base.clock import Clock
from stator.storage.engine import Reader, Transaction
from stator.tables import slices

RETENTION_SECONDS: Final = 24 * 3_600  # "Change data capture for DynamoDB Streams", developer guide

_ORDINAL_BITS: Final = 16
_KEY_BYTES: Final = 10
_SEQUENCE_OPENING: Final = 10**24  # gives all sequence numbers the same length, without leading zeros
_SEQUENCE_DIGITS: Final = 25


class Change(Struct, array_like=True, frozen=True):
    """One changed item.

    `key` is its position in the table. `old` and `new` are in stored form; an image is None if there was none
    or it is not kept. For streams there are the item's `keys` (DynamoDB JSON; else empty) and the `size` of
    what the view type shows, by DynamoDB's rules. `service` tells that TTL made the change.
    """

    time: float
    name: str
    key: bytes
    old: bytes | None = None
    new: bytes | None = None
    keys: bytes = b""
    size: int = 0
    service: bool = False


class _Time(Struct, array_like=True, frozen=True):
    """The first member of a `Change`: the rest is skipped."""

    time: float


class Slice(NamedTuple):
    """Some changes with their positions; `ended` if nothing follows them in the range asked for."""

    changes: list[tuple[int, Change]]
    ended: bool


_encode = msgspec.msgpack.Encoder().encode
_decode: Callable[[bytes], Change] = msgspec.msgpack.Decoder(Change).decode
_decode_time: Callable[[bytes], _Time] = msgspec.msgpack.Decoder(_Time).decode


def first_position(transaction_id: int) -> int:
    """The first position of a transaction: everything before it comes first."""
    return transaction_id << _ORDINAL_BITS


def sequence(position: int) -> str:
    """The sequence number of a position: 25 decimal digits."""
    return str(_SEQUENCE_OPENING + position)


def position_of(sequence_number: str) -> int | None:
    """The position of a sequence number; None if it is none of ours."""
    if len(sequence_number) != _SEQUENCE_DIGITS or not sequence_number.isdecimal():
        return None
    position = int(sequence_number) - _SEQUENCE_OPENING
    return position if 0 <= position < 1 << (8 * _KEY_BYTES) else None


def log_key(position: int) -> bytes:
    """The key of a position."""
    return position.to_bytes(_KEY_BYTES, "big")


class ChangeLog:
    """The end of one log, where changes are appended; one object per log and process."""

    __slots__ = ("_clock", "_last_time", "_ordinal", "_transaction", "space")

    def __init__(self, space: int, clock: Clock) -> None:
        self.space = space
        self._clock = clock
        self._last_time: float | None = None
        self._transaction = -1
        self._ordinal = 0

    def append(
        self,
        transaction: Transaction,
        *,
        name: str,
        item_key: bytes,
        old: bytes | None = None,
        new: bytes | None = None,
        keys: bytes = b"",
        size: int = 0,
        service: bool = False,
    ) -> None:
        """Record a change made by the transaction; see `Change`."""
        if transaction.id != self._transaction:
            self._transaction, self._ordinal = transaction.id, 0
        assert self._ordinal < 1 << _ORDINAL_BITS, "one transaction changes fewer items than that"
        key = log_key(first_position(transaction.id) + self._ordinal)
        self._ordinal += 1
        change = Change(self._next_time(transaction), name, item_key, old, new, keys, size, service)
        transaction.put(self.space, key, _encode(change))

    def _next_time(self, transaction: Transaction) -> float:
        if self._last_time is None:
            last = newest(transaction, self.space)
            self._last_time = last[1] if last else 0.0
        self._last_time = max(self._last_time, self._clock.now())
        return self._last_time


def read(reader: Reader, space: int, start: int, end: int | None, *, limit: int, size: int) -> Slice:
    """The changes from position `start` to before `end`: at most `limit`, and about `size` bytes."""
    rows = reader.scan(space, log_key(start), _end_key(end), limit=limit, size=size)
    ended = len(rows) < limit and sum(len(value) for _, value in rows) < size
    return Slice([(int.from_bytes(key, "big"), _decode(value)) for key, value in rows], ended)


def changes(reader: Reader, space: int, start: int, end: int | None) -> Iterator[tuple[int, Change]]:
    """All changes from position `start` to before `end`."""
    for key, value in slices.rows(reader, space, log_key(start), _end_key(end)):
        yield int.from_bytes(key, "big"), _decode(value)


def at(reader: Reader, space: int, position: int) -> Change | None:
    """The change at a position."""
    row = reader.get(space, log_key(position))
    return None if row is None else _decode(row)


def newest(reader: Reader, space: int) -> tuple[int, float] | None:
    """The position of the last change, and its time."""
    rows = reader.scan(space, log_key(0), None, limit=1, reverse=True)
    return _placed(rows[0]) if rows else None


def not_before_newest(reader: Reader, space: int, now: float) -> float:
    """The time by which everything in a log has been recorded, even if the clock was set back since."""
    last = newest(reader, space)
    return max(now, last[1]) if last else now


def oldest(reader: Reader, space: int, start: int, end: int | None) -> tuple[int, float] | None:
    """The position of the first change from position `start` to before `end`, and its time."""
    rows = reader.scan(space, log_key(start), _end_key(end), limit=1)
    return _placed(rows[0]) if rows else None


def _placed(row: tuple[bytes, bytes]) -> tuple[int, float]:
    return int.from_bytes(row[0], "big"), _decode_time(row[1]).time


def _end_key(end: int | None) -> bytes | None:
    return None if end is None else log_key(end)


def seek(reader: Reader, space: int, start: int, end: int, time: float) -> int:
    """The first position in [start, end] at or after which no change is older than `time`."""
    first = oldest(reader, space, start, end)
    if first is None or first[1] >= time:
        return start
    start = first[0] + 1
    while start < end:
        middle = (start + end) // 2
        found = oldest(reader, space, middle, end)
        if found is not None and found[1] < time:
            start = found[0] + 1
        else:
            end = middle
    return start


def trim(
    transaction: Transaction, space: int, horizon: float, *, rows: int, size: int, end: int | None = None
) -> int | None:
    """Delete up to `rows` changes (about `size` bytes) before `end` and older than `horizon`.

    The newest stays in any case. Returns the position up to which the log is now empty; None if nothing was
    old enough.
    """
    last = newest(transaction, space)
    if last is None:
        return None
    trimmed = None
    end = last[0] if end is None else min(end, last[0])
    for row in transaction.scan(space, log_key(0), log_key(end), limit=rows, size=size):
        position, time = _placed(row)
        if time >= horizon:
            break
        transaction.delete(space, row[0])
        trimmed = position + 1
    return trimmed
