"""A page of Query or Scan, from the walk to the reply; what SELECT shares with them.

A page that fits in one slice is answered at once; a longer one lets other requests run between its slices.
"""

from collections.abc import Awaitable
from typing import Protocol

import msgspec

from stator.base.pace import Pace
from stator.model.requests import QueryInput, ScanInput
from stator.operations.dynamodb import metering
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.reads.selection import Selection
from stator.operations.dynamodb.throttling import admit, pay
from stator.operations.registry import Call
from stator.storage.engine import Reader
from stator.tables import stored
from stator.tables.indexes import Index
from stator.tables.table import Table
from stator.tables.walk import Walk
from stator.values.attribute import Item

_encode = msgspec.json.Encoder().encode


class Walked(Protocol):
    """A page being walked, of a table or of an index of it."""

    @property
    def table(self) -> Table: ...  # noqa: D102
    @property
    def index(self) -> Index | None: ...  # noqa: D102

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""

    @property
    def operation(self) -> str: ...  # noqa: D102
    @property
    def count(self) -> int: ...  # noqa: D102

    def capacity(self) -> Capacity:
        """What the page has consumed, once it is complete."""

    def reply(self) -> bytes:
        """The reply, once the page is complete."""


class Page:
    """A page about to be walked, and what its reply is made with."""

    __slots__ = ("index", "request", "selection", "table", "walk")

    def __init__(
        self,
        request: QueryInput | ScanInput,
        table: Table,
        index: Index | None,
        selection: Selection,
        walk: Walk,
    ) -> None:
        self.request = request
        self.table = table
        self.index = index
        self.selection = selection
        self.walk = walk

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""
        return self.walk.step(reader)

    @property
    def operation(self) -> str:
        """The operation that the page answers."""
        return "Query" if isinstance(self.request, QueryInput) else "Scan"

    @property
    def count(self) -> int:
        """How many items the page has."""
        return self.walk.count

    def capacity(self) -> Capacity:
        """What the page has consumed, once it is complete."""
        units = read_units(self.walk.size, consistent=bool(self.request.ConsistentRead))
        return read_capacity(self.index, units, self.selection.fetched_units)

    def reply(self) -> bytes:
        """The reply, once the page is complete."""
        return _reply(self)


def answer(call: Call, reader: Reader, page: Walked) -> bytes | Awaitable[bytes]:
    """Walk the page; its reply (Throttled)."""
    admit(call, page.table, "read", page.index)
    if page.step(reader):
        return _complete(call, page)
    return _walk_on(call, page)


def _complete(call: Call, page: Walked) -> bytes:
    if call.database.throttle is not None or call.database.meter is not None:
        capacity = page.capacity()
        pay(call, page.table, "read", capacity)
        metering.read(call, page.table, capacity)
        metering.returned(call, page.table, page.operation, page.count)
    return page.reply()


async def _walk_on(call: Call, page: Walked) -> bytes:
    pace = Pace()
    while True:
        await pace.rest()
        with pace.step():
            if page.step(call.database.engine.reader):
                return _complete(call, page)


def _reply(page: Page) -> bytes:
    walk = page.walk
    parts = [b'{"Count":%d' % walk.count]
    if not page.selection.counts_only:
        parts.append(b',"Items":[%b]' % b",".join(walk.items))
    parts.append(b',"ScannedCount":%d' % walk.scanned)
    if walk.last is not None:
        parts.append(b',"LastEvaluatedKey":' + _encode(last_key(page.table, page.index, walk.last)))
    if page.request.ReturnConsumedCapacity is not None:
        shown = page.capacity().shown(page.request.TableName, page.request.ReturnConsumedCapacity)
        if shown is not None:
            parts.append(b',"ConsumedCapacity":' + _encode(shown))
    parts.append(b"}")
    return b"".join(parts)


def last_key(table: Table, index: Index | None, value: bytes) -> Item:
    """The LastEvaluatedKey that a stored row gives."""
    last = stored.unpack(value)
    return {name: last[name] for name in (index.key_names if index else table.key.names)}


def read_capacity(index: Index | None, units: float, fetched_units: float) -> Capacity:
    """The capacity of reading a table or an index, and of fetching whole items for the index."""
    if index is None:
        return Capacity(units)
    capacity = Capacity(fetched_units)
    capacity.add_index(index.name, index.kind, units)
    return capacity
