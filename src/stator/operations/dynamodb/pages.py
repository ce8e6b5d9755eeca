"""A page of Query or Scan, from the walk to the reply.

A page that fits in one slice is answered at once; a longer one lets other requests run between its slices.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

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

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Page:
    """A page about to be walked, and what its reply is made with."""

    request: QueryInput | ScanInput
    table: Table
    index: Index | None
    selection: Selection
    walk: Walk


def answer(call: Call, reader: Reader, page: Page) -> bytes | Awaitable[bytes]:
    """Walk the page; its reply."""
    if page.walk.step(reader):
        return _reply(page)
    return _walk_on(call, page)


async def _walk_on(call: Call, page: Page) -> bytes:
    while True:
        await asyncio.sleep(0)
        if page.walk.step(call.database.engine.reader):
            return _reply(page)


def _reply(page: Page) -> bytes:
    walk = page.walk
    parts = [b'{"Count":%d' % walk.count]
    if not page.selection.counts_only:
        parts.append(b',"Items":[%b]' % b",".join(walk.items))
    parts.append(b',"ScannedCount":%d' % walk.scanned)
    if walk.last is not None:
        last = stored.unpack(walk.last)
        names = page.index.key_names if page.index else page.table.key.names
        parts.append(b',"LastEvaluatedKey":' + _encode({name: last[name] for name in names}))
    if page.request.ReturnConsumedCapacity is not None:
        shown = _capacity(page).shown(page.request.TableName, page.request.ReturnConsumedCapacity)
        if shown is not None:
            parts.append(b',"ConsumedCapacity":' + _encode(shown))
    parts.append(b"}")
    return b"".join(parts)


def _capacity(page: Page) -> Capacity:
    units = read_units(page.walk.size, consistent=bool(page.request.ConsistentRead))
    if page.index is None:
        return Capacity(units)
    capacity = Capacity(page.selection.fetched_units)
    capacity.add_index(page.index.name, page.index.kind, units)
    return capacity
