"""A page of Query or Scan, from the walk to the reply; what SELECT shares with them.

A page that fits in one slice is answered at once; a longer one lets other requests run between its slices.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Protocol

import msgspec

from stator.model.requests import QueryInput, ScanInput
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.selection import Selection
from stator.operations.registry import Call
from stator.storage.engine import Reader
from stator.tables import stored
from stator.tables.indexes import Index
from stator.tables.table import Table
from stator.tables.walk import Walk
from stator.values.attribute import Item

_encode = msgspec.json.Encoder().encode


class Walked(Protocol):
    """A page being walked."""

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""

    def reply(self) -> bytes:
        """The reply, once the page is complete."""


@dataclass(frozen=True, slots=True)
class Page:
    """A page about to be walked, and what its reply is made with."""

    request: QueryInput | ScanInput
    table: Table
    index: Index | None
    selection: Selection
    walk: Walk

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""
        return self.walk.step(reader)

    def reply(self) -> bytes:
        """The reply, once the page is complete."""
        return _reply(self)


def answer(call: Call, reader: Reader, page: Walked) -> bytes | Awaitable[bytes]:
    """Walk the page; its reply."""
    if page.step(reader):
        return page.reply()
    return _walk_on(call, page)


async def _walk_on(call: Call, page: Walked) -> bytes:
    while True:
        await asyncio.sleep(0)
        if page.step(call.database.engine.reader):
            return page.reply()


def _reply(page: Page) -> bytes:
    walk = page.walk
    parts = [b'{"Count":%d' % walk.count]
    if not page.selection.counts_only:
        parts.append(b',"Items":[%b]' % b",".join(walk.items))
    parts.append(b',"ScannedCount":%d' % walk.scanned)
    if walk.last is not None:
        parts.append(b',"LastEvaluatedKey":' + _encode(last_key(page.table, page.index, walk.last)))
    if page.request.ReturnConsumedCapacity is not None:
        shown = _capacity(page).shown(page.request.TableName, page.request.ReturnConsumedCapacity)
        if shown is not None:
            parts.append(b',"ConsumedCapacity":' + _encode(shown))
    parts.append(b"}")
    return b"".join(parts)


def last_key(table: Table, index: Index | None, value: bytes) -> Item:
    """The LastEvaluatedKey that a stored row gives."""
    last = stored.unpack(value)
    return {name: last[name] for name in (index.key_names if index else table.key.names)}


def _capacity(page: Page) -> Capacity:
    units = read_units(page.walk.size, consistent=bool(page.request.ConsistentRead))
    return read_capacity(page.index, units, page.selection.fetched_units)


def read_capacity(index: Index | None, units: float, fetched_units: float) -> Capacity:
    """The capacity of reading a table or an index, and of fetching whole items for the index."""
    if index is None:
        return Capacity(units)
    capacity = Capacity(fetched_units)
    capacity.add_index(index.name, index.kind, units)
    return capacity
