"""ExportTableToPointInTime, DescribeExport and ListExports.

The reply comes at once, IN_PROGRESS; a job writes the files (`stator.copies.exports`). What is wrong with the
bucket shows there, as on AWS.
"""

from collections.abc import Awaitable
from typing import Any, Final, NamedTuple

from stator.base.errors import ApiError, validation
from stator.copies import exports
from stator.copies.backups import new_id
from stator.copies.exports import EXPORTS, INCREMENTAL, NEW_AND_OLD, Export
from stator.copies.filters import FilterTexts, ItemFilter
from stator.copies.past import position_at
from stator.model.requests import (
    DescribeExportInput,
    ExportTableToPointInTimeInput,
    FilterSpecification,
    ListExportsInput,
)
from stator.operations.dynamodb import copy_records
from stator.operations.dynamodb.background import then_copy
from stator.operations.dynamodb.continuous_backups import Shown
from stator.operations.dynamodb.copy_records import (
    LISTED,
    find,
    given,
    page,
    page_start,
    request_digest,
    times,
)
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.parameters import check_scalar_keys
from stator.operations.dynamodb.rules.exports import EXPORT, EXPORT_LIMIT, REACH, SOURCE, WINDOW
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables import change_log, recovery
from stator.tables.change_log import first_position
from stator.tables.recovery import Span
from stator.tables.table import Table
from stator.values.attribute import normalise

_INVALID_FILTER: Final = "Invalid Request: Invalid FilterSpecification: "


@operation("ExportTableToPointInTime", access="control")
def export_table_to_point_in_time(call: Call, request: ExportTableToPointInTimeInput) -> Awaitable[Reply]:
    """Write the items of a table as it was, or what changed in it, to a bucket."""
    name = _table_of_arn(call, request.TableArn)
    enforce(EXPORT, request)
    database = call.database
    random = database.ids.secret().hex()
    token = request.ClientToken or database.ids.table_id()
    digest = request_digest(request)
    texts = _filter_texts(request.FilterSpecification)

    def body(transaction: Transaction) -> Reply:
        table = database.catalog.table(transaction, name)
        enforce(SOURCE, request.TableArn, name, table)
        assert table is not None
        now = database.clock.now()
        earlier = EXPORTS.by_token(transaction, token, now)
        if earlier is not None:
            return _repeated(earlier, digest)
        period = _period(transaction, request, table, now)
        enforce(EXPORT_LIMIT, len(EXPORTS.under_way(transaction)))
        _check_filter(texts, table)
        table_arn = call.arn(f"table/{name}")
        export = Export(
            arn=f"{table_arn}/export/{new_id(now, random)}",
            table_arn=table_arn,
            table=name,
            table_id=table.definition.id,
            token=token,
            request=digest,
            started=now,
            bucket=request.S3Bucket,
            position=period.position,
            until=period.until,
            time=period.time,
            from_time=period.start,
            to_time=period.end,
            view=_view(request),
            type=request.ExportType,
            owner=request.S3BucketOwner,
            prefix=request.S3Prefix,
            algorithm=request.S3SseAlgorithm,
            key_id=request.S3SseKmsKeyId,
            output=request.ExportFormat or "DYNAMODB_JSON",
            filter=texts,
        )
        exports.begin(transaction, database, table, export)
        return {"ExportDescription": _description(export)}

    return then_copy(call, database.engine.write(body))


def _table_of_arn(call: Call, arn: str) -> str:
    if not arn.startswith("arn:"):
        raise validation("One or more parameter values were invalid: tableArn is not a valid ARN")
    if "/index/" in arn or "/stream/" in arn:
        raise validation("Invalid Request: Table ARN is invalid.")
    return table_name(call, arn)


def _repeated(earlier: Export, digest: str) -> Reply:
    """The answer to a request whose token was given before."""
    if earlier.request != digest:
        raise ApiError(
            "ExportConflictException",
            "Export conflict: Duplicate request detected with conflicting parameters",
        )
    return {"ExportDescription": _description(earlier)}


# The moments that are exported.


class _Period(NamedTuple):
    """What is exported, in time and in positions of the change log; see `Export`."""

    position: int
    time: float | None = None
    until: int | None = None
    start: float | None = None
    end: float | None = None


def _period(
    transaction: Transaction, request: ExportTableToPointInTimeInput, table: Table, now: float
) -> _Period:
    specification = request.IncrementalExportSpecification
    if specification is None:
        _check_reach(transaction, table, now, request.ExportTime, incremental=False)
        if request.ExportTime is None:
            return _Period(first_position(transaction.id), time=now)
        return _Period(position_at(transaction, table, request.ExportTime), time=request.ExportTime)
    start = specification.ExportFromTime
    assert start is not None
    end = now if specification.ExportToTime is None else specification.ExportToTime
    enforce(WINDOW, start, end, table, now)
    _check_reach(transaction, table, now, start, incremental=True)
    log = table.definition.log
    assert log is not None, "a table with recovery has a change log"
    after = first_position(transaction.id)
    return _Period(
        change_log.seek(transaction, log, 0, after, start),
        until=change_log.seek(transaction, log, 0, after, end) if specification.ExportToTime else after,
        start=start,
        end=end,
    )


def _check_reach(reader: Reader, table: Table, now: float, time: float | None, *, incremental: bool) -> None:
    span = recovery.span(reader, table.definition, now)
    if span is not None:
        # What is shown as the earliest or the latest time may be in the present second.
        shown = Shown.of(span)
        span = Span(min(span.earliest, shown.earliest), max(span.latest, shown.latest))
    enforce(REACH, table.name, span, time, incremental)


def _view(request: ExportTableToPointInTimeInput) -> str:
    specification = request.IncrementalExportSpecification
    return (specification and specification.ExportViewType) or NEW_AND_OLD


# The filter.


def _filter_texts(given_: FilterSpecification | None) -> FilterTexts | None:
    """The expressions of a request, their values normalised (ApiError)."""
    if given_ is None:
        return None
    for placeholder, value in (given_.ExpressionAttributeValues or {}).items():
        try:
            normalise(value)
        except ApiError as error:
            raise validation(
                f"{_INVALID_FILTER}ExpressionAttributeValues contains invalid value: {error.message} "
                f"for key {placeholder}"
            ) from None
    return FilterTexts(
        filter=given_.FilterExpression,
        projection=given_.ProjectionExpression,
        key_condition=given_.KeyConditionExpression,
        names=given_.ExpressionAttributeNames,
        values=given_.ExpressionAttributeValues,
    )


def _check_filter(texts: FilterTexts | None, table: Table) -> None:
    """Refuse expressions that cannot be used on the table (ApiError), before a job meets them."""
    if texts is None:
        return
    try:
        compiled = ItemFilter(texts, table)
        check_scalar_keys(compiled.nested, table)
    except ApiError as error:
        raise validation(_INVALID_FILTER + (error.message or "")) from None
    if texts.key_condition is not None:
        for name in table.key.names:
            if name in compiled.tested:
                raise validation(
                    f"{_INVALID_FILTER}Filter Expression can only contain non-primary key attributes: "
                    f"Primary key attribute: {name}"
                )


# What there is.


@operation("DescribeExport", access="control")
def describe_export(call: Call, request: DescribeExportInput) -> Reply:
    """Show an export."""
    found = find(call, call.database.engine.reader, EXPORTS, copy_records.EXPORT, request.ExportArn)
    return {"ExportDescription": _description(found)}


@operation("ListExports", access="control")
def list_exports(call: Call, request: ListExportsInput) -> Reply:
    """Exports from the newest on; of a table, only those of the very one that has that name now."""
    limit = request.MaxResults or LISTED
    start = page_start(EXPORTS.kind, request.NextToken)
    wanted = None if request.TableArn is None else _table_of_arn(call, request.TableArn)

    def body(reader: Reader) -> Reply:
        table_id = None
        if wanted is not None:
            table = call.database.catalog.table(reader, wanted)
            table_id = table.definition.id if table is not None else ""
        found = (
            export for export in EXPORTS.newest_first(reader, start) if table_id in (None, export.table_id)
        )
        return page(EXPORTS, found, limit, "ExportSummaries", _summary)

    return call.database.engine.read(body)


def _summary(export: Export) -> dict[str, Any]:
    return {
        "ExportArn": export.arn,
        "ExportStatus": export.status,
        "ExportType": export.type or "FULL_EXPORT",
    }


def _description(export: Export) -> dict[str, Any]:
    return given(
        {
            "ExportArn": export.arn,
            "ExportStatus": export.status,
            **times(StartTime=export.started, EndTime=export.ended),
            "ExportManifest": export.manifest,
            "TableArn": export.table_arn,
            "TableId": export.table_id,
            **times(ExportTime=export.time),
            "ClientToken": export.token,
            "S3Bucket": export.bucket,
            "S3BucketOwner": export.owner,
            "S3Prefix": export.prefix,
            "S3SseAlgorithm": export.algorithm or "AES256",
            "S3SseKmsKeyId": export.key_id,
            "FailureCode": export.failure_code,
            "FailureMessage": export.failure_message,
            "ExportFormat": export.output,
            "BilledSizeBytes": export.billed_bytes,
            "ItemCount": export.items,
            "ExportType": export.type,
            "IncrementalExportSpecification": _specification(export),
            "FilterSpecification": _filter(export.filter),
        }
    )


def _specification(export: Export) -> dict[str, Any] | None:
    if export.type != INCREMENTAL:
        return None
    moments = times(ExportFromTime=export.from_time, ExportToTime=export.to_time)
    return {**moments, "ExportViewType": export.view}


def _filter(texts: FilterTexts | None) -> dict[str, Any] | None:
    if texts is None:
        return None
    return given(
        {
            "FilterExpression": texts.filter,
            "ProjectionExpression": texts.projection,
            "KeyConditionExpression": texts.key_condition,
            "ExpressionAttributeNames": texts.names,
            "ExpressionAttributeValues": texts.values,
        }
    )
