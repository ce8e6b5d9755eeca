"""Capacity that a request consumes, and how ReturnConsumedCapacity shows it.

Source: "DynamoDB read and write operations" of the developer guide: a read unit is a strongly consistent read
of up to 4 KB, a write unit a write of up to 1 KB; an eventually consistent read costs half.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal

from stator.base.limits import READ_UNIT_BYTES, WRITE_UNIT_BYTES
from stator.tables import stored
from stator.tables.indexes import IndexChange

Unit = Literal["ReadCapacityUnits", "WriteCapacityUnits"]

TRANSACTION_RATE: Final = 2.0
"""A unit in a transaction costs two: one to prepare, one to commit."""


def read_units(size: int, *, consistent: bool) -> float:
    """Units of reading `size` bytes, at least the minimum."""
    units = max(1, -(-size // READ_UNIT_BYTES))
    return float(units) if consistent else units / 2


def item_half_units(value: bytes | None, *, consistent: bool) -> int:
    """Half units of reading one item, in its stored form (None: there is none)."""
    halves = 2 if consistent else 1
    # The stored form is never shorter than the item's size, and most items need not be looked at.
    if value is None or len(value) <= READ_UNIT_BYTES:
        return halves
    return halves * max(1, -(-stored.size_of(value) // READ_UNIT_BYTES))


def write_units(size: int) -> float:
    """Units of writing `size` bytes, at least one."""
    return float(max(1, -(-size // WRITE_UNIT_BYTES)))


class Capacity:
    """Units that one request consumed of a table and of its indexes."""

    __slots__ = ("global_", "local", "table")

    def __init__(self, table: float = 0.0) -> None:
        self.table = table
        self.local: dict[str, float] = {}
        self.global_: dict[str, float] = {}

    def add_index(self, name: str, kind: str, units: float) -> None:
        """Count units of an index."""
        of_kind = self.local if kind == "local" else self.global_
        of_kind[name] = of_kind.get(name, 0.0) + units

    def add_write(
        self, before: int, after: int, changes: Iterable[IndexChange], *, rate: float = 1.0
    ) -> None:
        """Count a write of an item of these sizes (0: no item) and what it did to indexes.

        `rate` is the price of a unit of the table; a unit of an index always costs one.
        """
        self.table += rate * write_units(max(before, after))
        for change in changes:
            self.add_index(change.name, change.kind, _entry_units(change))

    def add(self, other: "Capacity") -> None:
        """Count what another part of the request consumed of the same table."""
        self.table += other.table
        for kind, of_kind in (("local", other.local), ("global", other.global_)):
            for name, units in of_kind.items():
                self.add_index(name, kind, units)

    def shown(self, name: str, mode: str | None, unit: Unit | None = None) -> dict[str, Any] | None:
        """The ConsumedCapacity member for a table as the request named it; None unless asked for.

        Of transactions it also says which `unit` each number counts.
        """
        if mode is None or mode == "NONE":
            return None
        total = self.table + sum(self.local.values()) + sum(self.global_.values())
        shown: dict[str, Any] = {"TableName": name, **_arm(total, unit)}
        if mode == "INDEXES":
            shown["Table"] = _arm(self.table, unit)
            for member, units in (
                ("LocalSecondaryIndexes", self.local),
                ("GlobalSecondaryIndexes", self.global_),
            ):
                if units:
                    shown[member] = {index: _arm(value, unit) for index, value in units.items()}
        return shown


def _arm(units: float, unit: Unit | None) -> dict[str, float]:
    return {"CapacityUnits": units} if unit is None else {"CapacityUnits": units, unit: units}


def _entry_units(change: IndexChange) -> float:
    """An entry that moves is deleted and inserted; one that changes where it is costs its larger size."""
    if change.moved:
        return write_units(change.before) + write_units(change.after)
    return write_units(max(change.before, change.after))
