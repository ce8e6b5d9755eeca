"""Proof that a table's expiry entries are those of its items, and that someone looks after them."""

from stator.storage.engine import Reader
from stator.tables import slices
from stator.tables.report import Report
from stator.tables.table import Table
from stator.values.attribute import Item


class ExpiryCheck:
    """Compares the expiry entries of a table with its items; one that is being filled may lack some."""

    def __init__(self, reader: Reader, table: Table, report: Report, *, filling: bool) -> None:
        self._reader = reader
        self._table = table
        self._report = report
        self._filling = filling
        self._found = 0

    def add(self, key: bytes, item: Item) -> None:
        """Look for the entry of an item."""
        expiry = self._table.expiry
        entry = expiry.entry(item, b"", key) if expiry is not None else None
        if expiry is None or entry is None:
            return
        lying = self._reader.get(expiry.space, entry.key)
        self._found += lying is not None
        if lying is None and not self._filling:
            self._report.add(f"table {self._table.name}: the expiry of item {key.hex()} is missing")

    def end(self, swept: set[str]) -> None:
        """All items have been looked at; `swept` are the names of the tables whose expired items go."""
        expiry, name = self._table.expiry, self._table.name
        if (expiry is not None) != (name in swept):
            self._report.add(f"table {name}: the jobs and the table disagree whether its items expire")
        if expiry is not None:
            extra = sum(1 for _ in slices.rows(self._reader, expiry.space)) - self._found
            if extra:
                self._report.add(f"table {name}: {extra} expiries belong to no item")
