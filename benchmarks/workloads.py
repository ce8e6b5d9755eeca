"""What is asked of peers: a row per workload. Adding one takes a script in wrk/ and a row here."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal

from benchmarks.client import Client
from benchmarks.dataset import INDEXED_TABLE, ITEMS_TABLE, ROWS_TABLE, DataSet
from benchmarks.verification import (
    BatchReads,
    BatchWrites,
    IndexedWrites,
    Queries,
    Reads,
    Scans,
    Transactions,
    Updates,
    Verification,
    Writes,
)

Verifier = Callable[[Client, DataSet, random.Random], Verification]


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload: the script that makes its requests, at so many connections.

    `keys` is what the script draws at random: the number of an item or of a partition. `tables` are those
    that it needs.
    """

    name: str
    title: str
    script: str
    keys: Literal["items", "partitions"]
    connections: tuple[int, ...]
    verification: Verifier
    tables: frozenset[str] = frozenset({ITEMS_TABLE})


WORKLOADS: Final = {
    workload.name: workload
    for workload in (
        Workload("GetItem", "GetItem, 0.8 KB", "get_item.lua", "items", (1, 16), Reads),
        Workload("PutItem", "PutItem, 0.8 KB, overwriting", "put_item.lua", "items", (1, 16, 64), Writes),
        Workload("UpdateItem", "UpdateItem with a condition", "update_item.lua", "items", (1, 16), Updates),
        Workload(
            "Query",
            "Query of 50 items of 0.3 KB",
            "query.lua",
            "partitions",
            (1, 16),
            Queries,
            frozenset({ROWS_TABLE}),
        ),
        Workload(
            "BatchGetItem", "BatchGetItem of 100, 0.8 KB", "batch_get_item.lua", "items", (16,), BatchReads
        ),
        Workload(
            "BatchWriteItem",
            "BatchWriteItem of 25, 0.8 KB",
            "batch_write_item.lua",
            "items",
            (16,),
            BatchWrites,
        ),
        Workload("Scan", "Scan of a page of 1 MB with a filter", "scan.lua", "items", (16,), Scans),
        Workload(
            "TransactWriteItems",
            "TransactWriteItems of 10 puts",
            "transact_write_items.lua",
            "items",
            (16,),
            Transactions,
        ),
        Workload(
            "PutIndexedItem",
            "PutItem, with a stream and two global indexes",
            "put_indexed_item.lua",
            "items",
            (16,),
            IndexedWrites,
            frozenset({INDEXED_TABLE}),
        ),
    )
}
