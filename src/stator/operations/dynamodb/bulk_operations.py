"""StartBulkPutItems, DescribeBulkOperation, ListBulkOperations and CancelBulkOperation.

The reply comes at once, IN_PROGRESS; a job puts the items (`stator.copies.bulk`).
"""

from collections.abc import Awaitable
from typing import Any

from stator.base.errors import ApiError
from stator.copies import bulk
from stator.copies.backups import new_id
from stator.copies.bulk import BULKS, Bulk, Output, is_under_way, progress_of
from stator.copies.bulk_rows import Usage
from stator.copies.sources import Input
from stator.model.requests import (
    CancelBulkOperationInput,
    DescribeBulkOperationInput,
    ListBulkOperationsInput,
    StartBulkPutItemsInput,
)
from stator.operations.dynamodb.background import then_copy
from stator.operations.dynamodb.copy_records import (
    BULK,
    LISTED,
    find,
    given,
    page,
    page_start,
    plain,
    request_digest,
    times,
)
from stator.operations.dynamodb.naming import control_table, table_name
from stator.operations.dynamodb.rules.bulk_operations import BULK_PUT, BULK_TARGET, CANCEL
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction


@operation("StartBulkPutItems", access="control")
def start_bulk_put_items(call: Call, request: StartBulkPutItemsInput) -> Awaitable[Reply]:
    """Put the items in a bucket into a table that is there."""
    enforce(BULK_PUT, request)
    database = call.database
    name = table_name(call, request.TableName)
    random = database.ids.secret().hex()
    token = request.ClientToken or database.ids.table_id()
    digest = request_digest(request)

    def body(transaction: Transaction) -> Reply:
        table = control_table(call, transaction, name)
        now = database.clock.now()
        earlier = BULKS.by_token(transaction, token, now)
        if earlier is not None:
            return _repeated(transaction, earlier, digest)
        under_way = BULKS.under_way(transaction)
        busy = any(each.table_id == table.definition.id for each in under_way)
        enforce(BULK_TARGET, table, busy, len(under_way))
        table_arn = call.arn(f"table/{name}")
        begun = Bulk(
            arn=f"{table_arn}/{BULK.part}/{new_id(now, random)}",
            table_arn=table_arn,
            table=name,
            table_id=table.definition.id,
            token=token,
            request=digest,
            started=now,
            input=_input(request),
            output=_output(request),
            units_max=request.MaxWriteRequestUnits,
            tier=request.PerformanceTier or "STANDARD",
            shown={
                "InputS3Configuration": plain(request.InputS3Configuration),
                "OutputS3Configuration": plain(request.OutputS3Configuration),
            },
        )
        bulk.begin(transaction, database, begun)
        return {"BulkOperationDescription": _description(transaction, begun)}

    return then_copy(call, database.engine.write(body))


def _input(request: StartBulkPutItemsInput) -> Input:
    source = request.InputS3Configuration
    return Input(
        bucket=source.S3Bucket,
        owner=source.S3BucketOwner,
        prefix=source.S3KeyPrefix,
        format=source.InputFormat,
        compression=source.InputCompressionType or "NONE",
    )


def _output(request: StartBulkPutItemsInput) -> Output:
    """Where reports go: into the bucket of the input, if none is named."""
    output = request.OutputS3Configuration
    return Output(
        bucket=output.S3Bucket or request.InputS3Configuration.S3Bucket,
        kinds=tuple(dict.fromkeys(output.OutputType)),
        owner=output.S3BucketOwner,
        prefix=output.S3KeyPrefix,
        algorithm=output.S3SseAlgorithm,
        key_id=output.S3SseKmsKeyId,
    )


def _repeated(reader: Reader, earlier: Bulk, digest: str) -> Reply:
    """The answer to a request whose token was given before."""
    if earlier.request != digest:
        raise ApiError(
            "IdempotentParameterMismatchException",
            "The request was retried with the same client token, but with other parameters",
        )
    return {"BulkOperationDescription": _description(reader, earlier)}


@operation("DescribeBulkOperation", access="control")
def describe_bulk_operation(call: Call, request: DescribeBulkOperationInput) -> Reply:
    """Show a bulk operation, and how far it has come."""
    reader = call.database.engine.reader
    found = find(call, reader, BULKS, BULK, request.BulkOperationArn)
    return {"BulkOperationDescription": _description(reader, found)}


@operation("ListBulkOperations", access="control")
def list_bulk_operations(call: Call, request: ListBulkOperationsInput) -> Reply:
    """Bulk operations from the newest on."""
    limit = request.MaxResults or LISTED
    start = page_start(BULKS.kind, request.NextToken)

    def body(reader: Reader) -> Reply:
        return page(BULKS, BULKS.newest_first(reader, start), limit, "BulkOperationsSummaryList", _summary)

    return call.database.engine.read(body)


@operation("CancelBulkOperation", access="control")
def cancel_bulk_operation(call: Call, request: CancelBulkOperationInput) -> Awaitable[Reply]:
    """End a bulk operation; what it has put stays."""

    def body(transaction: Transaction) -> Reply:
        found = find(call, transaction, BULKS, BULK, request.BulkOperationArn)
        enforce(CANCEL, found)
        cancelling = bulk.cancel(transaction, found)
        return {"BulkOperationArn": cancelling.arn, "BulkOperationStatus": cancelling.status}

    return call.database.engine.write(body)


def _summary(shown: Bulk) -> dict[str, Any]:
    return given(
        {
            "BulkOperationArn": shown.arn,
            "BulkOperationStatus": shown.status,
            **times(StartTime=shown.started, EndTime=shown.ended),
        }
    )


def _description(reader: Reader, shown: Bulk) -> dict[str, Any]:
    progress = progress_of(reader, shown)
    total = progress.total_bytes
    return _summary(shown) | given(
        {
            "TableDetails": [{"TableName": shown.table, "TableId": shown.table_id}],
            "ClientToken": shown.token,
            **shown.shown,
            "ProcessedItemCount": progress.processed,
            "ProcessedInputBytes": progress.bytes_read,
            "TotalInputBytes": total if total is not None or is_under_way(shown) else 0,
            "BulkOperationUsage": [_usage(shown.table, progress.usage)],
            "FailedItemCount": progress.failed,
            "FailureCode": shown.failure_code,
            "FailureMessage": shown.failure_message,
            "MaxWriteRequestUnits": shown.units_max,
            "PerformanceTier": shown.tier,
        }
    )


def _usage(table: str, usage: Usage) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "TableName": table,
        "BulkPutBytes": usage.total,
        "Table": {"BulkPutBytes": usage.table},
    }
    for member, indexes in (
        ("LocalSecondaryIndexes", usage.local),
        ("GlobalSecondaryIndexes", usage.global_),
    ):
        if indexes:
            shown[member] = {name: {"BulkPutBytes": size} for name, size in sorted(indexes.items())}
    return shown
