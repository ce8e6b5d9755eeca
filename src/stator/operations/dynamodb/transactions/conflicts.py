"""Conflicts between a transaction under way and other requests, for a server that is told to have them.

Stator runs bodies one after the other, so nothing ever conflicts. AWS refuses what meets a transaction; who
tests how a program bears that can have it refused here too (`--transaction-conflicts on`):

    PutItem, UpdateItem, DeleteItem         TransactionConflictException
    TransactWriteItems, TransactGetItems    TransactionCanceledException, with a reason for each action
    TransactWriteItems with the same token  TransactionInProgressException

Source: "Amazon DynamoDB transactions: How it works" of the developer guide, "Transaction conflict handling".
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from stator.base.errors import ApiError
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.transactions.places import Named, Place, find_places, positions
from stator.operations.dynamodb.transactions.reasons import try_all
from stator.operations.registry import Call, Handler, Operation
from stator.storage.engine import Reader, Transaction
from stator.tables import tokens
from stator.tables.in_flight import InFlight, Position
from stator.values.attribute import normalise_item

_ONGOING: Final = "Transaction is ongoing for the item"
_IN_PROGRESS: Final = "Transaction from previous request is still in progress"

# The parameter that holds the key of what an operation writes.
_KEYS: Final[Mapping[str, str]] = {"PutItem": "Item", "UpdateItem": "Key", "DeleteItem": "Key"}


def guarded(operations: Mapping[str, Operation]) -> dict[str, Operation]:
    """The same operations, where writes of single items give way to transactions under way."""
    return {
        target: replace(operation, handler=_guard(operation.handler, _KEYS[operation.name]))
        if operation.name in _KEYS
        else operation
        for target, operation in operations.items()
    }


def refuse_conflict(in_flight: InFlight | None, place: Place) -> None:
    """Raise TransactionConflictException if a transaction under way names the item (ApiError)."""
    if in_flight and place.position is not None:
        _refuse(in_flight, (place.table.space, place.position))


def enter(
    call: Call,
    in_flight: InFlight,
    asked: Sequence[Named],
    names: dict[str, str],
    token: str | None,
    body: Callable[[Transaction], bytes],
) -> "asyncio.Future[bytes]":
    """Queue the body of a transaction, which is under way until it is durable (ApiError)."""
    database = call.database
    reader = database.engine.reader
    if token is not None and in_flight.uses(token):
        raise ApiError("TransactionInProgressException", _IN_PROGRESS)
    places = find_places(call, reader, asked, names)
    if token is not None and tokens.find(reader, token, database.clock.now()) is not None:
        return database.engine.write(body)  # It will not be carried out again, so it cannot conflict.
    try_all(partial(refuse_conflict, in_flight, place) for place in places)
    items = positions(places)
    in_flight.add(items, token)
    future = database.engine.write(body)
    future.add_done_callback(lambda _: in_flight.remove(items, token))
    return future


def conflict() -> ApiError:
    """AWS's refusal of what meets a transaction under way."""
    return ApiError("TransactionConflictException", _ONGOING)


def _guard(handler: Handler, parameter: str) -> Handler:
    def guard(call: Call, request: Any) -> Any:
        in_flight = call.database.in_flight
        if in_flight:
            item = _item(call, call.database.engine.reader, request.TableName, getattr(request, parameter))
            if item is not None:
                _refuse(in_flight, item)
        return handler(call, request)

    return guard


def _item(call: Call, reader: Reader, named: str, values: dict[str, Any]) -> Position | None:
    """The item of a key, or of an item to be put; None if the handler will refuse it."""
    try:
        table = data_table(call, reader, table_name(call, named))
        key = {name: dict(values[name]) for name in table.key.names if name in values}
        normalise_item(key)
        return table.space, table.key.of_key(key)
    except ApiError:
        return None


def _refuse(in_flight: InFlight, item: Position) -> None:
    if in_flight.holds(item):
        raise conflict()
