"""BatchGetItem and BatchWriteItem: up to a hundred reads, or twenty-five writes, in one request."""

from collections.abc import Awaitable, Collection, Iterator
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Raw, to_builtins

from stator.base.errors import validation
from stator.base.limits import (
    BATCH_GET_BYTES_MAX,
    BATCH_GET_KEYS_MAX,
    BATCH_WRITE_REQUESTS_MAX,
    ITEM_SIZE_BYTES_MAX,
)
from stator.expressions.projection import Projection
from stator.model.requests import (
    BatchGetItemInput,
    BatchWriteItemInput,
    KeysAndAttributes,
    WriteRequest,
)
from stator.operations.dynamodb import metering, throttling
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.items import ITEM_TOO_LARGE, collection_metrics, projected
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.parameters import (
    GET,
    check_mixing,
    check_scalar_keys,
    mixing,
    normalise_values,
    read_projection,
)
from stator.operations.dynamodb.throttling import Throttled, admit, spend
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import records, stored
from stator.tables.image import Image
from stator.tables.schema import MISMATCH, check_index_keys
from stator.tables.table import Table
from stator.values.attribute import MULTIPLE, Item

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode

_DUPLICATES: Final = "Provided list of item keys contains duplicates"

_KEYS_PER_READ: Final = 25


class _TableReads(NamedTuple):
    """The reads of one table, as the request named it."""

    named: str
    keys: list[Item]
    projection: Projection | None
    consistent: bool
    request: KeysAndAttributes


@operation("BatchGetItem", access="read")
def batch_get_item(call: Call, request: BatchGetItemInput) -> bytes:
    """Read items of several tables by their keys."""
    _check_styles(request.RequestItems.values())
    reads = [_table_reads(named, asked) for named, asked in request.RequestItems.items()]
    if sum(len(read.keys) for read in reads) > BATCH_GET_KEYS_MAX:
        raise validation("Too many items requested for the BatchGetItem call")
    return call.database.engine.read(lambda reader: _read_all(call, reader, reads, request))


def _check_styles(tables: Collection[KeysAndAttributes]) -> None:
    """Refuse a projection of the old style for one table and an expression for another (ApiError)."""
    if any(asked.AttributesToGet is not None for asked in tables) and any(
        asked.ProjectionExpression is not None for asked in tables
    ):
        raise validation(mixing(["AttributesToGet"], ["ProjectionExpression"]))


def _table_reads(named: str, asked: KeysAndAttributes) -> _TableReads:
    if asked.ExpressionAttributeNames is not None:
        check_mixing(GET, asked)
    shape = read_projection(asked)
    for key in asked.Keys:
        normalise_values(key, is_enveloped=False)
    if len({_encode_sorted(key) for key in asked.Keys}) < len(asked.Keys):
        raise validation(_DUPLICATES)
    return _TableReads(named, asked.Keys, shape, bool(asked.ConsistentRead), asked)


def _read_all(call: Call, reader: Reader, reads: list[_TableReads], request: BatchGetItemInput) -> bytes:
    tables = [data_table(call, reader, table_name(call, read.named)) for read in reads]
    positions = [_positions(table, read) for table, read in zip(tables, reads, strict=True)]
    responses: dict[str, list[Item | Raw]] = {}
    unprocessed: dict[str, Any] = {}
    consumed = []
    throttled: list[Throttled] = []
    room = BATCH_GET_BYTES_MAX
    for table, read, keys in zip(tables, reads, positions, strict=True):
        capacity = Capacity()
        found: list[Item | Raw] = []
        for number, value in enumerate(_values(reader, table.space, keys)):
            size = 0 if value is None else stored.size_of(value)
            room -= size
            if room < 0 or _is_throttled(call, table, throttled):
                unprocessed[read.named] = _remaining(read, number)
                break
            units = read_units(size, consistent=read.consistent)
            spend(call, table, "read", units)
            capacity.table += units
            if value is not None:
                found.append(projected(value, read.projection))
        metering.read(call, table, capacity)
        responses[read.named] = found
        consumed.append(capacity.shown(read.named, request.ReturnConsumedCapacity))
    left = sum(len(asked["Keys"]) for asked in unprocessed.values())
    if throttled and left == sum(len(read.keys) for read in reads):
        raise throttled[0]
    reply: dict[str, Any] = {"Responses": responses, "UnprocessedKeys": unprocessed}
    if any(consumed):
        reply["ConsumedCapacity"] = consumed
    return _encode(reply)


def _is_throttled(call: Call, table: Table, throttled: list[Throttled]) -> bool:
    """Whether a table has no capacity left for another read; why not is noted."""
    try:
        admit(call, table, "read")
    except Throttled as error:
        throttled.append(error)
        return True
    return False


def _values(reader: Reader, space: int, keys: list[bytes]) -> Iterator[bytes | None]:
    """The stored items at some positions, a few at a time: what finds no room in the reply is not read."""
    for start in range(0, len(keys), _KEYS_PER_READ):
        yield from reader.get_many(space, keys[start : start + _KEYS_PER_READ])


def _positions(table: Table, read: _TableReads) -> list[bytes]:
    positions = [table.key.of_key(key) for key in read.keys]
    if read.projection is not None:
        check_scalar_keys(read.projection.nested, table)
    return positions


def _remaining(read: _TableReads, number: int) -> dict[str, Any]:
    """What of a table's reads was not carried out, in the form of a request."""
    asked = {name: value for name, value in to_builtins(read.request).items() if value is not None}
    return asked | {"Keys": read.keys[number:]}


class _Write(NamedTuple):
    """One put (with its size) or delete of a batch."""

    put: Image | None
    key: Item

    @property
    def handed_back(self) -> dict[str, Any]:
        """The write in the form of a request."""
        if self.put is None:
            return {"DeleteRequest": {"Key": self.key}}
        return {"PutRequest": {"Item": self.key}}


class _Written(NamedTuple):
    """What became of the writes of one table, and what those that were made consumed.

    Those that were throttled are `left`, each with its refusal.
    """

    capacity: Capacity
    made: list[_Write]
    left: list[_Write]
    throttled: list[Throttled]


@operation("BatchWriteItem", access="write")
def batch_write_item(call: Call, request: BatchWriteItemInput) -> Awaitable[bytes]:
    """Put and delete items of several tables; each on its own, all in one commit."""
    if sum(map(len, request.RequestItems.values())) > BATCH_WRITE_REQUESTS_MAX:
        raise validation("Too many items requested for the BatchWriteItem call")
    writes = {named: [_write(asked) for asked in group] for named, group in request.RequestItems.items()}
    names = {named: table_name(call, named) for named in writes}

    def body(transaction: Transaction) -> bytes:
        tables = {named: data_table(call, transaction, names[named]) for named in writes}
        placed = {named: _place(tables[named], group) for named, group in writes.items()}
        written = {named: _write_table(call, transaction, tables[named], placed[named]) for named in writes}
        throttled = [error for each in written.values() for error in each.throttled]
        if throttled and not any(each.made for each in written.values()):
            raise throttled[0]
        return _write_reply(transaction, request, tables, written)

    return call.database.engine.write(body)


def _write_reply(
    reader: Reader, request: BatchWriteItemInput, tables: dict[str, Table], written: dict[str, _Written]
) -> bytes:
    mode = request.ReturnConsumedCapacity
    left = {named: [write.handed_back for write in each.left] for named, each in written.items() if each.left}
    reply: dict[str, Any] = {"UnprocessedItems": left}
    consumed = [each.capacity.shown(named, mode) for named, each in written.items()]
    if any(consumed):
        reply["ConsumedCapacity"] = consumed
    if request.ReturnItemCollectionMetrics == "SIZE":
        metrics = {
            named: _metrics(reader, tables[named], each.made)
            for named, each in written.items()
            if tables[named].has_local_indexes
        }
        if metrics:
            reply["ItemCollectionMetrics"] = metrics
    return _encode(reply)


def _write(asked: WriteRequest) -> _Write:
    put, delete = asked.PutRequest, asked.DeleteRequest
    if put is not None and delete is None:
        size = normalise_values(put.Item, is_enveloped=False)
        if size > ITEM_SIZE_BYTES_MAX:
            raise validation(ITEM_TOO_LARGE)
        return _Write(Image.of(put.Item, size), put.Item)
    if delete is not None and put is None:
        normalise_values(delete.Key, is_enveloped=False)
        return _Write(None, delete.Key)
    raise validation(MULTIPLE)


def _has_key(table: Table, item: Item) -> bool:
    """Whether an item has the table's key attributes, in their types."""
    for name, kind, _ in table.key.attributes:
        value = item.get(name)
        if value is None or kind not in value:
            return False
    return True


def _place(table: Table, group: list[_Write]) -> list[tuple[_Write, bytes]]:
    """The writes with their positions; any key that is not the schema's fails the whole request."""
    placed = []
    for write in group:
        if write.put is None:
            position = table.key.of_key(write.key)
        else:
            if not _has_key(table, write.key):
                raise validation(MISMATCH)
            position = table.key.of_item(write.key)
            check_index_keys(table.index_rules, write.key)
        placed.append((write, position))
    if len({position for _, position in placed}) != len(placed):
        raise validation(_DUPLICATES)
    return placed


def _write_table(
    call: Call,
    transaction: Transaction,
    table: Table,
    group: list[tuple[_Write, bytes]],
) -> _Written:
    written = _Written(Capacity(), [], [], [])
    for asked, position in group:
        before = records.read(transaction, table, position)
        try:
            admit(call, table, "write", None, transaction)
            capacity = throttling.write(call, transaction, table, position, before, asked.put)
        except Throttled as error:
            written.left.append(asked)
            written.throttled.append(error)
            continue
        written.made.append(asked)
        written.capacity.add(capacity)
    metering.written(call, transaction, table, written.capacity)
    return written


def _metrics(reader: Reader, table: Table, group: list[_Write]) -> list[dict[str, Any]]:
    """The metrics of each item collection that was written to, once each."""
    collections = {str(write.key[table.key.hash[0].name]): write.key for write in group}
    return [collection_metrics(reader, table, key) for key in collections.values()]
