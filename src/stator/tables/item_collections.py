"""Sizes of item collections: in a table with local indexes, what shares a partition key is one collection.

Its size is that of its items and of their entries in local indexes, by DynamoDB's rules. It is kept in a row
per collection, in a space of the table's own, by the write funnel; a collection without bytes has no row.

Source: "Local secondary indexes" of the developer guide, "Item collection size limit".
"""

from typing import Final

from stator.base.errors import ApiError
from stator.storage.engine import Reader, Transaction
from stator.tables.keyspace import PARTITION_BYTES
from stator.tables.table import Table

_EXCEEDED: Final = "Collection size exceeded."
_ROW_BYTES: Final = 8


def grow(transaction: Transaction, table: Table, key: bytes, growth: int) -> None:
    """Add to the size of the collection of the item at `key`; less than nothing if it shrinks.

    Raises ApiError if the collection grows past what the table allows; one that already is larger may shrink.
    """
    space = table.collections
    if space is None or not growth:
        return
    size = size_of(transaction, table, key) + growth
    if growth > 0 and size > table.collection_bytes_max:
        raise ApiError("ItemCollectionSizeLimitExceededException", _EXCEEDED)
    partition = key[:PARTITION_BYTES]
    if size:
        transaction.put(space, partition, size.to_bytes(_ROW_BYTES, "big"))
    else:
        transaction.delete(space, partition)


def size_of(reader: Reader, table: Table, key: bytes) -> int:
    """The bytes of the collection of the item at `key`; 0 in a table without local indexes."""
    if table.collections is None:
        return 0
    return read_size(reader.get(table.collections, key[:PARTITION_BYTES]))


def read_size(row: bytes | None) -> int:
    """The bytes that a row tells; no row, no bytes."""
    return 0 if row is None else int.from_bytes(row, "big")
