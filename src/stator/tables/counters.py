"""How many items, and how many bytes of them, each space holds.

A row that every write changed would be written by every commit of every process and, on an engine with
optimistic transactions, would make every two writes collide. So each commit adds one row of its own, of what
it added to each space, and a job folds such rows into the sums now and then. A reader adds up both.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

import msgspec

from stator.storage.engine import Reader, Transaction
from stator.tables.keyspace import COUNTERS, DELTAS_END, DELTAS_START, delta_key, total_key

# Deltas are few: the job folds them every few seconds.
_ROWS_PER_SCAN: Final = 1_000


class Count(NamedTuple):
    """Items, and their bytes by DynamoDB's rules."""

    items: int
    bytes: int


_decode_deltas = msgspec.json.Decoder(list[tuple[int, int, int]]).decode
_decode_count = msgspec.json.Decoder(tuple[int, int]).decode
_encode = msgspec.json.Encoder().encode


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
    """What each of some spaces holds."""
    totals = {space: _total(reader, space) for space in spaces}
    for _, row in _deltas(reader):
        for space, items, size in _decode_deltas(row):
            known = totals.get(space)
            if known is not None:
                totals[space] = Count(known.items + items, known.bytes + size)
    return totals


def fold(transaction: Transaction) -> int:
    """Add the commits' rows to the sums and delete them; returns how many there were."""
    rows = transaction.scan(COUNTERS, DELTAS_START, DELTAS_END, limit=_ROWS_PER_SCAN)
    sums: dict[int, Count] = {}
    for key, row in rows:
        for space, items, size in _decode_deltas(row):
            known = sums.get(space) or _total(transaction, space)
            sums[space] = Count(known.items + items, known.bytes + size)
        transaction.delete(COUNTERS, key)
    for space, total in sums.items():
        transaction.put(COUNTERS, total_key(space), _encode(total))
    return len(rows)


def forget(transaction: Transaction, space: int) -> None:
    """Drop the sum of a space that is gone; late deltas of it are folded into a sum that nobody reads."""
    transaction.delete(COUNTERS, total_key(space))


def _total(reader: Reader, space: int) -> Count:
    row = reader.get(COUNTERS, total_key(space))
    return Count(*_decode_count(row)) if row else Count(0, 0)


def _deltas(reader: Reader) -> Iterable[tuple[bytes, bytes]]:
    start = DELTAS_START
    while rows := reader.scan(COUNTERS, start, DELTAS_END, limit=_ROWS_PER_SCAN):
        yield from rows
        start = rows[-1][0] + b"\0"
