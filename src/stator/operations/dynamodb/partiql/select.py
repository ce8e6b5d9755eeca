"""SELECT: a page of it, over one range after the other; and the read of a single item.

A page ends as a Query's does, with the `Limit`-th row seen or at 1 MB, and after ten ranges. What it costs is
what the Queries of its ranges cost. Source: "PartiQL select statements" and "IN" of the developer guide.
"""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, NamedTuple

import msgspec
from msgspec import Raw

from stator.base.errors import validation
from stator.expressions.partiql.ast import Select, Source
from stator.expressions.partiql.bind import Bound
from stator.expressions.partiql.branches import exact_key
from stator.expressions.partiql.columns import Columns
from stator.model.requests import ExecuteStatementInput
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.items import projected
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.parameters import check_scalar_keys
from stator.operations.dynamodb.partiql.ranges import Range, Ranges, ranges_of
from stator.operations.dynamodb.partiql.tokens import Stop, digest, invalid, issue, redeem
from stator.operations.dynamodb.reads.pages import answer, last_key, read_capacity
from stator.operations.dynamodb.reads.parameters import ReadParameters
from stator.operations.dynamodb.reads.selection import Selection
from stator.operations.registry import Call
from stator.storage.engine import Reader
from stator.tables import stored
from stator.tables.indexes import Index
from stator.tables.table import Table
from stator.tables.walk import Walk
from stator.values.attribute import Item
from stator.values.size import item_size

_encode = msgspec.json.Encoder().encode

_RANGES_PER_PAGE: Final = 10


def select(call: Call, request: ExecuteStatementInput, bound: Bound) -> bytes | Awaitable[bytes]:
    """A page of a SELECT (ApiError)."""
    bound_to = digest(request.Statement, request.Parameters)
    stop = None if request.NextToken is None else redeem(request.NextToken, bound_to)
    statement = bound.statement
    assert isinstance(statement, Select)
    reader = call.database.engine.reader
    table, index = _source(call, reader, statement.source, consistent=bool(request.ConsistentRead))
    ranges = ranges_of(bound, statement.order, table.key, index)
    shape = _columns(statement)
    _check_columns(shape, table)
    for each in ranges.ranges:
        if each.filter is not None:
            check_scalar_keys(each.filter.nested, table)
    plan = _Plan(table, index, ranges, shape)
    return answer(call, reader, _Page(request, plan, bound_to, stop))


def _source(call: Call, reader: Reader, source: Source, *, consistent: bool) -> tuple[Table, Index | None]:
    table = data_table(call, reader, table_name(call, source.table))
    if source.index is None:
        return table, None
    index = table.index_by_name.get(source.index)
    if index is None:
        raise validation("The table does not have the specified index")
    if not index.definition.filled:
        raise validation(f"Cannot read from backfilling global secondary index: {index.name}")
    if index.kind == "global" and consistent:
        raise validation("Strongly consistent read is not supported on Global Secondary Indexes")
    return table, index


def _columns(statement: Select) -> Columns | None:
    """What a SELECT answers of an item; None for all of it."""
    paths = statement.columns
    return None if paths is None else Columns([column.path for column in paths])


def _check_columns(shape: Columns | None, table: Table) -> None:
    if shape is not None:
        check_scalar_keys(shape.nested, table)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What a SELECT reads, and what it answers of it."""

    table: Table
    index: Index | None
    ranges: Ranges
    shape: Columns | None


class _Page:
    """A page being walked.

    `bound_to` is what its NextToken is bound to, `stop` where the page before it ended.
    """

    def __init__(
        self, request: ExecuteStatementInput, plan: _Plan, bound_to: bytes, stop: Stop | None
    ) -> None:
        self._request = request
        self._shape = plan.shape
        self.table = plan.table
        self.index = plan.index
        self._ranges = plan.ranges.ranges
        self._bound_to = bound_to
        self._consistent = bool(request.ConsistentRead)
        self._units = 0.0
        self._fetched_units = 0.0
        self._size_before = 0
        self._number = stop.number if stop is not None else 0
        self._page_end = self._number + _RANGES_PER_PAGE
        if self._number >= len(self._ranges):
            raise invalid()
        walked = self._ranges[self._number]
        start, end = _remaining(walked, stop, reverse=plan.ranges.reverse)
        self._selection = self._selection_of(walked)
        self._walk = Walk(
            (plan.index or plan.table).space,
            start,
            end,
            limit=request.Limit,
            reverse=plan.ranges.reverse,
            shape=self._selection.shape(),
        )

    def _selection_of(self, walked: Range) -> Selection:
        mode = "ALL_ATTRIBUTES" if self.index is None else "ALL_PROJECTED_ATTRIBUTES"
        parameters = ReadParameters((), walked.filter, self._shape, mode)
        return Selection(self.table, self.index, parameters, consistent=self._consistent)

    def step(self, reader: Reader) -> bool:
        """Walk one slice; whether the page is complete."""
        if not self._walk.step(reader):
            return False
        self._units += read_units(self._walk.size - self._size_before, consistent=self._consistent)
        self._fetched_units += self._selection.fetched_units
        self._size_before = self._walk.size
        if self._walk.last is not None:
            return True
        self._number += 1
        if self._number >= min(self._page_end, len(self._ranges)):
            return True
        walked = self._ranges[self._number]
        self._selection = self._selection_of(walked)
        self._walk.go_on(walked.start, walked.end, self._selection.shape())
        return False

    operation = "ExecuteStatement"

    @property
    def count(self) -> int:
        """How many items the page has."""
        return len(self._walk.items)

    def capacity(self) -> Capacity:
        """What the page has consumed, once it is complete."""
        return read_capacity(self.index, self._units, self._fetched_units)

    def reply(self) -> bytes:
        """The reply, once the page is complete."""
        table, index = self.table, self.index
        parts = [b'{"Items":[%b]' % b",".join(self._walk.items)]
        stop = None
        last = self._walk.last
        if last is not None:
            parts.append(b',"LastEvaluatedKey":' + _encode(last_key(table, index, last)))
            stop = Stop(self._number, _position(table, index, last))
        elif self._number < len(self._ranges):
            stop = Stop(self._number, b"")
        if stop is not None:
            parts.append(b',"NextToken":' + _encode(issue(self._bound_to, stop)))
        shown = self.capacity().shown(table.name, self._request.ReturnConsumedCapacity)
        if shown is not None:
            parts.append(b',"ConsumedCapacity":' + _encode(shown))
        return b"".join([*parts, b"}"])


def _position(table: Table, index: Index | None, row: bytes) -> bytes:
    """Where a stored row lies in the table or the index."""
    item = stored.unpack(row)
    position = table.key.position(item)
    if index is None:
        return position
    prefix = index.prefix(item)
    assert prefix is not None
    return prefix + position


def _remaining(walked: Range, stop: Stop | None, *, reverse: bool) -> tuple[bytes, bytes | None]:
    """What is left of the range in which a page ended (ApiError)."""
    start, end = walked.start, walked.end
    if stop is None or not stop.position:
        return start, end
    if stop.position < start or (end is not None and stop.position >= end):
        raise invalid()
    return (start, stop.position) if reverse else (stop.position + b"\0", end)


class ItemRead(NamedTuple):
    """A SELECT of the one item that its key names, for batches and transactions."""

    named: str
    key: Item
    size: int
    columns: Columns | None

    def position(self, table: Table) -> bytes:
        """Where the item lies (ApiError)."""
        return table.key.of_key(self.key)

    def check(self, table: Table) -> None:
        """Refuse columns that the table's keys do not allow (ApiError)."""
        _check_columns(self.columns, table)

    def response(self, value: bytes | None) -> dict[str, Item | Raw]:
        """The members of a response: the item, if there is one."""
        return {} if value is None else {"Item": projected(value, self.columns)}


def item_read(bound: Bound, table: Table, refusal: str) -> ItemRead:
    """The read of a SELECT whose clause names one item and says nothing else (ApiError, with `refusal`)."""
    statement = bound.statement
    assert isinstance(statement, Select)
    key = exact_key(bound, table.key.names)
    if key is None:
        raise validation(refusal)
    return ItemRead(statement.source.table, key, item_size(key), _columns(statement))
