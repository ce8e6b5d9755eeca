"""One module per family of API operations: functions from a request to a reply.

Importing this package fills the registry; the list below is the whole of it, on purpose.
"""

from stator.operations.dynamodb import (
    backups,
    batches,
    bulk_operations,
    continuous_backups,
    exports,
    imports,
    items,
    limits,
    restores,
    tables,
    tags,
    ttl,
)
from stator.operations.dynamodb.partiql import batch, statement, transaction
from stator.operations.dynamodb.reads import query_scan
from stator.operations.dynamodb.transactions import transact
from stator.operations.registry import REGISTRY, Call, Operation
from stator.operations.streams import records, streams

__all__ = [
    "REGISTRY",
    "Call",
    "Operation",
    "backups",
    "batch",
    "batches",
    "bulk_operations",
    "continuous_backups",
    "exports",
    "imports",
    "items",
    "limits",
    "query_scan",
    "records",
    "restores",
    "statement",
    "streams",
    "tables",
    "tags",
    "transact",
    "transaction",
    "ttl",
]
