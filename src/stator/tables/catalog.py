"""The catalog: table definitions, and the identity of the database.

Tables are cached per process. A cached table is trusted while the reader's generation (which grows with every
commit that touches the catalog) is the one it was read at, and until its definition changes by itself. So the
hot path compares two numbers, and a transaction that follows a table change in the same batch sees it.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
from msgspec import Struct

from stator.base.clock import Clock
from stator.base.ids import Ids
from stator.base.limits import COLLECTION_BYTES_MAX
from stator.storage.engine import Reader, Transaction
from stator.tables import counters
from stator.tables.change_log import ChangeLog
from stator.tables.definition import FOREVER, NEVER, TableDefinition, settle
from stator.tables.keyspace import (
    CATALOG,
    FIRST_TABLE_SPACE,
    IDENTITY,
    NEXT_SPACE,
    TABLES_END,
    TABLES_START,
    Partitions,
    table_key,
    table_name,
)
from stator.tables.table import Table

_ROWS_PER_SCAN: Final = 100


class _Fate(Struct):
    """The only member of a definition that decides whether there is a table: the rest is skipped."""

    gone_at: float = NEVER


_decode = msgspec.json.Decoder(TableDefinition).decode
_decode_fate = msgspec.json.Decoder(_Fate).decode
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


def first_free_space(reader: Reader) -> int:
    """The space id that is given out next; none from there on was ever used."""
    row = reader.get(CATALOG, NEXT_SPACE)
    return int.from_bytes(row, "big") if row else FIRST_TABLE_SPACE


class Catalog:
    """The tables of a database, as of a reader's snapshot and the clock."""

    def __init__(
        self, partitions: Partitions, clock: Clock, *, collection_bytes_max: int = COLLECTION_BYTES_MAX
    ) -> None:
        self._collection_bytes_max = collection_bytes_max
        self._partitions = partitions
        self._clock = clock
        self._cache: dict[str, _Cached] = {}
        # A log's end is the same for all tables made of its definition, one after the other.
        self._logs: dict[int, ChangeLog] = {}

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
            table = self._table(definition) if definition else None
        if table is not None and generation is not None:
            self._cache[name] = _Cached(generation, source, table)
        return table

    def names(self, reader: Reader, after: str = "") -> Iterator[str]:
        """The names of the tables in order, from the one that follows `after`."""
        now = self._clock.now()
        for key, source in _rows(reader, after):
            gone_at = _decode_fate(source).gone_at
            if gone_at == NEVER or now < gone_at:
                yield table_name(key)

    def tables(self, reader: Reader) -> Iterator[Table]:
        """The tables in order of their names."""
        now = self._clock.now()
        for _, source in _rows(reader):
            definition = settle(_decode(source), now)
            if definition is not None:
                yield self._table(definition)

    def _table(self, definition: TableDefinition) -> Table:
        return Table(
            definition,
            self._partitions,
            None if definition.log is None else self._log(definition.log),
            collection_bytes_max=self._collection_bytes_max,
        )

    def _log(self, space: int) -> ChangeLog:
        log = self._logs.get(space)
        if log is None:
            log = self._logs[space] = ChangeLog(space, self._clock)
        return log

    def save(self, transaction: Transaction, definition: TableDefinition) -> None:
        """Keep a new or changed definition."""
        transaction.put(CATALOG, table_key(definition.name), _encode(definition))

    def remove(self, transaction: Transaction, name: str) -> None:
        """Forget a table's definition; its spaces are the caller's to drop."""
        transaction.delete(CATALOG, table_key(name))

    def new_space(self, transaction: Transaction) -> int:
        """A space id that was never given out before; what is put there is counted from now on."""
        space = first_free_space(transaction)
        transaction.put(CATALOG, NEXT_SPACE, (space + 1).to_bytes(8, "big"))
        counters.begin(transaction, space)
        return space


def _rows(reader: Reader, after: str = "") -> Iterator[tuple[bytes, bytes]]:
    """The rows of tables, from the one that follows `after`."""
    start = table_key(after) + b"\0" if after else TABLES_START
    while rows := reader.scan(CATALOG, start, TABLES_END, limit=_ROWS_PER_SCAN):
        yield from rows
        start = rows[-1][0] + b"\0"
