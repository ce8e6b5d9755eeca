"""What StartBulkPutItems and CancelBulkOperation refuse."""

from typing import Any, Final

from stator.copies.bulk import Bulk, is_under_way
from stator.model.requests import StartBulkPutItemsInput
from stator.operations.dynamodb.rules.imports import NO_LIBRARY, missing_library
from stator.operations.dynamodb.rules.rule import API_REFERENCE, GUIDE, IN_USE, OWN, UNVERIFIED, Broken, Rule
from stator.tables.table import Table

BULK_OPERATIONS_MAX: Final = 50  # Stator's: AWS's quota is not known


def _no_output(request: StartBulkPutItemsInput) -> Broken:
    return not request.OutputS3Configuration.OutputType


def _key_of_no_kms(request: StartBulkPutItemsInput) -> Broken:
    output = request.OutputS3Configuration
    return output.S3SseKmsKeyId is not None and output.S3SseAlgorithm != "KMS"


# Asked with (request,).
BULK_PUT: Final = (
    Rule(
        "Invalid Request: OutputType must have at least one value",
        _no_output,
        UNVERIFIED,
    ),
    Rule(
        "Invalid Request: KMS Key Id is not supported for this encryption type",
        _key_of_no_kms,
        UNVERIFIED,
    ),
    Rule(
        NO_LIBRARY,
        lambda request: missing_library(
            request.InputS3Configuration.InputFormat, request.InputS3Configuration.InputCompressionType
        ),
        OWN,
    ),
)


def _status(table: Table, *others: Any) -> Broken:
    """GUIDE: a table that is being created or deleted, or whose index is, takes no bulk operation."""
    building = any(not index.definition.filled or index.definition.allocating for index in table.indexes)
    return {"name": table.name} if not table.readable or building else None


# Asked with (the table, whether it has a bulk operation under way, how many there are under way).
BULK_TARGET: Final = (
    Rule(
        f"{IN_USE}Table is being created, changed or deleted: {{name}}",
        _status,
        GUIDE,
        "ResourceInUseException",
    ),
    Rule(
        "Subscriber limit exceeded: A bulk operation is under way for the table: {name}",
        lambda table, busy, under_way: {"name": table.name} if busy else None,
        UNVERIFIED,
        "LimitExceededException",
    ),
    Rule(
        f"Subscriber limit exceeded: There is a limit of {BULK_OPERATIONS_MAX} concurrent bulk operations",
        lambda table, busy, under_way: under_way >= BULK_OPERATIONS_MAX,
        UNVERIFIED,
        "LimitExceededException",
    ),
)


def _has_ended(bulk: Bulk) -> Broken:
    return None if is_under_way(bulk) else {"status": bulk.status}


# Asked with (bulk operation,).
CANCEL: Final = (
    Rule(
        "Invalid Request: The bulk operation has ended already, and is {status}",
        _has_ended,
        API_REFERENCE,
    ),
)
