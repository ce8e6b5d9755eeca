"""Query and Scan: a page of a table or of an index.

Both parse their request, choose what to walk and where to begin, and then share the walk. A page that fits in
one slice is answered at once; a longer one lets other requests run between its slices.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from stator.base.errors import validation
from stator.expressions.condition import Condition, condition
from stator.expressions.key_condition import KeyTerm, key_condition
from stator.expressions.legacy import attributes_to_get, condition_filter, key_conditions
from stator.expressions.projection import Projection, projection
from stator.model.requests import QueryInput, ScanInput
from stator.operations.dynamodb.capacity import Capacity, read_units
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.parameters import (
    QUERY,
    SCAN,
    ExpressionRules,
    bindings,
    check_mixing,
    check_scalar_keys,
)
from stator.operations.dynamodb.selection import Selection, select_mode
from stator.operations.dynamodb.start_keys import (
    normalise_start_key,
    query_position,
    scan_position,
    wrong_segment,
)
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader
from stator.tables import stored
from stator.tables.indexes import Index
from stator.tables.keyspace import segment
from stator.tables.ranges import key_range
from stator.tables.table import Table
from stator.tables.walk import Walk

_encode = msgspec.json.Encoder().encode


class _Parsed(NamedTuple):
    """The expressions of a Query or Scan, in either style."""

    terms: tuple[KeyTerm, ...]
    filter: Condition | None
    projection: Projection | None
    projection_parameter: str | None


@dataclass(frozen=True, slots=True)
class _Page:
    """A page about to be walked, and what its reply is made with."""

    request: QueryInput | ScanInput
    table: Table
    index: Index | None
    selection: Selection
    walk: Walk


@operation("Query", access="read")
def query(call: Call, request: QueryInput) -> bytes | Awaitable[bytes]:
    """Read items of one partition, in the order of their sort keys."""
    parsed = _parse_query(request)
    mode = select_mode(request, parsed.projection_parameter, is_enveloped=True)
    reader = call.database.engine.reader
    table, index = _source(call, reader, request)
    within = key_range(index or table.key, parsed.terms)
    start, end = within.start, within.end
    forward = request.ScanIndexForward is not False
    if request.ExclusiveStartKey is not None:
        position = query_position(table, index, request.ExclusiveStartKey, within)
        start, end = (position + b"\0", end) if forward else (start, position)
    _check_paths(parsed, table)
    _check_filter(parsed.filter, request, index or table.key)
    selection = Selection(
        table, index, mode, parsed.filter, parsed.projection, consistent=bool(request.ConsistentRead)
    )
    walk = Walk(
        index.space if index else table.space,
        start,
        end,
        limit=request.Limit,
        reverse=not forward,
        shape=selection.shape(),
    )
    return _walk(call, reader, _Page(request, table, index, selection, walk))


@operation("Scan", access="read")
def scan(call: Call, request: ScanInput) -> bytes | Awaitable[bytes]:
    """Read items of a whole table or index, or of one segment of it."""
    parsed = _parse_scan(request)
    mode = select_mode(request, parsed.projection_parameter, is_enveloped=False)
    reader = call.database.engine.reader
    table, index = _source(call, reader, request)
    start, end = _segment_bounds(request)
    if request.ExclusiveStartKey is not None:
        position = scan_position(table, index, request.ExclusiveStartKey)
        if request.Segment is not None and (position < start or (end is not None and position >= end)):
            raise wrong_segment(request.Segment, request.TotalSegments or 0)
        start = position + b"\0"
    selection = Selection(
        table, index, mode, parsed.filter, parsed.projection, consistent=bool(request.ConsistentRead)
    )
    _check_paths(parsed, table)
    walk = Walk(
        index.space if index else table.space,
        start,
        end,
        limit=request.Limit,
        shape=selection.shape(),
    )
    return _walk(call, reader, _Page(request, table, index, selection, walk))


def _parse_query(request: QueryInput) -> _Parsed:
    check_mixing(QUERY, request)
    old_filter = condition_filter(request.QueryFilter, request.ConditionalOperator)
    chosen = None if request.AttributesToGet is None else attributes_to_get(request.AttributesToGet)
    normalise_start_key(request.ExclusiveStartKey)
    if request.KeyConditions is None and request.KeyConditionExpression is None:
        raise validation(
            "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
        )
    return _parse(QUERY, request, request.KeyConditionExpression, old_filter, chosen)


def _parse_scan(request: ScanInput) -> _Parsed:
    check_mixing(SCAN, request)
    chosen = None if request.AttributesToGet is None else attributes_to_get(request.AttributesToGet)
    old_filter = condition_filter(request.ScanFilter, request.ConditionalOperator)
    normalise_start_key(request.ExclusiveStartKey)
    _check_segment(request)
    return _parse(SCAN, request, None, old_filter, chosen)


def _parse(
    rules: ExpressionRules,
    request: Any,
    key_text: str | None,
    old_filter: Condition | None,
    chosen: Projection | None,
) -> _Parsed:
    """Bind the expressions in AWS's order: key condition, filter, projection; then what they leave unused."""
    bound = bindings(rules, request)
    terms = () if key_text is None else key_condition(key_text, bound)
    tested = request.FilterExpression
    named = request.ProjectionExpression
    filtered = old_filter if tested is None else condition(tested, bound, "FilterExpression")
    projected = chosen if named is None else projection(named, bound)
    bound.check_unused()
    if key_text is None and isinstance(request, QueryInput) and request.KeyConditions is not None:
        terms = key_conditions(request.KeyConditions)
    parameter = "ProjectionExpression" if named is not None else "AttributesToGet" if chosen else None
    return _Parsed(terms, filtered, projected, parameter)


def _source(call: Call, reader: Reader, request: QueryInput | ScanInput) -> tuple[Table, Index | None]:
    table = data_table(call, reader, table_name(call, request.TableName))
    if request.IndexName is None:
        return table, None
    index = table.index_by_name.get(request.IndexName)
    if index is None:
        raise validation(f"The table does not have the specified index: {request.IndexName}")
    if not index.definition.filled:
        raise validation(f"Cannot read from backfilling global secondary index: {index.name}")
    if index.kind == "global" and request.ConsistentRead:
        raise validation("Consistent reads are not supported on global secondary indexes")
    return table, index


def _check_paths(parsed: _Parsed, table: Table) -> None:
    for named in (parsed.projection, parsed.filter):
        if named is not None:
            check_scalar_keys(named.nested, table)


def _check_filter(tested: Condition | None, request: QueryInput, source: Any) -> None:
    """A Query's filter may not name the keys of what is queried: they belong into the key condition."""
    if tested is None:
        return
    for attribute in source.hash + source.range:
        if attribute.name in tested.attributes:
            parameter = "QueryFilter" if request.FilterExpression is None else "Filter Expression"
            raise validation(
                f"{parameter} can only contain non-primary key attributes: "
                f"Primary key attribute: {attribute.name}"
            )


def _check_segment(request: ScanInput) -> None:
    part, total = request.Segment, request.TotalSegments
    if part is not None and total is None:
        raise validation(
            "The TotalSegments parameter is required but was not present in the request "
            "when Segment parameter is present"
        )
    if total is not None and part is None:
        raise validation(
            "The Segment parameter is required but was not present in the request "
            "when parameter TotalSegments is present"
        )
    if part is not None and total is not None and part >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {part} is not less than TotalSegments: {total}"
        )


def _segment_bounds(request: ScanInput) -> tuple[bytes, bytes | None]:
    if request.Segment is None or request.TotalSegments is None:
        return b"", None
    return segment(request.Segment, request.TotalSegments)


def _walk(call: Call, reader: Reader, page: _Page) -> bytes | Awaitable[bytes]:
    if page.walk.step(reader):
        return _reply(page)
    return _walk_on(call, page)


async def _walk_on(call: Call, page: _Page) -> bytes:
    while True:
        await asyncio.sleep(0)
        if page.walk.step(call.database.engine.reader):
            return _reply(page)


def _reply(page: _Page) -> bytes:
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


def _capacity(page: _Page) -> Capacity:
    units = read_units(page.walk.size, consistent=bool(page.request.ConsistentRead))
    if page.index is None:
        return Capacity(units)
    capacity = Capacity(page.selection.fetched_units)
    capacity.add_index(page.index.name, page.index.kind, units)
    return capacity
