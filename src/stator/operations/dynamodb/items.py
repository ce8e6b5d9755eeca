"""GetItem, PutItem, UpdateItem and DeleteItem.

Each write is built from its request alone, and then run as one body: look the table up, find the position,
test the condition, and hand the item before and after to the write funnel.
"""

from collections.abc import Awaitable
from typing import Any, Final

import msgspec
from msgspec import Raw

from stator.base.errors import validation
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.expressions.projection import Projection
from stator.model.requests import DeleteItemInput, GetItemInput, PutItemInput, UpdateItemInput
from stator.operations.dynamodb import metering
from stator.operations.dynamodb.capacity import Capacity, item_half_units
from stator.operations.dynamodb.conditions import check_condition_keys, write_condition
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.parameters import (
    DELETE,
    ENVELOPE,
    GET,
    PUT,
    check_mixing,
    check_scalar_keys,
    normalise_values,
    read_projection,
)
from stator.operations.dynamodb.throttling import admit, pay, require, write
from stator.operations.dynamodb.updates import Change, item_change
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import item_collections, records, stored
from stator.tables.image import Image
from stator.tables.meter import Meter
from stator.tables.schema import check_index_keys
from stator.tables.table import Table
from stator.values.attribute import Item

_encode = msgspec.json.Encoder().encode

_GIGABYTE: Final = 1024**3
_OLD_OR_NONE: Final = ENVELOPE + "ReturnValues can only be ALL_OLD or NONE"
ITEM_TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"


@operation("GetItem", access="read")
def get_item(call: Call, request: GetItemInput) -> bytes:
    """Read one item."""
    if request.ProjectionExpression is not None or request.ExpressionAttributeNames is not None:
        check_mixing(GET, request)
    normalise_values(request.Key, is_enveloped=False)
    shape = read_projection(request)
    database = call.database
    reader = database.engine.reader
    table = data_table(call, reader, table_name(call, request.TableName))
    position = table.key.of_key(request.Key)
    if shape is not None:
        check_scalar_keys(shape.nested, table)
    throttled = database.throttle is not None
    if throttled:
        admit(call, table, "read")
    value = reader.get(table.space, position)
    if request.ReturnConsumedCapacity is None and shape is None and not throttled:
        meter: Meter | None = database.meter
        if meter is not None:
            meter.reads(table.name, item_half_units(value, consistent=request.ConsistentRead is True))
        return b"{}" if value is None else b'{"Item":%b}' % stored.json_of(value)
    return _get_reply(call, request, table, shape, value)


def _get_reply(
    call: Call, request: GetItemInput, table: Table, shape: Projection | None, value: bytes | None
) -> bytes:
    reply: dict[str, Any] = {}
    if value is not None:
        reply["Item"] = projected(value, shape)
    capacity = Capacity(item_half_units(value, consistent=request.ConsistentRead is True) / 2)
    pay(call, table, "read", capacity)
    metering.read(call, table, capacity)
    shown = capacity.shown(request.TableName, request.ReturnConsumedCapacity)
    if shown is not None:
        reply["ConsumedCapacity"] = shown
    return _encode(reply)


def projected(value: bytes, shape: Projection | None) -> Item | Raw:
    """What a read answers of a stored item: all of it, or the parts that a projection names."""
    if shape is None:
        return Raw(stored.json_of(value))
    return shape.apply(stored.partial_unpack(shape.attributes)(value))


@operation("PutItem", access="write")
def put_item(call: Call, request: PutItemInput) -> Awaitable[bytes]:
    """Write one item whole."""
    item = request.Item
    size = normalise_values(item, is_enveloped=True)
    check_mixing(PUT, request)
    _check_return_values(request.ReturnValues)
    if size > ITEM_SIZE_BYTES_MAX:
        raise validation(ITEM_TOO_LARGE)
    test = write_condition(PUT, request)
    name = table_name(call, request.TableName)
    after = Image.of(item, size)

    def body(transaction: Transaction) -> bytes:
        table = data_table(call, transaction, name)
        key = table.key.of_item(item)
        check_index_keys(table.index_rules, item)
        check_condition_keys(test, table)
        before = records.read(transaction, table, key)
        require(call, transaction, table, test, before, request.ReturnValuesOnConditionCheckFailure)
        capacity = write(call, transaction, table, key, before, after)
        return write_reply(call, transaction, request, table, item, _old(request, before), capacity)

    return call.database.engine.write(body)


@operation("DeleteItem", access="write")
def delete_item(call: Call, request: DeleteItemInput) -> Awaitable[bytes]:
    """Delete one item, if it is there."""
    check_mixing(DELETE, request)
    normalise_values(request.Key, is_enveloped=True)
    _check_return_values(request.ReturnValues)
    test = write_condition(DELETE, request)
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> bytes:
        table = data_table(call, transaction, name)
        key = table.key.of_key(request.Key)
        check_condition_keys(test, table)
        before = records.read(transaction, table, key)
        require(call, transaction, table, test, before, request.ReturnValuesOnConditionCheckFailure)
        capacity = write(call, transaction, table, key, before, None)
        return write_reply(call, transaction, request, table, request.Key, _old(request, before), capacity)

    return call.database.engine.write(body)


@operation("UpdateItem", access="write")
def update_item(call: Call, request: UpdateItemInput) -> Awaitable[bytes]:
    """Change attributes of one item, or make it."""
    change = item_change(request)
    name = table_name(call, request.TableName)

    def body(transaction: Transaction) -> bytes:
        table = data_table(call, transaction, name)
        key = table.key.of_key(request.Key)
        change.check(table)
        before = records.read(transaction, table, key)
        returned = request.ReturnValuesOnConditionCheckFailure
        require(call, transaction, table, change.condition, before, returned)
        after = change.apply(table, before)
        capacity = write(call, transaction, table, key, before, after)
        attributes = _returned(request, change, before, after)
        return write_reply(call, transaction, request, table, request.Key, attributes, capacity)

    return call.database.engine.write(body)


def _check_return_values(mode: str | None) -> None:
    if mode is not None and mode not in ("ALL_OLD", "NONE"):
        raise validation(_OLD_OR_NONE)


def _old(request: PutItemInput | DeleteItemInput, before: Image | None) -> Item | Raw | None:
    if request.ReturnValues == "ALL_OLD" and before is not None:
        return Raw(stored.json_of(before.stored))
    return None


def _returned(
    request: UpdateItemInput, change: Change, before: Image | None, after: Image | None
) -> Item | Raw | None:
    """The Attributes member of an update: whole images, or only what the update touched."""
    mode = request.ReturnValues
    if mode is None or mode == "NONE":
        return None
    image = before if mode in ("ALL_OLD", "UPDATED_OLD") else after
    if image is None:
        return None
    if mode in ("ALL_OLD", "ALL_NEW"):
        return Raw(stored.json_of(image.stored))
    return change.touched(image.item) or None


def write_reply(
    call: Call,
    transaction: Transaction,
    request: PutItemInput | DeleteItemInput | UpdateItemInput,
    table: Table,
    key: Item,
    attributes: Item | Raw | None,
    capacity: Capacity,
) -> bytes:
    """The reply of a write that has been made: what it was asked to return."""
    metering.written(call, transaction, table, capacity)
    reply: dict[str, Any] = {}
    if attributes is not None:
        reply["Attributes"] = attributes
    if request.ReturnConsumedCapacity is not None:
        shown = capacity.shown(request.TableName, request.ReturnConsumedCapacity)
        if shown is not None:
            reply["ConsumedCapacity"] = shown
    if request.ReturnItemCollectionMetrics == "SIZE" and table.has_local_indexes:
        reply["ItemCollectionMetrics"] = collection_metrics(transaction, table, key)
    return _encode(reply) if reply else b"{}"


def collection_metrics(reader: Reader, table: Table, key: Item) -> dict[str, Any]:
    """ItemCollectionMetrics of a write: between which whole numbers of GB the collection's size is."""
    name = table.key.hash[0].name
    size = item_collections.size_of(reader, table, table.key.position(key))
    low = float(size // _GIGABYTE)
    return {"ItemCollectionKey": {name: key[name]}, "SizeEstimateRangeGB": [low, low + 1.0]}
