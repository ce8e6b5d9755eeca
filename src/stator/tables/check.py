"""Proof that a database is whole: items and all that is kept of them besides agree, and nothing is left over.

In one snapshot, of every table: each item lies where its key belongs, is in canonical form and has the size
that it claims; the entry that it should have in each index is there, byte for byte; an index holds no entry
besides; the counters say what was counted; item collections have the sizes that are kept of them; and what
expires is known (`check_expiry`). Change logs agree with the items too (`check_log`), and what is copied or
filled has a job (`check_copies`). Of the rest: no space but those of a table, an index or a change log holds
anything or is counted, and an index that is not filled is being filled. Crash tests and restores end with it.
"""

from pathlib import Path

from stator.base.clock import SystemClock
from stator.storage.engine import Reader
from stator.storage.open import open_reader
from stator.tables import (
    aside,
    backfill,
    counters,
    item_collections,
    slices,
    stored,
    streams,
    time_to_live,
)
from stator.tables.catalog import Catalog, first_free_space, read_identity
from stator.tables.check_copies import check_copies
from stator.tables.check_expiry import ExpiryCheck
from stator.tables.check_log import check_logs
from stator.tables.counters import Count
from stator.tables.indexes import Index
from stator.tables.keyspace import FIRST_TABLE_SPACE, PARTITION_BYTES, Partitions
from stator.tables.report import Report
from stator.tables.table import Table
from stator.values.attribute import Item, normalise_item


def check_directory(data: Path) -> Report:
    """Check a data directory, beside a live server or without one. Raises StorageError if it has none."""
    with open_reader(data) as reader:
        return check(reader)


def check(reader: Reader) -> Report:
    """Check the database that a snapshot shows."""
    report = Report()
    secret = read_identity(reader)
    if secret is None:
        report.add("There is no database here: it has no identity.")
        return report
    known: set[int] = {record.log for record in streams.all_streams(reader)}
    for held in aside.tables(reader):
        known.add(held.space)
        if held.log is not None:
            known.add(held.log)
    filling = {job.space for job in backfill.all_pending(reader)}
    swept = set(time_to_live.tables(reader))
    tables = {}
    partitions = Partitions(secret)
    for table in Catalog(partitions, SystemClock()).tables(reader):
        if table.definition.deleting:
            continue  # Its spaces are dropped: they must be empty, like any that is nobody's.
        report.tables += 1
        tables[table.name] = table
        known.add(table.space)
        known.update(index.space for index in table.indexes)
        if table.definition.log is not None:
            known.add(table.definition.log)
        if table.collections is not None:
            known.add(table.collections)
        if table.expiry is not None:
            known.add(table.expiry.space)
        _check_table(reader, table, filling, swept, report)
        for index in table.indexes:
            if not index.definition.filled and index.space not in filling:
                report.add(f"{_name(table, index)}: is not filled, and nothing fills it")
    for name in sorted(swept - tables.keys()):
        report.add(f"table {name}: its items expire, and it is not there")
    check_logs(reader, partitions, tables, report)
    check_copies(reader, (table.definition for table in tables.values()), report)
    _check_spaces(reader, known, report)
    return report


# Tables and indexes.


def _name(table: Table, index: Index) -> str:
    return f"index {index.name} of table {table.name}"


def _check_table(reader: Reader, table: Table, filling: set[int], swept: set[str], report: Report) -> None:
    found: dict[int, int] = dict.fromkeys((index.space for index in table.indexes), 0)
    items = size = 0
    collections = _Collections(reader, table, report)
    is_filling = table.expiry is not None and table.expiry.space in filling
    expiries = ExpiryCheck(reader, table, report, filling=is_filling)
    for key, value in slices.rows(reader, table.space):
        items += 1
        size += stored.size_of(value)
        collections.add(key, stored.size_of(value))
        item = _check_item(table, key, value, report)
        if item is not None:
            expiries.add(key, item)
            for index in table.indexes:
                entry = _check_entry(reader, table, index, item, value, key, report)
                found[index.space] += entry.items
                if index.kind == "local":
                    collections.add(key, entry.bytes)
    collections.end()
    expiries.end(swept)
    report.items += items
    counts = counters.count(reader, [table.space, *found])
    _check_count(f"table {table.name}", Count(items, size), counts[table.space], report)
    for index in table.indexes:
        counted = _count(reader, index.space)
        report.entries += counted.items
        extra = counted.items - found[index.space]
        if extra:
            report.add(f"{_name(table, index)}: {extra} entries belong to no item")
        _check_count(_name(table, index), counted, counts[index.space], report)


def _check_item(table: Table, key: bytes, value: bytes, report: Report) -> Item | None:
    """Check an item by itself; None if its entries cannot be told."""
    where = f"table {table.name}, item at {key.hex()}"
    try:
        item = stored.unpack(value)
        position = table.key.position(item)
        size = normalise_item(item)
    except Exception as error:
        report.add(f"{where}: cannot be read: {error}")
        return None
    if size != stored.size_of(value):
        report.add(f"{where}: claims {stored.size_of(value)} bytes and has {size}")
    elif stored.pack(item, size) != value:
        report.add(f"{where}: is not in canonical form")
    if position != key:
        report.add(f"{where}: its key belongs at {position.hex()}")
    return item


def _check_entry(
    reader: Reader, table: Table, index: Index, item: Item, value: bytes, key: bytes, report: Report
) -> Count:
    """Check the entry of an item; what lies where it should."""
    entry = index.entry(item, value, key)
    if entry is None:
        return Count(0, 0)
    lying = reader.get(index.space, entry.key)
    if lying is None:
        if index.definition.filled:
            report.add(f"{_name(table, index)}: the entry of item {key.hex()} is missing")
        return Count(0, 0)
    if lying != entry.value:
        report.add(f"{_name(table, index)}: the entry of item {key.hex()} differs")
    return Count(1, stored.size_of(lying))


def _check_count(what: str, counted: Count, claimed: Count, report: Report) -> None:
    if counted != claimed:
        report.add(
            f"{what}: holds {counted.items} of {counted.bytes} bytes, "
            f"and the counters say {claimed.items} of {claimed.bytes}"
        )


class _Collections:
    """Compares the sizes of a table's item collections with its items, which come in order of partitions."""

    def __init__(self, reader: Reader, table: Table, report: Report) -> None:
        self._reader = reader
        self._table = table
        self._report = report
        self._partition = b""
        self._bytes = 0
        self._seen = 0

    def add(self, key: bytes, size: int) -> None:
        """Count an item, or its entry in a local index."""
        partition = key[:PARTITION_BYTES]
        if partition != self._partition:
            self._compare()
            self._partition = partition
            self._bytes = 0
        self._bytes += size

    def end(self) -> None:
        """All items have been counted."""
        self._compare()
        if self._table.collections is not None:
            extra = sum(1 for _ in slices.rows(self._reader, self._table.collections)) - self._seen
            if extra:
                self._report.add(f"table {self._table.name}: {extra} sizes are of no item collection")

    def _compare(self) -> None:
        if self._table.collections is None or not self._partition:
            return
        row = self._reader.get(self._table.collections, self._partition)
        self._seen += row is not None
        kept = item_collections.read_size(row)
        if kept != self._bytes:
            self._report.add(
                f"table {self._table.name}, item collection {self._partition.hex()}: "
                f"has {self._bytes} bytes, and {kept} are kept of it"
            )


# Spaces.


def _check_spaces(reader: Reader, known: set[int], report: Report) -> None:
    end = first_free_space(reader)
    for space in range(FIRST_TABLE_SPACE, end):
        if space not in known and reader.scan(space, b"", None, limit=1):
            report.add(f"space {space}: holds something, and belongs to nothing")
    counted = set(counters.counted(reader))
    for space in sorted(counted - known):
        report.add(f"space {space}: is counted, and belongs to nothing")
    for space in sorted(known - counted):
        report.add(f"space {space}: is a table or an index, and is not counted")
    for space in sorted(space for space in known if space >= end):
        report.add(f"space {space}: is used, and will be given out again")


def _count(reader: Reader, space: int) -> Count:
    items = size = 0
    for _, value in slices.rows(reader, space):
        items += 1
        size += stored.size_of(value)
    return Count(items, size)
