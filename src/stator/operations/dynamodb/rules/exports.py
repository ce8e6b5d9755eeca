"""What ExportTableToPointInTime refuses, in AWS's order: the request, the table, the window, its state."""

from datetime import UTC, datetime
from typing import Final

from stator.base.limits import EXPORT_WINDOW_SECONDS_MAX, EXPORT_WINDOW_SECONDS_MIN, EXPORTS_MAX
from stator.model.requests import ExportTableToPointInTimeInput
from stator.operations.dynamodb.rules.continuous_backups import TABLE_NOT_FOUND, not_found
from stator.operations.dynamodb.rules.rule import API_REFERENCE, CAPTURE_2026, UNVERIFIED, Broken, Rule
from stator.tables.recovery import Span
from stator.tables.table import Table

_INCREMENTAL: Final = "INCREMENTAL_EXPORT"
_TIME: Final = "InvalidExportTimeException"

Request = ExportTableToPointInTimeInput


def _is_incremental(request: Request) -> bool:
    return request.ExportType == _INCREMENTAL


def _spec_of_nothing(request: Request) -> Broken:
    return request.ExportType is None and request.IncrementalExportSpecification is not None


def _spec_of_full(request: Request) -> Broken:
    return request.ExportType == "FULL_EXPORT" and request.IncrementalExportSpecification is not None


def _no_from(request: Request) -> Broken:
    specification = request.IncrementalExportSpecification
    return _is_incremental(request) and (specification is None or specification.ExportFromTime is None)


def _empty_filter(request: Request) -> Broken:
    given = request.FilterSpecification
    return given is not None and all(getattr(given, name) is None for name in given.__struct_fields__)


# Asked with (request,).
EXPORT: Final = (
    Rule(
        "Invalid Request: Export Type expected to be Incremental Export when incremental export "
        "specification is provided",
        _spec_of_nothing,
        CAPTURE_2026,
    ),
    Rule(
        "Invalid Request: When Export Type is Full Export , Incremental Export Specification should not be "
        "provided",
        _spec_of_full,
        CAPTURE_2026,
    ),
    Rule(
        "Invalid Request: Incremental Export Specification expected when export type is set as "
        "Incremental Export",
        lambda request: _is_incremental(request) and request.IncrementalExportSpecification is None,
        CAPTURE_2026,
    ),
    Rule(
        "Invalid Request: ExportFromTime must be provided in IncrementalExportSpecification",
        _no_from,
        CAPTURE_2026,
    ),
    Rule(
        "Invalid Request: ExportTime should not be provided when Export Type is Incremental Export",
        lambda request: _is_incremental(request) and request.ExportTime is not None,
        UNVERIFIED,
    ),
    Rule(
        "Invalid Request: KMS Key Id is not supported for this encryption type",
        lambda request: request.S3SseKmsKeyId is not None and request.S3SseAlgorithm != "KMS",
        CAPTURE_2026,
    ),
    Rule(
        "Invalid Request: Invalid FilterSpecification: The specification can not be empty",
        _empty_filter,
        CAPTURE_2026,
    ),
)


def _absent(arn: str, name: str, table: Table | None) -> Broken:
    return {"arn": arn} if not_found(name, table) else None


# Asked with (ARN of the table as it was given, its name, the table or None).
SOURCE: Final = (Rule("Table not found: {arn}", _absent, CAPTURE_2026, TABLE_NOT_FOUND),)


def _moment(time: float) -> str:
    """A time as AWS writes it into these texts; one that no calendar has, as it was given."""
    try:
        return f"{datetime.fromtimestamp(int(time), UTC):%Y-%m-%dT%H:%M:%SZ}"
    except (ValueError, OverflowError, OSError):
        return f"{time:g}"


def _before_table(start: float, end: float, table: Table, now: float) -> Broken:
    return {"time": _moment(start)} if start < int(table.definition.created_at) else None


def _in_future(start: float, end: float, table: Table, now: float) -> Broken:
    return {"time": _moment(end)} if end > now else None


# The window of an incremental export. Asked with (from, to, the table, now).
WINDOW: Final = (
    Rule(
        "Incremental export period from time cannot be less than the table creation time : {time}",
        _before_table,
        CAPTURE_2026,
        _TIME,
    ),
    Rule(
        "Incremental export period to time cannot be greater than the current time : {time}",
        _in_future,
        CAPTURE_2026,
        _TIME,
    ),
    Rule(
        "Difference between export period from time and export period to time is less than 15 minutes",
        lambda start, end, table, now: end - start < EXPORT_WINDOW_SECONDS_MIN,
        CAPTURE_2026,
        _TIME,
    ),
    Rule(
        "Difference between export period from time and export period to time is greater than 24 hours",
        lambda start, end, table, now: end - start > EXPORT_WINDOW_SECONDS_MAX,
        UNVERIFIED,
        _TIME,
    ),
)


def _out_of_reach(name: str, span: Span, time: float | None, incremental: bool) -> Broken:
    return time is not None and not span.earliest <= time <= span.latest


# Asked with (name of the table, the times that recovery covers or None, ExportTime or ExportFromTime or None,
# whether the export is incremental).
REACH: Final = (
    Rule(
        "Point in time recovery is not enabled for table '{name}'",
        lambda name, span, time, incremental: {"name": name} if span is None else None,
        CAPTURE_2026,
        "PointInTimeRecoveryUnavailableException",
    ),
    Rule(
        "Point in Time Recovery is not available for specified export time",
        lambda *subjects: subjects[3] and _out_of_reach(*subjects),
        UNVERIFIED,
        _TIME,
    ),
    Rule("Export Time is invalid", _out_of_reach, CAPTURE_2026, _TIME),
)
# Asked with (number of exports under way,).
EXPORT_LIMIT: Final = (
    Rule(
        f"Subscriber limit exceeded: There is a limit of {EXPORTS_MAX} concurrent exports",
        lambda under_way: under_way >= EXPORTS_MAX,
        API_REFERENCE,
        "LimitExceededException",
    ),
)
