"""Deleted tables that are still being copied: their definitions are set aside, under their ids.

Such a table is frozen. Nobody finds it by name; its items and its change log are there until the last copy is
done (`stator.tables.holds`).
"""

from collections.abc import Iterator

import msgspec

from stator.storage.engine import Reader, Transaction
from stator.tables import slices
from stator.tables.definition import TableDefinition
from stator.tables.keyspace import ASIDE_END, ASIDE_START, CATALOG, aside_key

_decode = msgspec.json.Decoder(TableDefinition).decode
_encode = msgspec.json.Encoder().encode


def put(transaction: Transaction, definition: TableDefinition) -> None:
    """Set a definition aside, or change one that is."""
    transaction.put(CATALOG, aside_key(definition.id), _encode(definition))


def get(reader: Reader, table_id: str) -> TableDefinition | None:
    """The definition that was set aside; None if there is none."""
    row = reader.get(CATALOG, aside_key(table_id))
    return None if row is None else _decode(row)


def remove(transaction: Transaction, table_id: str) -> None:
    """Forget a definition that was set aside."""
    transaction.delete(CATALOG, aside_key(table_id))


def tables(reader: Reader) -> Iterator[TableDefinition]:
    """All definitions that are set aside."""
    return (_decode(row) for _, row in slices.rows(reader, CATALOG, ASIDE_START, ASIDE_END))
