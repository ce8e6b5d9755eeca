"""Filling a new space from the items that lie in its table, in chunks, beside live writes.

The space is that of an index, or of when items expire: a function of an item gives its entry there. From the
moment it is defined, every write keeps the entries (`stator.tables.records`). The back-fill walks the table
once and puts those that are missing; a chunk is one transaction that also moves the cursor, so it can stop at
any point, go on after a restart, and run twice without harm.
"""

from collections.abc import Iterator
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.base.limits import WRITE_UNIT_BYTES
from stator.storage.engine import Reader, Transaction
from stator.tables import counters, stored
from stator.tables.catalog import Catalog
from stator.tables.expiry import Expiry
from stator.tables.indexes import Index
from stator.tables.keyspace import BACKFILLS_END, BACKFILLS_START, JOBS, backfill_key
from stator.tables.meter import FILL_PROGRESS, FILL_UNITS, Meter, name_of
from stator.tables.table import Table

_CHUNK_BYTES: Final = 256 * 1024
_WHOLE: Final = 100


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


def fill_chunk(
    transaction: Transaction, catalog: Catalog, space: int, items: int = 100, meter: Meter | None = None
) -> bool:
    """Fill a chunk of a space, from up to `items` of its table; False once it is complete, or not wanted.

    The meter is told of what that comes to, if the space is an index's.
    """
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
        _tell(transaction, meter, table, derived, 0, _WHOLE)
        return False
    units = _fill(transaction, derived, rows)
    cursor = rows[-1][0] + b"\0"
    _tell(transaction, meter, table, derived, units, _progress(cursor))
    transaction.put(JOBS, backfill_key(space), _encode(replace(job, cursor=cursor)))
    return True


def _derived(table: Table, space: int) -> Index | Expiry | None:
    """What gives the entries of a space of the table."""
    if table.expiry is not None and table.expiry.space == space:
        return table.expiry
    return next((index for index in table.indexes if index.space == space), None)


def _progress(cursor: bytes) -> int:
    """How much of a table lies before a position, per cent: digests spread evenly."""
    return int.from_bytes(cursor[:2], "big") * _WHOLE >> 16


def _tell(
    transaction: Transaction,
    meter: Meter | None,
    table: Table,
    derived: Index | Expiry,
    units: int,
    progress: int,
) -> None:
    """Tell the meter how far an index has come, and what units that took."""
    if meter is None or not isinstance(derived, Index):
        return
    name = name_of(table.name, derived.name)
    transaction.note(partial(meter.value, FILL_PROGRESS, name, progress))
    transaction.note(partial(meter.value, FILL_UNITS, name, units))


def _fill(transaction: Transaction, derived: Index | Expiry, rows: list[tuple[bytes, bytes]]) -> int:
    """Put the entries that are missing; the write units of these."""
    space = derived.space
    items = size = units = 0
    for key, value in rows:
        entry = derived.entry(stored.unpack(value), value, key)
        if entry is not None and transaction.get(space, entry.key) is None:
            transaction.put(space, entry.key, entry.value)
            items += 1
            entry_size = stored.size_of(entry.value)
            size += entry_size
            units += max(1, -(-entry_size // WRITE_UNIT_BYTES))
    if items and isinstance(derived, Index):  # Nobody asks how many items expire.
        counters.add(transaction, [(space, items, size)])
    return units


def _finish(transaction: Transaction, catalog: Catalog, table: Table, space: int) -> None:
    """Declare the space complete."""
    cancel(transaction, space)
    if table.expiry is not None and table.expiry.space == space:
        return
    indexes = tuple(
        replace(index, filled=True) if index.space == space else index for index in table.definition.indexes
    )
    catalog.save(transaction, replace(table.definition, indexes=indexes))
