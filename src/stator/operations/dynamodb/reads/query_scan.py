"""Query and Scan: what to walk and where to begin.

Both take their parameters apart, find the table or index, check in AWS's order what only its keys can tell,
and then share the page.
"""

from collections.abc import Awaitable

from stator.base.errors import validation
from stator.expressions.condition import Condition
from stator.model.requests import QueryInput, ScanInput
from stator.operations.dynamodb.naming import data_table, table_name
from stator.operations.dynamodb.parameters import check_scalar_keys
from stator.operations.dynamodb.reads.pages import Page, answer
from stator.operations.dynamodb.reads.parameters import query_parameters, scan_parameters
from stator.operations.dynamodb.reads.selection import Selection
from stator.operations.dynamodb.reads.start_keys import (
    check_restart,
    check_shape,
    start_position,
    wrong_segment,
)
from stator.operations.registry import Call, operation
from stator.storage.engine import Reader
from stator.tables.indexes import Index
from stator.tables.keyspace import segment
from stator.tables.ranges import key_range
from stator.tables.schema import TableKey
from stator.tables.table import Table
from stator.tables.walk import Walk


@operation("Query", access="read")
def query(call: Call, request: QueryInput) -> bytes | Awaitable[bytes]:
    """Read items of one partition, in the order of their sort keys."""
    parameters = query_parameters(request)
    reader = call.database.engine.reader
    table, index = _source(call, reader, request)
    start_key = request.ExclusiveStartKey
    if start_key is not None:
        check_shape(table, index, start_key)
    within = key_range(index or table.key, parameters.terms)
    start, end = within.start, within.end
    forward = request.ScanIndexForward is not False
    if start_key is not None:
        position = start_position(table, index, start_key)
        check_restart(position, within)
        start, end = (position + b"\0", end) if forward else (start, position)
    if parameters.projection is not None:
        check_scalar_keys(parameters.projection.nested, table)
    if parameters.filter is not None:
        _check_filter(parameters.filter, request, index or table.key)
    selection = Selection(table, index, parameters, consistent=bool(request.ConsistentRead))
    if parameters.filter is not None:
        check_scalar_keys(parameters.filter.nested, table)
    walk = Walk(
        index.space if index else table.space,
        start,
        end,
        limit=request.Limit,
        reverse=not forward,
        shape=selection.shape(),
    )
    return answer(call, reader, Page(request, table, index, selection, walk))


@operation("Scan", access="read")
def scan(call: Call, request: ScanInput) -> bytes | Awaitable[bytes]:
    """Read items of a whole table or index, or of one segment of it."""
    parameters = scan_parameters(request)
    reader = call.database.engine.reader
    table, index = _source(call, reader, request)
    start_key = request.ExclusiveStartKey
    if start_key is not None:
        check_shape(table, index, start_key, whole_table=True)
    selection = Selection(table, index, parameters, consistent=bool(request.ConsistentRead))
    start, end = _segment_bounds(request)
    if start_key is not None:
        position = start_position(table, index, start_key)
        if position < start or (end is not None and position >= end):
            raise wrong_segment(request.Segment or 0, request.TotalSegments or 0)
        start = position + b"\0"
    for named in (parameters.projection, parameters.filter):
        if named is not None:
            check_scalar_keys(named.nested, table)
    walk = Walk(
        index.space if index else table.space,
        start,
        end,
        limit=request.Limit,
        shape=selection.shape(),
    )
    return answer(call, reader, Page(request, table, index, selection, walk))


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


def _check_filter(tested: Condition, request: QueryInput, source: TableKey | Index) -> None:
    """A Query's filter may not name the keys of what is queried: they belong into the key condition."""
    for attribute in source.hash + source.range:
        if attribute.name in tested.attributes:
            parameter = "QueryFilter" if request.FilterExpression is None else "Filter Expression"
            raise validation(
                f"{parameter} can only contain non-primary key attributes: "
                f"Primary key attribute: {attribute.name}"
            )


def _segment_bounds(request: ScanInput) -> tuple[bytes, bytes | None]:
    if request.Segment is None or request.TotalSegments is None:
        return b"", None
    return segment(request.Segment, request.TotalSegments)
