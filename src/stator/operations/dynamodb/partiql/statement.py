"""ExecuteStatement: one PartiQL statement.

A SELECT is answered page by page. A write is one body: the statement becomes an action for the table as it
is, the action is tried, and its outcome goes through the write funnel.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec

from stator.base.errors import validation
from stator.expressions.partiql.ast import Exists, Select
from stator.expressions.partiql.bind import Bound, bind
from stator.model.requests import ExecuteStatementInput
from stator.operations.dynamodb import metering, throttling
from stator.operations.dynamodb.capacity import Capacity
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.partiql.select import select
from stator.operations.dynamodb.partiql.writes import action_of, returned_item
from stator.operations.dynamodb.transactions.actions import Action, Outcome
from stator.operations.registry import Call, operation
from stator.storage.engine import Transaction
from stator.tables.table import Table

_encode = msgspec.json.Encoder().encode

ONLY_IN_TRANSACTIONS: Final = "EXISTS can only be used in ExecuteTransaction write requests."


@operation("ExecuteStatement", access="write", from_snapshot=True)
def execute_statement(call: Call, request: ExecuteStatementInput) -> bytes | Awaitable[bytes]:
    """Run one statement."""
    bound = bind(request.Statement, request.Parameters)
    if isinstance(bound.statement, Select):
        return select(call, request, bound)
    name = written_table(call, bound)

    def body(transaction: Transaction) -> bytes:
        table = data_table(call, transaction, name)
        action = action_of(bound, table, request.ReturnValuesOnConditionCheckFailure)
        written = write(call, transaction, table, action, action.position(table))
        metering.written(call, transaction, table, written.capacity)
        item = returned_item(bound, written.outcome)
        reply: dict[str, Any] = {"Items": [] if item is None else [item]}
        shown = written.capacity.shown(bound.statement.source.table, request.ReturnConsumedCapacity)
        if shown is not None:
            reply["ConsumedCapacity"] = shown
        return _encode(reply)

    return call.database.engine.write(body)


def written_table(call: Call, bound: Bound) -> str:
    """The table that a statement outside a transaction writes (ApiError)."""
    if isinstance(bound.statement, Exists):
        raise validation(ONLY_IN_TRANSACTIONS)
    return table_name(call, bound.statement.source.table)


class Written(NamedTuple):
    """A write that was made, and what it consumed."""

    outcome: Outcome
    capacity: Capacity


def write(call: Call, transaction: Transaction, table: Table, action: Action, position: bytes) -> Written:
    """Make the write of one action at its position (ApiError)."""
    before, after = outcome = throttling.attempt(
        call, transaction, table, position, partial(action.attempt, transaction, table, position)
    )
    return Written(outcome, throttling.write(call, transaction, table, position, before, after))
