"""ExecuteTransaction: up to a hundred statements that take effect together, or not at all.

All of them read or all of them write; EXISTS, a check, counts as a write. They are carried out as the actions
of TransactWriteItems or the reads of TransactGetItems are. A statement that is refused for itself names its
place in the request.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final, NamedTuple, TypeVar

import msgspec

from stator.base.errors import ApiError, validation
from stator.expressions.partiql.ast import Delete, Exists, Select, Update
from stator.expressions.partiql.bind import Bound, bind
from stator.model.requests import ExecuteTransactionInput, ParameterizedStatement
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.partiql.select import ItemRead, item_read
from stator.operations.dynamodb.partiql.writes import action_of
from stator.operations.dynamodb.transactions.actions import Action
from stator.operations.dynamodb.transactions.conflicts import enter
from stator.operations.dynamodb.transactions.transact import read_all, token_of, write_all
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader, Transaction

_encode = msgspec.json.Encoder().encode
_S = TypeVar("_S")
_T = TypeVar("_T")

_MIXED: Final = "ExecuteTransaction API does not support both read and write operations in the same request."
_RETURNING: Final = "RETURNING clause is not supported in ExecuteTransaction."
_INDEX: Final = "Reads on indices are not supported within transactions."
_NO_KEY: Final = (
    "Select statements within ExecuteTransaction must specify the primary key in the where clause."
)


class _Statement(NamedTuple):
    """A statement of a transaction, and its ReturnValuesOnConditionCheckFailure."""

    bound: Bound
    returned: str | None

    @property
    def named(self) -> str:
        """The table that the statement names."""
        return self.bound.statement.source.table


@operation("ExecuteTransaction", access="write", from_snapshot=True)
def execute_transaction(call: Call, request: ExecuteTransactionInput) -> bytes | Awaitable[bytes]:
    """Run several statements as one."""
    statements = _each(_statement, request.TransactStatements)
    kinds = {isinstance(statement.bound.statement, Select) for statement in statements}
    if len(kinds) > 1:
        raise validation(_MIXED)
    names = {statement.named: table_name(call, statement.named) for statement in statements}
    if kinds == {True}:
        return call.database.engine.read(lambda reader: _read(call, reader, request, statements, names))
    token = token_of(request)

    def body(transaction: Transaction) -> bytes:
        actions = _actions(call, transaction, statements, names)
        receipt = write_all(call, transaction, actions, names, token)
        responses: list[dict[str, object]] = [{} for _ in actions]
        return _encode({"Responses": responses, **receipt.bill.shown(request.ReturnConsumedCapacity)})

    in_flight = call.database.in_flight
    if in_flight is None:
        return call.database.engine.write(body)
    actions = _actions(call, call.database.engine.reader, statements, names)
    return enter(call, in_flight, actions, names, request.ClientRequestToken, body)


def _statement(request: ParameterizedStatement) -> _Statement:
    bound = bind(request.Statement, request.Parameters)
    statement = bound.statement
    if isinstance(statement, Update | Delete) and statement.returning is not None:
        raise validation(_RETURNING)
    if isinstance(statement, Select | Exists) and statement.source.index is not None:
        raise validation(_INDEX)
    return _Statement(bound, request.ReturnValuesOnConditionCheckFailure)


def _actions(
    call: Call, reader: Reader, statements: Sequence[_Statement], names: dict[str, str]
) -> list[Action]:
    """The actions of writes, for their tables as they are (ApiError)."""

    def action(statement: _Statement) -> Action:
        table = data_table(call, reader, names[statement.named])
        return action_of(statement.bound, table, statement.returned)

    return _each(action, statements)


def _read(
    call: Call,
    reader: Reader,
    request: ExecuteTransactionInput,
    statements: Sequence[_Statement],
    names: dict[str, str],
) -> bytes:
    def read(statement: _Statement) -> ItemRead:
        return item_read(statement.bound, data_table(call, reader, names[statement.named]), _NO_KEY)

    reads = _each(read, statements)
    values, bill = read_all(call, reader, reads, names)
    responses = [read.response(value) for read, value in zip(reads, values, strict=True)]
    return _encode({"Responses": responses, **bill.shown(request.ReturnConsumedCapacity)})


def _each(make: Callable[[_S], _T], statements: Sequence[_S]) -> list[_T]:
    """What is made of each statement; a refusal says of which."""
    made: list[_T] = []
    for number, statement in enumerate(statements):
        try:
            made.append(make(statement))
        except ApiError as error:
            if error.name != "ValidationException":
                raise
            raise validation(f"Validation failed in TransactStatements[{number}]: {error.message}") from None
    return made
