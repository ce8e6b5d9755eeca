"""TransactWriteItems and TransactGetItems: up to a hundred actions that take effect together, or not at all.

A write is one body, and so sees one state and leaves all or nothing. The order of its checks:

    places ──> token: known? ──yes──> replay, or mismatch
                    └─no──> try every action ──any refused──> cancelled, a reason for each
                                   └─> write all of them and the token

What the tables' schemas say of a key is a reason of its action, except for an empty key, which AWS takes for
an error of the request. Source of the order: AWS's replies, as listed in docs/validation.md.
"""

from collections.abc import Awaitable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, Protocol

import msgspec
from msgspec import Raw

from stator.base.errors import ApiError
from stator.expressions.projection import Projection, projection
from stator.model.requests import (
    ExecuteTransactionInput,
    Get,
    TransactGetItemsInput,
    TransactWriteItemsInput,
)
from stator.operations.dynamodb import metering
from stator.operations.dynamodb.capacity import TRANSACTION_RATE, Capacity, Unit, read_units
from stator.operations.dynamodb.items import collection_metrics, projected
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.parameters import (
    ExpressionRules,
    bindings,
    check_mixing,
    check_scalar_keys,
    normalise_values,
)
from stator.operations.dynamodb.throttling import admit, admit_entries, attempt, pay
from stator.operations.dynamodb.transactions.actions import Action, Outcome, actions_of
from stator.operations.dynamodb.transactions.conflicts import enter, refuse_conflict
from stator.operations.dynamodb.transactions.places import Named, Place, check_size, find_places
from stator.operations.dynamodb.transactions.reasons import try_all
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import records, stored, tokens
from stator.tables.image import Image
from stator.tables.indexes import IndexChange
from stator.tables.table import Table
from stator.tables.throttle import Direction
from stator.values.attribute import Item

_encode = msgspec.json.Encoder().encode
_encode_sorted = msgspec.json.Encoder(order="sorted").encode

_DIRECTIONS: Final[Mapping[Unit, Direction]] = {"ReadCapacityUnits": "read", "WriteCapacityUnits": "write"}
_OTHER_REQUEST: Final = "The client request token was used for a request with other parameters"

GET: Final = ExpressionRules(legacy=(), expressions=("ProjectionExpression",))


class Token(NamedTuple):
    """A ClientRequestToken, and the digest of the request that it came with."""

    text: str
    digest: bytes


class Receipt(NamedTuple):
    """Actions that were carried out, with their places, and what that consumed."""

    pairs: list[tuple[Action, Place]]
    bill: "Bill"


@operation("TransactWriteItems", access="write")
def transact_write_items(call: Call, request: TransactWriteItemsInput) -> Awaitable[bytes]:
    """Write items of several tables, and check others: all of it or none."""
    actions = actions_of(request.TransactItems)
    names = {action.named: table_name(call, action.named) for action in actions}
    token = token_of(request)

    def body(transaction: Transaction) -> bytes:
        return _write_reply(transaction, request, write_all(call, transaction, actions, names, token))

    in_flight = call.database.in_flight
    if in_flight is None:
        return call.database.engine.write(body)
    return enter(call, in_flight, actions, names, request.ClientRequestToken, body)


def token_of(request: TransactWriteItemsInput | ExecuteTransactionInput) -> Token | None:
    """The token of a request whose values are normalised."""
    text = request.ClientRequestToken
    # In one order of members, so that equal requests have equal digests.
    return None if text is None else Token(text, tokens.digest(_encode_sorted(request)))


def write_all(
    call: Call, transaction: Transaction, actions: list[Action], names: dict[str, str], token: Token | None
) -> Receipt:
    """Carry out actions, all or none, unless the token says that it has been done (ApiError).

    `names` are the tables' names by what the request calls them.
    """
    places = find_places(call, transaction, actions, names)
    pairs = list(zip(actions, places, strict=True))
    if token is not None:
        now = call.database.clock.now()
        known = tokens.find(transaction, token.text, now)
        if known is not None:
            if known != token.digest:
                raise ApiError("IdempotentParameterMismatchException", _OTHER_REQUEST)
            return _replayed(call, transaction, pairs)
        tokens.bind(transaction, token.text, token.digest, now)
    return _executed(call, transaction, pairs)


def _executed(call: Call, transaction: Transaction, pairs: list[tuple[Action, Place]]) -> Receipt:
    outcomes = try_all(partial(_try, call, transaction, *pair) for pair in pairs)
    check_size(max(_size(before), _size(after)) for before, after in outcomes)
    tried = list(zip(pairs, outcomes, strict=True))
    changed = try_all(partial(_write, transaction, *pair, outcome) for pair, outcome in tried)
    bill = Bill("WriteCapacityUnits")
    for ((action, place), (before, after)), changes in zip(tried, changed, strict=True):
        capacity = bill.of(place.table, action.named)
        capacity.add_write(_size(before), _size(after), changes, rate=TRANSACTION_RATE)
    bill.pay(call)
    for table, capacity in bill.tables():
        metering.written(call, transaction, table, capacity)
    return Receipt(pairs, bill)


def _try(call: Call, transaction: Transaction, action: Action, place: Place) -> Outcome:
    """What an action would do (ApiError). All are tried on the same state: no two name the same item."""
    table, position = place.table, place.known
    outcome = attempt(
        call, transaction, table, position, partial(action.attempt, transaction, table, position)
    )
    if action.writes:
        admit_entries(call, transaction, table, position, *outcome)
    return outcome


def _write(transaction: Transaction, action: Action, place: Place, outcome: Outcome) -> list[IndexChange]:
    """Make the write of an action that has been tried; what it changes in indexes (ApiError)."""
    if not action.writes:
        return []
    return records.write(transaction, place.table, place.known, *outcome)


def _size(image: Image | None) -> int:
    return 0 if image is None else image.size


def _replayed(call: Call, transaction: Transaction, pairs: list[tuple[Action, Place]]) -> Receipt:
    """What has been carried out before only costs reading the items."""
    bill = Bill("ReadCapacityUnits")
    for action, (table, position, _) in pairs:
        value = None if position is None else transaction.get(table.space, position)
        bill.add_read(table, action.named, value)
    bill.pay(call)
    for table, capacity in bill.tables():
        metering.read_in(call, transaction, table, capacity)
    return Receipt(pairs, bill)


def _write_reply(reader: Reader, request: TransactWriteItemsInput, receipt: Receipt) -> bytes:
    reply: dict[str, Any] = receipt.bill.shown(request.ReturnConsumedCapacity)
    if request.ReturnItemCollectionMetrics == "SIZE":
        metrics = _metrics(reader, receipt.pairs)
        if metrics:
            reply["ItemCollectionMetrics"] = metrics
    return _encode(reply)


def _metrics(reader: Reader, pairs: list[tuple[Action, Place]]) -> dict[str, list[dict[str, Any]]]:
    """The metrics of the item collections that were written to, once each, by table."""
    collections: dict[str, dict[str, Item]] = {}
    tables: dict[str, Table] = {}
    for action, place in pairs:
        if action.writes and place.table.has_local_indexes:
            tables[action.named] = place.table
            partition = str(action.values[place.table.key.hash[0].name])
            collections.setdefault(action.named, {})[partition] = action.values
    return {
        named: [collection_metrics(reader, tables[named], values) for values in by_partition.values()]
        for named, by_partition in collections.items()
    }


class Bill:
    """What a transaction consumes, by table."""

    def __init__(self, unit: Unit) -> None:
        self._unit: Unit = unit
        self._tables: dict[str, tuple[Table, str, Capacity]] = {}

    def of(self, table: Table, named: str) -> Capacity:
        """The capacity of a table, shown under the name by which it is first asked for."""
        return self._tables.setdefault(table.name, (table, named, Capacity()))[2]

    def add_read(self, table: Table, named: str, value: bytes | None) -> None:
        """Count the read of a stored item."""
        size = 0 if value is None else stored.size_of(value)
        self.of(table, named).table += TRANSACTION_RATE * read_units(size, consistent=True)

    def tables(self) -> Iterator[tuple[Table, Capacity]]:
        """What is consumed of each table."""
        return ((table, capacity) for table, _, capacity in self._tables.values())

    def pay(self, call: Call) -> None:
        """Take all of it from the tables' throughput."""
        for table, _, capacity in self._tables.values():
            pay(call, table, _DIRECTIONS[self._unit], capacity)

    def shown(self, mode: str | None) -> dict[str, Any]:
        """A reply's ConsumedCapacity, if it is asked for."""
        if mode is None or mode == "NONE":
            return {}
        lines = [capacity.shown(named, mode, self._unit) for _, named, capacity in self._tables.values()]
        return {"ConsumedCapacity": lines}


class _Read(NamedTuple):
    """One read of a TransactGetItems."""

    named: str
    key: Item
    size: int
    projection: Projection | None

    def position(self, table: Table) -> bytes:
        """Where the item lies (ApiError)."""
        return table.key.of_key(self.key)

    def check(self, table: Table) -> None:
        """Refuse a projection that the table's keys do not allow (ApiError)."""
        if self.projection is not None:
            check_scalar_keys(self.projection.nested, table)


class Read(Named, Protocol):
    """The read of one item in a transaction."""

    def check(self, table: Table) -> None: ...  # noqa: D102


class Found(NamedTuple):
    """The stored items that reads found, in their order, and what that consumed."""

    values: list[bytes | None]
    bill: Bill


@operation("TransactGetItems", access="read", action="dynamodb:GetItem")
def transact_get_items(call: Call, request: TransactGetItemsInput) -> bytes:
    """Read items of several tables as they are at one moment."""
    reads = [_read_of(item.Get) for item in request.TransactItems]
    names = {read.named: table_name(call, read.named) for read in reads}

    def body(reader: Reader) -> bytes:
        values, bill = read_all(call, reader, reads, names)
        responses = [_response(read, value) for read, value in zip(reads, values, strict=True)]
        return _encode({"Responses": responses, **bill.shown(request.ReturnConsumedCapacity)})

    return call.database.engine.read(body)


def read_all(call: Call, reader: Reader, reads: Sequence[Read], names: dict[str, str]) -> Found:
    """Carry out reads, all or none (ApiError); `names` as in `write_all`."""
    places = find_places(call, reader, reads, names)
    values = try_all(partial(_value, call, reader, *pair) for pair in zip(reads, places, strict=True))
    check_size(0 if value is None else stored.size_of(value) for value in values)
    bill = Bill("ReadCapacityUnits")
    for read, place, value in zip(reads, places, values, strict=True):
        bill.add_read(place.table, read.named, value)
    bill.pay(call)
    for table, capacity in bill.tables():
        metering.read(call, table, capacity)
    return Found(values, bill)


def _read_of(request: Get) -> _Read:
    size = normalise_values(request.Key, is_enveloped=False)
    check_mixing(GET, request)
    if request.ProjectionExpression is None:
        return _Read(request.TableName, request.Key, size, None)
    bound = bindings(GET, request)
    parsed = projection(request.ProjectionExpression, bound)
    bound.check_unused()
    return _Read(request.TableName, request.Key, size, parsed)


def _value(call: Call, reader: Reader, read: Read, place: Place) -> bytes | None:
    """The stored item that a read names (ApiError)."""
    refuse_conflict(call.database.in_flight, place)
    position = place.known
    read.check(place.table)
    admit(call, place.table, "read")
    return reader.get(place.table.space, position)


def _response(read: _Read, value: bytes | None) -> dict[str, Item | Raw]:
    """An item; unlike GetItem, AWS answers nothing where a projection found nothing."""
    if value is None:
        return {}
    found = projected(value, read.projection)
    return {"Item": found} if found else {}
