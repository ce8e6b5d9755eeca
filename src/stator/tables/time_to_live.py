"""Time to live at work: what enabling and disabling do to a table, and deleting what has expired.

A table with TTL has a space of expiry entries (`stator.tables.expiry`) and a row among the jobs, so that
nobody has to look for such tables. Enabling makes both, and a back-fill for items that are there already;
disabling drops them. An expired item is deleted through the write funnel like any other, by a job.
"""

from functools import partial

from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import backfill, expiry, records, removal, slices
from stator.tables.catalog import Catalog
from stator.tables.definition import NEVER, TableDefinition, TimeToLive
from stator.tables.keyspace import EXPIRIES_END, EXPIRIES_START, JOBS, expiry_name, expiry_row
from stator.tables.meter import EXPIRED_ITEMS, Meter
from stator.tables.table import Table


def enable(
    transaction: Transaction, catalog: Catalog, definition: TableDefinition, attribute: str, changed_at: float
) -> None:
    """Have items expire by an attribute, which is shown as ENABLING until `changed_at` (-1: not at all)."""
    space = catalog.new_space(transaction)
    transaction.put(JOBS, expiry_row(definition.name), b"")
    if transaction.scan(definition.space, b"\0", None, limit=1):
        backfill.begin(transaction, definition.name, space)
    setting = TimeToLive(attribute=attribute, space=space, changed_at=changed_at)
    catalog.save(transaction, replace(definition, ttl=setting))


def disable(
    transaction: Transaction, catalog: Catalog, definition: TableDefinition, changed_at: float
) -> None:
    """Let no item expire any more; that is shown as DISABLING until `changed_at` (-1: not at all)."""
    removal.drop_expiry(transaction, definition)
    setting = TimeToLive(disabled=definition.ttl.attribute, changed_at=changed_at)
    catalog.save(transaction, replace(definition, ttl=setting))


def tables(reader: Reader) -> list[str]:
    """The names of the tables with TTL."""
    return [expiry_name(key) for key, _ in slices.rows(reader, JOBS, EXPIRIES_START, EXPIRIES_END)]


def has_due(reader: Reader, catalog: Catalog, name: str, now: float) -> bool:
    """Whether a table has an item that has expired at `now`."""
    table = _sweepable(reader, catalog, name)
    return table is not None and table.expiry is not None and bool(expiry.due(reader, table.expiry, now, 1))


def delete_due(
    transaction: Transaction,
    catalog: Catalog,
    name: str,
    now: float,
    limit: int,
    meter: Meter | None = None,
) -> int:
    """Delete up to `limit` items of a table that have expired at `now`. How many entries were looked at.

    The meter is told how many items were deleted.
    What is due is read in the transaction that deletes it: an item whose time was changed meanwhile, or
    that is gone, has no such entry any more.
    """
    table = _sweepable(transaction, catalog, name)
    if table is None or table.expiry is None:
        return 0
    entries = expiry.due(transaction, table.expiry, now, limit)
    deleted = 0
    for entry in entries:
        key = expiry.item_key(entry)
        item = records.read(transaction, table, key)
        if table.expiry.key_of(item, key) == entry:
            records.write(transaction, table, key, item, None, service=True)
            deleted += 1
        else:  # An entry without its item: what `stator check` calls a problem. It must not stop the rest.
            transaction.delete(table.expiry.space, entry)
    if meter is not None and deleted:
        transaction.note(partial(meter.count, EXPIRED_ITEMS, table.name, deleted))
    return len(entries)


def _sweepable(reader: Reader, catalog: Catalog, name: str) -> Table | None:
    """The table, if its items may be deleted: nothing expires while TTL is only being enabled."""
    table = catalog.table(reader, name)
    if table is None or not table.readable or table.definition.ttl.changed_at != NEVER:
        return None
    return table
