"""Removing tables and indexes: what they hold at once, what is still shown of a table when that has ended.

With a lifecycle delay a deleted table is shown as DELETING for a while. Its definition says until when, so
nobody sees it any longer than that; a job deletes the row from the catalog some time later.
"""

from typing import Final

from stator.storage.engine import Reader, Transaction
from stator.tables import backfill, counters
from stator.tables.catalog import Catalog
from stator.tables.definition import IndexDefinition, TableDefinition
from stator.tables.keyspace import (
    CATALOG,
    JOBS,
    REMOVALS_END,
    REMOVALS_START,
    expiry_row,
    removal_key,
    removal_name,
    table_key,
)

_ROWS_PER_PASS: Final = 100


def drop_derived(transaction: Transaction, definition: TableDefinition) -> None:
    """Drop all that follows from the items of a table: index entries, sizes of collections, expiries."""
    for index in definition.indexes:
        if not index.deleting:
            drop_index(transaction, index)
    if definition.collections is not None:
        _drop_space(transaction, definition.collections)
    drop_expiry(transaction, definition)


def drop_items(transaction: Transaction, definition: TableDefinition) -> None:
    """Drop the items of a table."""
    _drop_space(transaction, definition.space)


def drop_index(transaction: Transaction, index: IndexDefinition) -> None:
    """Drop the entries of an index, and stop filling it."""
    _drop_space(transaction, index.space)
    backfill.cancel(transaction, index.space)


def drop_expiry(transaction: Transaction, definition: TableDefinition) -> None:
    """Drop the expiry entries of a table, if it has TTL, and stop filling them."""
    space = definition.ttl.space
    if space is not None:
        _drop_space(transaction, space)
        backfill.cancel(transaction, space)
        transaction.delete(JOBS, expiry_row(definition.name))


def _drop_space(transaction: Transaction, space: int) -> None:
    transaction.drop_space(space)
    counters.forget(transaction, space)


def begin(transaction: Transaction, name: str) -> None:
    """Ask for the row of a deleted table to be removed when it is not shown any more."""
    transaction.put(JOBS, removal_key(name), b"")


def is_pending(reader: Reader) -> bool:
    """Whether a deleted table still has its row."""
    return bool(reader.scan(JOBS, REMOVALS_START, REMOVALS_END, limit=1))


def remove_gone(transaction: Transaction, catalog: Catalog) -> None:
    """Remove the rows of tables that are gone by now; one that was made anew under its name stays."""
    for key, _ in transaction.scan(JOBS, REMOVALS_START, REMOVALS_END, limit=_ROWS_PER_PASS):
        name = removal_name(key)
        table = catalog.table(transaction, name)
        if table is not None and table.definition.deleting:
            continue
        transaction.delete(JOBS, key)
        if table is None and transaction.get(CATALOG, table_key(name)) is not None:
            catalog.remove(transaction, name)
