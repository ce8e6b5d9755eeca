"""What faults do to requests: handlers that ask the table of faults first, and answer as AWS would.

A fault is decided once a request is found to be well-formed, and before the action. So nothing is written by
a request that is struck, except where the fault says so (`error-after`: the write is made, and its reply is
lost).

    throttle      ProvisionedThroughputExceededException, or ThrottlingException where the table is on demand
                  or there is none; in a transaction, TransactionCanceledException
    error         InternalServerError, and nothing is done
    error-after   InternalServerError, and all is done
    conflict      TransactionConflictException; in a transaction, TransactionCanceledException
    latency       the reply comes later
    unprocessed   a batch hands back its last items, at most all but one
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import to_builtins
from msgspec.structs import replace as replaced

from stator.base.errors import ApiError
from stator.expressions.partiql.ast import Select
from stator.expressions.partiql.parser import parse
from stator.operations.dynamodb import metering
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.throttling import overload, refusal
from stator.operations.dynamodb.transactions.conflicts import conflict
from stator.operations.dynamodb.transactions.reasons import NONE, cancelled, reason_of
from stator.operations.faults import Fault, Faults, Kind
from stator.operations.registry import Call, Handler, Operation, Reply
from stator.operations.subjects import named_tables, statements
from stator.tables.throttle import Direction, Exhausted

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode

_RATE_EXCEEDED: Final = "Rate exceeded"
_INTERNAL: Final = "Internal server error"
# Operations that AWS's model does not let answer with ProvisionedThroughputExceededException.
_NEVER_LIMITED: Final = frozenset({"BatchExecuteStatement"})

Outcome = Reply | Awaitable[Reply]


class _Struck(NamedTuple):
    """A request that may be struck: the tables that it names, part by part, and what it wants of them."""

    call: Call
    request: Any
    operation: Operation
    tables: list[str]
    direction: Direction

    @property
    def carried_out(self) -> Callable[[], Outcome]:
        """What the operation itself does with the request."""
        return partial(self.operation.handler, self.call, self.request)


def faulty(operations: Mapping[str, Operation], faults: Faults) -> dict[str, Operation]:
    """The same operations, where a request may be struck by a fault."""
    return {
        target: replace(operation, handler=_faulty(operation, faults))
        for target, operation in operations.items()
    }


def _faulty(operation: Operation, faults: Faults) -> Handler:
    def handler(call: Call, request: Any) -> Outcome:
        try:
            tables, direction = _subject(call, operation, request)
        except ApiError:
            return operation.handler(call, request)  # It will be refused.
        struck = _Struck(call, request, operation, tables, direction)
        answer = struck.carried_out
        seconds = 0.0
        for fault in faults.strike(operation.name, tables):
            if fault.kind == "latency":
                seconds += fault.seconds
            else:
                answer = partial(_EFFECTS[fault.kind], struck, fault, answer)
        return _later(seconds, answer) if seconds else answer()

    return handler


def _subject(call: Call, operation: Operation, request: Any) -> tuple[list[str], Direction]:
    """The tables that a request names, part by part, and whether it reads or writes (ApiError)."""
    direction: Direction = "read" if operation.access == "read" else "write"
    if texts := statements(request):
        reads = all(isinstance(parse(text).statement, Select) for text in texts)
        direction = "read" if reads else "write"
    return [table_name(call, name) for name in named_tables(request)], direction


async def _later(seconds: float, answer: Callable[[], Outcome]) -> Reply:
    await asyncio.sleep(seconds)
    return await _awaited(answer())


async def _awaited(outcome: Outcome) -> Reply:
    return outcome if isinstance(outcome, bytes | dict) else await outcome


# Effects. Each is given what the request would be answered without the fault.


def _throttle(struck: _Struck, fault: Fault, answer: Callable[[], Outcome]) -> Outcome:
    call, name = struck.call, fault.table or next(iter(struck.tables), None)
    if struck.operation.access == "control" or name is None:
        raise ApiError("ThrottlingException", _RATE_EXCEEDED)
    try:
        table = data_table(call, call.database.engine.reader, name)
    except ApiError:
        return answer()
    index = table.index_by_name.get(getattr(struck.request, "IndexName", None) or "")
    index_name = index.name if index is not None and index.kind == "global" else None
    definition = table.definition
    exhausted = Exhausted(table.name, index_name, struck.direction, definition.billing_mode)
    has_limit = definition.billing_mode == "PROVISIONED" or definition.on_demand is not None
    told = refusal if has_limit and struck.operation.name not in _NEVER_LIMITED else overload
    metering.throttled(call, exhausted, cause=metering.KEY_RANGE if told is overload else None)
    raise _as_told(struck, table.name, told(call, exhausted))


def _conflict(struck: _Struck, fault: Fault, answer: Callable[[], Outcome]) -> Outcome:
    if struck.direction == "read" and not _is_transaction(struck):
        return answer()  # A statement that reads.
    raise _as_told(struck, fault.table, conflict())


def _error(_struck: _Struck, _fault: Fault, _answer: Callable[[], Outcome]) -> Outcome:
    raise ApiError("InternalServerError", _INTERNAL)


async def _error_after(_struck: _Struck, _fault: Fault, answer: Callable[[], Outcome]) -> Reply:
    await _awaited(answer())
    raise ApiError("InternalServerError", _INTERNAL)


def _is_transaction(struck: _Struck) -> bool:
    return hasattr(struck.request, "TransactItems") or hasattr(struck.request, "TransactStatements")


def _as_told(struck: _Struck, table: str | None, error: ApiError) -> ApiError:
    """An error as the operation tells it: for a transaction, a reason of its first action on the table."""
    if not _is_transaction(struck):
        return error
    first = 0 if table is None else struck.tables.index(table)
    return cancelled([reason_of(error) if number == first else NONE for number in range(len(struck.tables))])


async def _unprocessed(struck: _Struck, fault: Fault, _answer: Callable[[], Outcome]) -> Reply:
    batch = struck.request.RequestItems
    of_table = [named for named in batch if fault.table in (None, table_name(struck.call, named))]
    places = [(named, number) for named in of_table for number in range(len(_parts(batch[named])))]
    wanted = math.ceil(fault.share * len(places))
    count = min(wanted, sum(len(_parts(asked)) for asked in batch.values()) - 1)
    left = set(places[len(places) - count :])
    kept: dict[str, Any] = {}
    handed_back: dict[str, Any] = {}
    for named, asked in batch.items():
        for group, is_left in ((kept, False), (handed_back, True)):
            parts = [part for i, part in enumerate(_parts(asked)) if ((named, i) in left) is is_left]
            if parts:
                group[named] = _with_parts(asked, parts)
    request = replaced(struck.request, RequestItems=kept)
    reply = await _awaited(struck.operation.handler(struck.call, request))
    return _merged(reply, handed_back)


def _parts(asked: Any) -> list[Any]:
    """The keys, or the writes, of one table of a batch."""
    parts: list[Any] = asked if isinstance(asked, list) else asked.Keys
    return parts


def _with_parts(asked: Any, parts: list[Any]) -> Any:
    return parts if isinstance(asked, list) else replaced(asked, Keys=parts)


def _merged(reply: Reply, handed_back: dict[str, Any]) -> bytes:
    """The reply of a batch that hands back more than the operation did."""
    merged = _decode(reply) if isinstance(reply, bytes) else dict(reply)
    member = "UnprocessedItems" if "UnprocessedItems" in merged else "UnprocessedKeys"
    unprocessed = merged[member]
    for named, asked in handed_back.items():
        given = _present(to_builtins(asked))
        if isinstance(given, list):
            unprocessed[named] = unprocessed.get(named, []) + given
        else:
            before = unprocessed.get(named, {"Keys": []})["Keys"]
            unprocessed[named] = given | {"Keys": before + given["Keys"]}
    return _encode(merged)


def _present(given: Any) -> Any:
    """A table's part of a batch without the members that it does not have."""
    if isinstance(given, list):
        return [_present(each) for each in given]
    return {name: value for name, value in given.items() if value is not None}


_EFFECTS: Final[Mapping[Kind, Callable[[_Struck, Fault, Callable[[], Outcome]], Outcome]]] = {
    "throttle": _throttle,
    "error": _error,
    "error-after": _error_after,
    "conflict": _conflict,
    "unprocessed": _unprocessed,
}
