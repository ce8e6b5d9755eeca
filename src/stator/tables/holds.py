"""Holds: who copies a table, as of which position of its change log.

While a table has a hold, its log keeps the old image of every change from the hold's position on. So whoever
holds it can read the table as it was there, beside writes, for as long as that takes (`stator.copies.past`).

A table that is deleted while it is held is frozen: its definition is set aside (`stator.tables.aside`), and
its items and its log stay until the last hold is released.
"""

from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import aside, logs, removal, streams
from stator.tables.catalog import Catalog
from stator.tables.change_log import first_position
from stator.tables.definition import TableDefinition
from stator.tables.table import Table


def with_log(transaction: Transaction, catalog: Catalog, definition: TableDefinition) -> TableDefinition:
    """The definition with a change log; it is the caller's to save."""
    if definition.log is not None:
        return definition
    log = catalog.new_space(transaction)
    logs.begin(transaction, definition.name, log)
    return replace(definition, log=log)


def hold(
    transaction: Transaction, catalog: Catalog, table: Table, owner: str, position: int | None = None
) -> int:
    """Hold a table for `owner`, the id of a job, as it is now or as it was at `position`; it is saved.

    Returns the position: everything committed before it counts, nothing after it. A past position must be one
    that recovery or another hold has kept (`stator.copies.past.position_at`).
    """
    definition = with_log(transaction, catalog, table.definition)
    if position is None:
        position = first_position(transaction.id)
    catalog.save(transaction, replace(definition, holds={**definition.holds, owner: position}))
    return position


def release(transaction: Transaction, catalog: Catalog, name: str, table_id: str, owner: str) -> None:
    """End a hold on a table, be it deleted meanwhile; what nobody holds any more goes."""
    definition = held(transaction, catalog, name, table_id)
    if definition is None or owner not in definition.holds:
        return
    holds = {other: position for other, position in definition.holds.items() if other != owner}
    released = replace(definition, holds=holds)
    if aside.get(transaction, table_id) is None:
        catalog.save(transaction, released)
    elif holds:
        aside.put(transaction, released)
    else:
        aside.remove(transaction, table_id)
        removal.drop_items(transaction, released)
        _release_log(transaction, released)


def held(reader: Reader, catalog: Catalog, name: str, table_id: str) -> TableDefinition | None:
    """The definition of the very table of that name and id, be it deleted and held; None if it is gone."""
    definition = aside.get(reader, table_id)
    if definition is not None:
        return definition
    table = catalog.table(reader, name)
    if table is None or table.definition.id != table_id or table.definition.deleting:
        return None
    return table.definition


def drop_table(transaction: Transaction, definition: TableDefinition) -> None:
    """Drop what a deleted table has, once its stream is closed. If it is held, its items and log stay."""
    removal.drop_derived(transaction, definition)
    if definition.holds:
        aside.put(transaction, definition)
    else:
        removal.drop_items(transaction, definition)
    _release_log(transaction, definition)


def _release_log(transaction: Transaction, definition: TableDefinition) -> None:
    if definition.log is not None:
        streams.release(transaction, definition.name, definition.log)
