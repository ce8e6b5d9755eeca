"""Filling a new space from the items that lie in its table, in chunks, beside live writes.

The space is that of an index, or of when items expire: a function of an item gives its entry there. From the
moment it is defined, every write keeps the entries (`stator.tables.records`). The back-fill walks the table
once and puts those that are missing; a chunk is one transaction that also moves the cursor, so it can stop at
any point, go on after a restart, and run twice without harm.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import counters, stored
from stator.tables.catalog import Catalog
from stator.tables.expiry import Expiry
from stator.tables.indexes import Index
from stator.tables.keyspace import BACKFILLS_END, BACKFILLS_START, JOBS, backfill_key
from stator.tables.table import Table

_CHUNK_BYTES: Final = 256 * 1024


class Backfill(Struct, frozen=True):
    """A back-fill in progress: the table, the space, and the next position to look at."""

    table: str
    space: int
    cursor: bytes = b""


_decode = msgspec.json.Decoder(Backfill).decode
_encode = msgspec.json.Encoder().encode


def begin(transaction: Transaction, table: str, space: int) -> None:
    """Ask for a space of the table to be filled."""
    transaction.put(JOBS, backfill_key(space), _encode(Backfill(table, space)))


def cancel(transaction: Transaction, space: int) -> None:
    """Forget the back-fill of a space, if there is one."""
    transaction.delete(JOBS, backfill_key(space))


def pending(reader: Reader) -> Backfill | None:
    """A back-fill that is not finished, if there is any."""
    return next(all_pending(reader), None)


def all_pending(reader: Reader) -> Iterator[Backfill]:
    """Every back-fill that is not finished."""
    start = BACKFILLS_START
    while rows := reader.scan(JOBS, start, BACKFILLS_END, limit=1):
        yield _decode(rows[0][1])
        start = rows[-1][0] + b"\0"


def fill_chunk(transaction: Transaction, catalog: Catalog, space: int, items: int = 100) -> bool:
    """Fill a chunk of a space, from up to `items` of its table; False once it is complete, or not wanted."""
    row = transaction.get(JOBS, backfill_key(space))
    if row is None:
        return False
    job = _decode(row)
    table = catalog.table(transaction, job.table)
    derived = None if table is None else _derived(table, space)
    if table is None or derived is None:
        cancel(transaction, space)
        return False
    rows = transaction.scan(table.space, job.cursor, None, limit=items, size=_CHUNK_BYTES)
    if not rows:
        _finish(transaction, catalog, table, space)
        return False
    _fill(transaction, derived, rows)
    cursor = rows[-1][0] + b"\0"
    transaction.put(JOBS, backfill_key(space), _encode(replace(job, cursor=cursor)))
    return True


def _derived(table: Table, space: int) -> Index | Expiry | None:
    """What gives the entries of a space of the table."""
    if table.expiry is not None and table.expiry.space == space:
        return table.expiry
    return next((index for index in table.indexes if index.space == space), None)


def _fill(transaction: Transaction, derived: Index | Expiry, rows: list[tuple[bytes, bytes]]) -> None:
    space = derived.space
    items = size = 0
    for key, value in rows:
        entry = derived.entry(stored.unpack(value), value, key)
        if entry is not None and transaction.get(space, entry.key) is None:
            transaction.put(space, entry.key, entry.value)
            items += 1
            size += stored.size_of(entry.value)
    if items and isinstance(derived, Index):  # Nobody asks how many items expire.
        counters.add(transaction, [(space, items, size)])


def _finish(transaction: Transaction, catalog: Catalog, table: Table, space: int) -> None:
    """Declare the space complete."""
    cancel(transaction, space)
    if table.expiry is not None and table.expiry.space == space:
        return
    indexes = tuple(
        replace(index, filled=True) if index.space == space else index for index in table.definition.indexes
    )
    catalog.save(transaction, replace(table.definition, indexes=indexes))
