"""Proof that a database is whole: items, index entries and counters agree.

For each table, in one snapshot: every item lies where its key belongs, is normalised and has the size that it
claims; every entry that an item should have in an index is there, byte for byte; an index holds no entry
besides; and the counters say what was counted. Crash tests and restores end with it.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from stator.base.clock import SystemClock
from stator.storage.engine import Reader
from stator.tables import counters, stored
from stator.tables.catalog import Catalog, read_identity
from stator.tables.counters import Count
from stator.tables.indexes import Index
from stator.tables.keyspace import Partitions
from stator.tables.table import Table
from stator.values.attribute import Item
from stator.values.size import item_size

_ROWS_PER_SCAN: Final = 500
_PROBLEMS_MAX: Final = 100


@dataclass(slots=True)
class Report:
    """What a check found. `problems` are sentences, at most 100 of them; none means that all agrees."""

    tables: int = 0
    items: int = 0
    entries: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note a problem."""
        if len(self.problems) < _PROBLEMS_MAX:
            self.problems.append(problem)

    @property
    def summary(self) -> str:
        """One line for people."""
        seen = f"{self.tables} tables, {self.items} items, {self.entries} index entries"
        if self.problems:
            return f"{len(self.problems)} problems in {seen}"
        return f"All agrees: {seen}"


def check(reader: Reader) -> Report:
    """Check the database that a snapshot shows."""
    report = Report()
    secret = read_identity(reader)
    if secret is None:
        report.add("There is no database here: it has no identity.")
        return report
    for table in Catalog(Partitions(secret), SystemClock()).tables(reader):
        if not table.definition.deleting:
            report.tables += 1
            _check_table(reader, table, report)
    return report


def _check_table(reader: Reader, table: Table, report: Report) -> None:
    expected: dict[int, int] = dict.fromkeys((index.space for index in table.indexes), 0)
    items = size = 0
    for key, value in _rows(reader, table.space):
        items += 1
        size += stored.size_of(value)
        item = _check_item(table, key, value, report)
        if item is not None:
            for index in table.indexes:
                expected[index.space] += _check_entry(reader, table, index, item, value, key, report)
    report.items += items
    counts = counters.count(reader, [table.space, *expected])
    _check_count(f"table {table.name}", Count(items, size), counts[table.space], report)
    for index in table.indexes:
        entries, entry_size = _count(reader, index.space)
        report.entries += entries
        name = f"index {index.name} of table {table.name}"
        if entries > expected[index.space]:
            report.add(f"{name}: {entries - expected[index.space]} entries belong to no item")
        _check_count(name, Count(entries, entry_size), counts[index.space], report)


def _check_item(table: Table, key: bytes, value: bytes, report: Report) -> Item | None:
    where = f"table {table.name}, item at {key.hex()}"
    try:
        item = stored.unpack(value)
        size = item_size(item)
        position = table.key.position(item)
    except Exception as error:
        report.add(f"{where}: cannot be read: {error}")
        return None
    if size != stored.size_of(value):
        report.add(f"{where}: claims {stored.size_of(value)} bytes and has {size}")
    if position != key:
        report.add(f"{where}: its key belongs at {position.hex()}")
    if stored.pack(item, size) != value:
        report.add(f"{where}: is not in canonical form")
    return item


def _check_entry(
    reader: Reader, table: Table, index: Index, item: Item, value: bytes, key: bytes, report: Report
) -> int:
    entry = index.entry(item, value, key)
    if entry is None:
        return 0
    lying = reader.get(index.space, entry.key)
    if lying == entry.value:
        return 1
    if lying is None and not index.definition.filled:
        return 0
    state = "is missing" if lying is None else "differs"
    report.add(f"index {index.name} of table {table.name}: the entry of item {key.hex()} {state}")
    return 1


def _check_count(what: str, counted: Count, claimed: Count, report: Report) -> None:
    if counted != claimed:
        report.add(
            f"{what}: holds {counted.items} of {counted.bytes} bytes, "
            f"and the counters say {claimed.items} of {claimed.bytes}"
        )


def _count(reader: Reader, space: int) -> Count:
    items = size = 0
    for _, value in _rows(reader, space):
        items += 1
        size += stored.size_of(value)
    return Count(items, size)


def _rows(reader: Reader, space: int) -> Iterator[tuple[bytes, bytes]]:
    start = b""
    while rows := reader.scan(space, start, None, limit=_ROWS_PER_SCAN):
        yield from rows
        start = rows[-1][0] + b"\0"
