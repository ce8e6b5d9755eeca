"""One module per family of API operations: functions from a request to a reply.

Importing this package fills the registry; the two lists below are the whole of it, on purpose. What copies
tables is large and rarely asked for, so its modules are imported with the first request.
"""

from stator.operations.dynamodb import batches, items, limits, tables, tags, ttl
from stator.operations.dynamodb.partiql import batch, statement, transaction
from stator.operations.dynamodb.reads import query_scan
from stator.operations.dynamodb.transactions import transact
from stator.operations.registry import REGISTRY, Call, Operation, defer
from stator.operations.streams import records, streams

DEFERRED = {
    "continuous_backups": ("DescribeContinuousBackups", "UpdateContinuousBackups"),
    "restores": ("RestoreTableToPointInTime", "RestoreTableFromBackup"),
    "backups": ("CreateBackup", "DescribeBackup", "ListBackups", "DeleteBackup"),
    "exports": ("ExportTableToPointInTime", "DescribeExport", "ListExports"),
    "imports": ("ImportTable", "DescribeImport", "ListImports"),
    "bulk_operations": (
        "StartBulkPutItems",
        "DescribeBulkOperation",
        "ListBulkOperations",
        "CancelBulkOperation",
    ),
}
"""Modules of `stator.operations.dynamodb`, and their operations."""

for _module, _names in DEFERRED.items():
    defer(f"stator.operations.dynamodb.{_module}", _names)

__all__ = [
    "DEFERRED",
    "REGISTRY",
    "Call",
    "Operation",
    "batch",
    "batches",
    "items",
    "limits",
    "query_scan",
    "records",
    "statement",
    "streams",
    "tables",
    "tags",
    "transact",
    "transaction",
    "ttl",
]
