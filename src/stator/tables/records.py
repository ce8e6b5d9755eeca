"""The one funnel through which every change of an item goes.

`write` is called with an item before and after by whoever changes it: an API operation, a batch, a
transaction, TTL, and later imports and restores. In the caller's storage transaction it writes the item, the
index entries whose bytes change, the counters, the size of the item's collection, when the item expires, and
a record of the change. Nothing else may put or delete an item.
"""

from stator.storage.engine import Transaction
from stator.tables import capture, counters, expiry, item_collections, stored
from stator.tables.image import Image
from stator.tables.indexes import Entry, Index, IndexChange
from stator.tables.table import Table


def read(transaction: Transaction, table: Table, key: bytes) -> Image | None:
    """The item at a position."""
    value = transaction.get(table.space, key)
    return None if value is None else Image(value)


def write(
    transaction: Transaction,
    table: Table,
    key: bytes,
    before: Image | None,
    after: Image | None,
    *,
    service: bool = False,
) -> list[IndexChange]:
    """Make `after` the item at `key`, where `before` is now (None: no item).

    `service` tells that TTL deletes the item. Returns what changed in indexes. An unchanged item and
    unchanged entries are not written again. Raises ApiError if the item's collection grows too large.
    """
    if before is after or (before is not None and after is not None and before.stored == after.stored):
        return []
    deltas = _write_item(transaction, table, key, before, after)
    changes = []
    for index in table.indexes:
        change = _write_entry(transaction, index, key, before, after)
        if change is not None:
            changes.append(change)
            items = (change.after > 0) - (change.before > 0)
            deltas.append((index.space, items, change.after - change.before))
    if table.collections is not None:
        local = sum(change.after - change.before for change in changes if change.kind == "local")
        item_collections.grow(transaction, table, key, deltas[0][2] + local)
    deltas = [delta for delta in deltas if delta[1] or delta[2]]
    if deltas:
        counters.add(transaction, deltas)
    if table.expiry is not None:
        expiry.maintain(transaction, table.expiry, key, before, after)
    if table.log is not None:
        capture.record(transaction, table, key, before, after, service=service)
    return changes


def _write_item(
    transaction: Transaction, table: Table, key: bytes, before: Image | None, after: Image | None
) -> list[tuple[int, int, int]]:
    if after is None:
        assert before is not None
        transaction.delete(table.space, key)
        return [(table.space, -1, -before.size)]
    if before is None:
        transaction.put(table.space, key, after.stored)
        return [(table.space, 1, after.size)]
    transaction.put(table.space, key, after.stored)
    return [(table.space, 0, after.size - before.size)]


def _write_entry(
    transaction: Transaction, index: Index, key: bytes, before: Image | None, after: Image | None
) -> IndexChange | None:
    old = index.entry(before.item, before.stored, key) if before else None
    new = index.entry(after.item, after.stored, key) if after else None
    if old is not None and not index.definition.filled:
        # The back-fill may not have come here yet: what lies there counts, not what should.
        lying = transaction.get(index.space, old.key)
        old = Entry(old.key, lying) if lying is not None else None
    if old == new:
        return None
    moved = old is not None and new is not None and old.key != new.key
    if old is not None and (new is None or moved):
        transaction.delete(index.space, old.key)
    if new is not None:
        transaction.put(index.space, new.key, new.value)
    return IndexChange(
        index.name,
        index.kind,
        stored.size_of(old.value) if old else 0,
        stored.size_of(new.value) if new else 0,
        moved,
    )
