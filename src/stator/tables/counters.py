"""How many items, and how many bytes of them, each space holds.

A row that every write changed would be written by every commit of every process and, on an engine with
optimistic transactions, would make every two writes collide. So each commit adds one row of its own, of what
it added to each space, and a job folds such rows into the sums now and then. A reader adds up both.

A space has a sum from its beginning (`begin`) to its end (`forget`), zero or not. What was added to a space
without a sum is of one that is gone, and is folded into nothing.
"""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from stator.storage.engine import Reader, Transaction
from stator.tables.keyspace import (
    COUNTERS,
    DELTAS_END,
    DELTAS_START,
    TOTALS_END,
    TOTALS_START,
    delta_key,
    total_key,
    total_space,
)

_ROWS_PER_SCAN: Final = 500  # also those of one fold: a transaction of about 1 ms


class Count(NamedTuple):
    """Items, and their bytes by DynamoDB's rules."""

    items: int
    bytes: int


_decode_deltas = msgspec.json.Decoder(list[tuple[int, int, int]]).decode
_decode_count = msgspec.json.Decoder(tuple[int, int]).decode
_encode = msgspec.json.Encoder().encode


def begin(transaction: Transaction, space: int) -> None:
    """Begin to count a new space."""
    transaction.put(COUNTERS, total_key(space), _encode((0, 0)))


def add(transaction: Transaction, changes: Iterable[tuple[int, int, int]]) -> None:
    """Count changes, each a (space, items added, bytes added), in the row of this commit."""
    key = delta_key(transaction.batch)
    before = transaction.get(COUNTERS, key)
    if before is None:
        transaction.put(COUNTERS, key, _encode(list(changes)))
        return
    sums = {space: (items, size) for space, items, size in _decode_deltas(before)}
    for space, items, size in changes:
        known = sums.get(space, (0, 0))
        sums[space] = (known[0] + items, known[1] + size)
    transaction.put(COUNTERS, key, _encode([(space, *count) for space, count in sums.items()]))


def count(reader: Reader, spaces: Iterable[int]) -> dict[int, Count]:
    """What each of some spaces holds; nothing for a space that is gone."""
    totals = {space: _total(reader, space) or Count(0, 0) for space in spaces}
    for _, row in _deltas(reader):
        for space, items, size in _decode_deltas(row):
            known = totals.get(space)
            if known is not None:
                totals[space] = Count(known.items + items, known.bytes + size)
    return totals


def is_pending(reader: Reader) -> bool:
    """Whether there are rows to fold."""
    return bool(reader.scan(COUNTERS, DELTAS_START, DELTAS_END, limit=1))


def fold(transaction: Transaction) -> bool:
    """Add the rows of some commits to the sums, and delete them. True while more remain."""
    rows = transaction.scan(COUNTERS, DELTAS_START, DELTAS_END, limit=_ROWS_PER_SCAN)
    added: dict[int, Count] = {}
    for key, row in rows:
        for space, items, size in _decode_deltas(row):
            known = added.get(space) or Count(0, 0)
            added[space] = Count(known.items + items, known.bytes + size)
        transaction.delete(COUNTERS, key)
    for space, count_ in added.items():
        total = _total(transaction, space)
        if total is not None and any(count_):
            sum_ = Count(total.items + count_.items, total.bytes + count_.bytes)
            transaction.put(COUNTERS, total_key(space), _encode(sum_))
    return len(rows) == _ROWS_PER_SCAN


def forget(transaction: Transaction, space: int) -> None:
    """Drop the sum of a space that is gone."""
    transaction.delete(COUNTERS, total_key(space))


def counted(reader: Reader) -> Iterator[int]:
    """The spaces that have a sum."""
    start = TOTALS_START
    while rows := reader.scan(COUNTERS, start, TOTALS_END, limit=_ROWS_PER_SCAN):
        yield from (total_space(key) for key, _ in rows)
        start = rows[-1][0] + b"\0"


def _total(reader: Reader, space: int) -> Count | None:
    row = reader.get(COUNTERS, total_key(space))
    return Count(*_decode_count(row)) if row else None


def _deltas(reader: Reader) -> Iterator[tuple[bytes, bytes]]:
    start = DELTAS_START
    while rows := reader.scan(COUNTERS, start, DELTAS_END, limit=_ROWS_PER_SCAN):
        yield from rows
        start = rows[-1][0] + b"\0"
