"""The catalog: table definitions, and the identity of the database.

Tables are cached per process. A cached table is trusted while the reader's generation (which grows with every
commit that touches the catalog) is the one it was read at, and until its definition changes by itself. So the
hot path compares two numbers, and a transaction that follows a table change in the same batch sees it.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from stator.base.clock import Clock
from stator.base.ids import Ids
from stator.storage.engine import Reader, Transaction
from stator.tables.definition import FOREVER, TableDefinition, settle
from stator.tables.keyspace import (
    CATALOG,
    FIRST_TABLE_SPACE,
    IDENTITY,
    NEXT_SPACE,
    TABLES_END,
    TABLES_START,
    Partitions,
    table_key,
)
from stator.tables.table import Table

_ROWS_PER_SCAN: Final = 100

_decode = msgspec.json.Decoder(TableDefinition).decode
_encode = msgspec.json.Encoder().encode


class _Cached(NamedTuple):
    generation: int
    source: bytes
    table: Table


def create_identity(transaction: Transaction, ids: Ids) -> bytes:
    """The secret of the database's partition digests, made with the database and never changed."""
    secret = transaction.get(CATALOG, IDENTITY)
    if secret is None:
        secret = ids.secret()
        transaction.put(CATALOG, IDENTITY, secret)
    return secret


def read_identity(reader: Reader) -> bytes | None:
    """The secret of an existing database; None if there is no database yet."""
    return reader.get(CATALOG, IDENTITY)


class Catalog:
    """The tables of a database, as of a reader's snapshot and the clock."""

    def __init__(self, partitions: Partitions, clock: Clock) -> None:
        self._partitions = partitions
        self._clock = clock
        self._cache: dict[str, _Cached] = {}

    def table(self, reader: Reader, name: str) -> Table | None:
        """The table of that name, in whatever state; None if there is none."""
        cached = self._cache.get(name)
        if cached is not None and cached.generation == reader.generation:
            table = cached.table
            if table.valid_until == FOREVER or self._clock.now() < table.valid_until:
                return table
        return self._load(reader, name, cached)

    def _load(self, reader: Reader, name: str, cached: _Cached | None) -> Table | None:
        generation = reader.generation
        source = reader.get(CATALOG, table_key(name))
        if source is None:
            self._cache.pop(name, None)
            return None
        now = self._clock.now()
        if cached is not None and cached.source == source and now < cached.table.valid_until:
            table: Table | None = cached.table
        else:
            definition = settle(_decode(source), now)
            table = Table(definition, now, self._partitions) if definition else None
        if table is not None and generation is not None:
            self._cache[name] = _Cached(generation, source, table)
        return table

    def tables(self, reader: Reader, after: str = "") -> Iterator[Table]:
        """The tables in order of their names, from the one that follows `after`."""
        start = table_key(after) + b"\0" if after else TABLES_START
        while rows := reader.scan(CATALOG, start, TABLES_END, limit=_ROWS_PER_SCAN):
            now = self._clock.now()
            for _, source in rows:
                definition = settle(_decode(source), now)
                if definition is not None:
                    yield Table(definition, now, self._partitions)
            start = rows[-1][0] + b"\0"

    def save(self, transaction: Transaction, definition: TableDefinition) -> Table:
        """Keep a new or changed definition; returns the table that it makes."""
        transaction.put(CATALOG, table_key(definition.name), _encode(definition))
        return Table(definition, self._clock.now(), self._partitions)

    def remove(self, transaction: Transaction, name: str) -> None:
        """Forget a table's definition; its spaces are the caller's to drop."""
        transaction.delete(CATALOG, table_key(name))

    def new_space(self, transaction: Transaction) -> int:
        """A space id that was never given out before."""
        row = transaction.get(CATALOG, NEXT_SPACE)
        space = int.from_bytes(row, "big") if row else FIRST_TABLE_SPACE
        transaction.put(CATALOG, NEXT_SPACE, (space + 1).to_bytes(8, "big"))
        return space
