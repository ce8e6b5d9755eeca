"""BatchExecuteStatement: up to 25 statements, each on its own; what one is refused for is its own answer.

All of them read or all of them write, and no two may name the same item. Reads see one moment, writes are
made in one commit.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from stator.base.errors import ApiError, validation
from stator.expressions.partiql.ast import Select
from stator.expressions.partiql.bind import Bound, bind
from stator.model.requests import BatchExecuteStatementInput, BatchStatementRequest
from stator.operations.dynamodb import metering
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.partiql.select import ItemRead, item_read
from stator.operations.dynamodb.partiql.statement import write, written_table
from stator.operations.dynamodb.partiql.writes import action_of, returned_item
from stator.operations.dynamodb.throttling import admit, spend
from stator.operations.dynamodb.transactions.actions import Action
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import stored
from stator.tables.table import Table

_encode = msgspec.json.Encoder().encode

_MIXED: Final = "Read and write requests together in the same batch is not supported."
_DUPLICATES: Final = "Provided list of item keys contains duplicates"
_NO_KEY: Final = (
    "Select statements within BatchExecuteStatement must specify the primary key in the where clause."
)
_INDEX: Final = "Reads on indices are not supported within BatchExecuteStatement."

# BatchStatementErrorCodeEnum, by the error that the statement gets on its own.
_CODES: Final[Mapping[str, str]] = {
    "AccessDeniedException": "AccessDenied",
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "RequestLimitExceeded": "RequestLimitExceeded",
    "ResourceNotFoundException": "ResourceNotFound",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}
# Codes of statements that were carried out as far as their item.
_REACHED: Final = frozenset(
    {"ConditionalCheckFailed", "DuplicateItem", "ProvisionedThroughputExceeded", "ThrottlingError"}
)

_Response = dict[str, Any]
_T = TypeVar("_T")


class _Read(NamedTuple):
    """A SELECT of a batch at its place."""

    table: Table
    position: bytes
    item: ItemRead
    consistent: bool


class _Write(NamedTuple):
    """A write of a batch at its place."""

    table: Table
    position: bytes
    action: Action
    bound: Bound


@operation("BatchExecuteStatement", access="write", from_snapshot=True)
def batch_execute_statement(call: Call, request: BatchExecuteStatementInput) -> bytes | Awaitable[bytes]:
    """Run several statements."""
    bound = [_tried(partial(bind, each.Statement, each.Parameters)) for each in request.Statements]
    kinds = {isinstance(each.statement, Select) for each in bound if isinstance(each, Bound)}
    if len(kinds) > 1:
        raise validation(_MIXED)
    if kinds == {False}:
        return call.database.engine.write(lambda transaction: _write_all(call, transaction, request, bound))
    return call.database.engine.read(lambda reader: _read_all(call, reader, request, bound))


def _tried(attempt: Callable[[], _T]) -> _T | ApiError:
    """What an attempt comes to, or the error that is the answer of its statement alone."""
    try:
        return attempt()
    except ApiError as error:
        if error.name not in _CODES:
            raise
        return error


def _read_all(
    call: Call, reader: Reader, request: BatchExecuteStatementInput, bound: Sequence[Bound | ApiError]
) -> bytes:
    reads = [
        each if isinstance(each, ApiError) else _tried(partial(_read, call, reader, each, asked))
        for each, asked in zip(bound, request.Statements, strict=True)
    ]
    _check_distinct(reads)
    bill = _Bill()
    responses: list[_Response] = []
    for read in reads:
        if isinstance(read, ApiError):
            responses.append(_refused(read, None))
            continue
        throttled = _tried(partial(admit, call, read.table, "read"))
        if throttled is not None:
            responses.append(_refused(throttled, read.item.named))
            continue
        value = reader.get(read.table.space, read.position)
        size = 0 if value is None else stored.size_of(value)
        units = read_units(size, consistent=read.consistent)
        spend(call, read.table, "read", units)
        bill.of(read.table, read.item.named).table += units
        responses.append({"TableName": read.item.named, **read.item.response(value)})
    for table, capacity in bill.tables():
        metering.read(call, table, capacity)
    return bill.reply(responses, request.ReturnConsumedCapacity)


def _read(call: Call, reader: Reader, bound: Bound, request: BatchStatementRequest) -> _Read:
    source = bound.statement.source
    table = data_table(call, reader, table_name(call, source.table))
    if source.index is not None:
        raise validation(_INDEX)
    item = item_read(bound, table, _NO_KEY)
    position = item.position(table)
    item.check(table)
    return _Read(table, position, item, bool(request.ConsistentRead))


def _write_all(
    call: Call,
    transaction: Transaction,
    request: BatchExecuteStatementInput,
    bound: Sequence[Bound | ApiError],
) -> bytes:
    writes = [
        each if isinstance(each, ApiError) else _tried(partial(_write, call, transaction, each))
        for each in bound
    ]
    _check_distinct(writes)
    bill = _Bill()
    responses: list[_Response] = []
    for asked in writes:
        if isinstance(asked, ApiError):
            responses.append(_refused(asked, None))
            continue
        table, position, action, statement = asked
        written = _tried(partial(write, call, transaction, table, action, position))
        if isinstance(written, ApiError):
            metering.statement_refused(call, transaction, table, written)
            responses.append(_refused(written, action.named))
            continue
        bill.of(table, action.named).add(written.capacity)
        item = returned_item(statement, written.outcome)
        responses.append({"TableName": action.named} | ({} if item is None else {"Item": item}))
    for table, capacity in bill.tables():
        metering.written(call, transaction, table, capacity)
    return bill.reply(responses, request.ReturnConsumedCapacity)


def _write(call: Call, transaction: Transaction, bound: Bound) -> _Write:
    table = data_table(call, transaction, written_table(call, bound))
    # AWS was seen to ignore a statement's ReturnValuesOnConditionCheckFailure in batches.
    action = action_of(bound, table, None)
    return _Write(table, action.position(table), action, bound)


def _check_distinct(placed: Iterable[_Read | _Write | ApiError]) -> None:
    """Refuse a batch that names an item twice (ApiError)."""
    items = [(each.table.space, each.position) for each in placed if not isinstance(each, ApiError)]
    if len(set(items)) < len(items):
        raise validation(_DUPLICATES)


def _refused(error: ApiError, named: str | None) -> _Response:
    """The answer of a statement that was refused, in table `named` if it came as far as its item."""
    code = _CODES[error.name]
    response: _Response = {"Error": {"Code": code, "Message": error.message}}
    if named is not None and code in _REACHED:
        response["TableName"] = named
    return response


class _Bill:
    """What a batch consumes of each table."""

    def __init__(self) -> None:
        self._tables: dict[str, tuple[Table, Capacity]] = {}

    def of(self, table: Table, named: str) -> Capacity:
        """The capacity of a table, as the statements name it."""
        return self._tables.setdefault(named, (table, Capacity()))[1]

    def tables(self) -> Iterable[tuple[Table, Capacity]]:
        """What is consumed of each table."""
        return self._tables.values()

    def reply(self, responses: Sequence[_Response], mode: str | None) -> bytes:
        """The reply with these responses."""
        reply: dict[str, Any] = {"Responses": responses}
        if mode is not None and mode != "NONE":
            reply["ConsumedCapacity"] = [
                capacity.shown(named, mode) for named, (_, capacity) in self._tables.items()
            ]
        return _encode(reply)
