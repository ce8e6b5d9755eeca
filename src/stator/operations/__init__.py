"""One module per family of API operations: functions from a request to a reply.

Importing this package fills the registry; the list below is the whole of it, on purpose.
"""

from stator.operations.dynamodb import (
    batches,
    items,
    limits,
    partiql,
    partiql_batch,
    partiql_transaction,
    reads,
    tables,
    tags,
    transactions,
    ttl,
)
from stator.operations.registry import REGISTRY, Call, Operation
from stator.operations.streams import records, streams

__all__ = [
    "REGISTRY",
    "Call",
    "Operation",
    "batches",
    "items",
    "limits",
    "partiql",
    "partiql_batch",
    "partiql_transaction",
    "reads",
    "records",
    "streams",
    "tables",
    "tags",
    "transactions",
    "ttl",
]
