"""Filling a new table: a restore or an import puts items into it, and nobody sees it before it is done.

    begin -> fill ... -> finish      the table is CREATING until then, and ACTIVE from then on
             restart                 after a stop: what was put is thrown away, and it is filled again
             abandon                 the table is gone

A table that is being filled is not written to by anybody else, has no stream, no TTL and no recovery. Its
items go through the funnel, so its index entries and counters are exact at any moment.
"""

import asyncio
from collections.abc import AsyncIterable, Iterable, Iterator
from functools import partial
from typing import Final

from msgspec.structs import replace

from stator.base.pace import Pace
from stator.storage.engine import Reader, Transaction
from stator.tables import holds, records
from stator.tables.catalog import Catalog
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.image import Image
from stator.tables.table import Table

Stored = tuple[bytes, bytes]
"""An item: its key in the table, and its stored form (`stator.tables.stored`)."""

_ITEMS_PER_TRANSACTION: Final = (20, 100)  # at the least and at the most
_COMMIT_WEIGHT: Final = 3.0  # what a transaction costs, as a multiple of putting its items together
_BYTES_PER_TRANSACTION: Final = 256 * 1024


class TargetGone(Exception):
    """The table that is being filled is gone, or is not being filled any more."""


def begin(transaction: Transaction, catalog: Catalog, definition: TableDefinition) -> None:
    """Make a table that is to be filled; the definition's spaces are new."""
    catalog.save(transaction, replace(definition, filling=True))


async def fill(
    database: Database, name: str, table_id: str, batches: AsyncIterable[Iterable[Stored]]
) -> None:
    """Put items into a table, some in a transaction; of two with one key the later stays.

    The next items are read while the last ones are on their way to the disk. Raises TargetGone, StorageError,
    and what `batches` raises.
    """
    on_its_way: asyncio.Future[None] | None = None
    least, most = _ITEMS_PER_TRANSACTION
    pace = Pace(least=least, most=most, weight=_COMMIT_WEIGHT)
    try:
        async for batch in batches:
            for some in _portions(batch, pace):
                if on_its_way is not None:
                    await on_its_way
                    await pace.rest()
                on_its_way = database.engine.write(
                    partial(_put, database.catalog, name, table_id, some, pace)
                )
    finally:
        if on_its_way is not None:
            await on_its_way


def _portions(batch: Iterable[Stored], pace: Pace) -> Iterator[list[Stored]]:
    """A batch cut into what one transaction writes."""
    portion: list[Stored] = []
    size = 0
    for item in batch:
        portion.append(item)
        size += len(item[1])
        if len(portion) >= pace.size or size >= _BYTES_PER_TRANSACTION:
            yield portion
            portion, size = [], 0
    if portion:
        yield portion


def _put(
    catalog: Catalog, name: str, table_id: str, items: list[Stored], pace: Pace, transaction: Transaction
) -> None:
    with pace.step():
        table = _target(transaction, catalog, name, table_id)
        for key, value in items:
            records.write(transaction, table, key, records.read(transaction, table, key), Image(value))


def _target(reader: Reader, catalog: Catalog, name: str, table_id: str) -> Table:
    table = catalog.table(reader, name)
    if table is None or table.definition.id != table_id or not table.definition.filling:
        raise TargetGone(name)
    return table


def is_being_filled(reader: Reader, catalog: Catalog, name: str, table_id: str) -> bool:
    """Whether the very table of that name and id is being filled."""
    table = catalog.table(reader, name)
    return table is not None and table.definition.id == table_id and table.definition.filling


def finish(transaction: Transaction, catalog: Catalog, name: str, table_id: str) -> None:
    """Declare a table complete. Raises TargetGone."""
    definition = _target(transaction, catalog, name, table_id).definition
    catalog.save(transaction, replace(definition, filling=False))


def restart(transaction: Transaction, catalog: Catalog, name: str, table_id: str) -> None:
    """Throw away what was put into a table, so that it is filled from the beginning. Raises TargetGone.

    The old spaces are dropped and new ones taken, since a space that was dropped is never used again.
    """
    definition = _target(transaction, catalog, name, table_id).definition
    if not transaction.scan(definition.space, b"\0", None, limit=1):
        return
    holds.drop_table(transaction, definition)
    indexes = tuple(replace(index, space=catalog.new_space(transaction)) for index in definition.indexes)
    collections = None if definition.collections is None else catalog.new_space(transaction)
    space = catalog.new_space(transaction)
    catalog.save(
        transaction, replace(definition, space=space, indexes=indexes, collections=collections, log=None)
    )


def abandon(transaction: Transaction, catalog: Catalog, name: str, table_id: str) -> None:
    """Remove a table that cannot be filled; its name is free again. Raises TargetGone."""
    definition = _target(transaction, catalog, name, table_id).definition
    holds.drop_table(transaction, definition)
    catalog.remove(transaction, name)
