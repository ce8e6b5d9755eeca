"""What is asked of peers: a row per workload. Adding one takes a script in wrk/ and a row here."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.client import Client
from benchmarks.dataset import INDEXED_TABLE, ITEMS_TABLE, RECOVERED_TABLE, ROWS_TABLE, DataSet
from benchmarks.verification import (
    BatchReads,
    BatchWrites,
    IndexedWrites,
    Queries,
    Reads,
    RecoveredWrites,
    RowReads,
    RowUpdates,
    Scans,
    Transactions,
    Updates,
    Verification,
    Writes,
)

Verifier = Callable[[Client, DataSet, random.Random], Verification]


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload: the script that makes its requests to a table.

    `keys` is what the script draws at random: the number of an item or of a partition.
    """

    name: str
    title: str
    script: str
    verification: Verifier
    table: str = ITEMS_TABLE
    keys: Literal["items", "partitions"] = "items"


WORKLOADS: Final = {
    workload.name: workload
    for workload in (
        Workload("GetItem", "GetItem, 0.8 KB", "get_item.lua", Reads),
        Workload("PutItem", "PutItem, 0.8 KB, overwriting", "put_item.lua", Writes),
        Workload("UpdateItem", "UpdateItem with a condition", "update_item.lua", Updates),
        Workload("Query", "Query of 50 items of 0.3 KB", "query.lua", Queries, ROWS_TABLE, "partitions"),
        Workload("BatchGetItem", "BatchGetItem of 100, 0.8 KB", "batch_get_item.lua", BatchReads),
        Workload("BatchWriteItem", "BatchWriteItem of 25, 0.8 KB", "batch_write_item.lua", BatchWrites),
        Workload("Scan", "Scan of a page of 1 MB with a filter", "scan.lua", Scans),
        Workload(
            "TransactWriteItems", "TransactWriteItems of 10 puts", "transact_write_items.lua", Transactions
        ),
        Workload(
            "PutIndexedItem",
            "PutItem, with a stream and two global indexes",
            "put_item.lua",
            IndexedWrites,
            INDEXED_TABLE,
        ),
        Workload(
            "PutRecoveredItem",
            "PutItem, with point-in-time recovery",
            "put_item.lua",
            RecoveredWrites,
            RECOVERED_TABLE,
        ),
        Workload("GetRow", "GetItem of a row, 0.3 KB", "get_row.lua", RowReads, ROWS_TABLE, "partitions"),
        Workload(
            "UpdateRow", "UpdateItem of a row, 0.3 KB", "update_row.lua", RowUpdates, ROWS_TABLE, "partitions"
        ),
    )
}
