"""All rows, in the order in which they are measured: peers that go on working when idle come last."""

from typing import Final

from benchmarks.load.ycsb import MIXES
from benchmarks.rows.growth import Deletion, growth
from benchmarks.rows.ratios import Comparison, Ratios, Workers, against, cost, latency, recovered
from benchmarks.rows.row import Row
from benchmarks.rows.single import above_the_disk
from benchmarks.rows.starts import starts
from benchmarks.rows.tails import Tail
from benchmarks.rows.views import Ycsb, overview

_DYNALITE: Final = "x dynalite"
_GET: Final = ("stator", "GetItem")
_MEASURED: Final = tuple(
    Comparison(f"{workload}: cost", ("stator", workload), ("stator-unmeasured", workload), cost)
    for workload in ("GetItem", "PutItem", "Query")
)
_INDEXED: Final = Comparison("cost", ("stator", "PutIndexedItem"), ("stator", "PutItem"), cost)

ROWS: Final = {
    row.name: row
    for row in (
        Row("starts", "Start to first answer, idle memory", starts),
        Row(
            "getitem",
            "GetItem",
            Ratios(
                16,
                (
                    Comparison(_DYNALITE, _GET, ("dynalite", "GetItem")),
                    Comparison("of the bare handler", _GET, ("bare-stack", "GetItem")),
                ),
            ),
        ),
        Row("query50", "Query of 50 items", against("dynalite", "Query", 16, _DYNALITE)),
        Row("putitem-16", "PutItem, 16 connections", against("dynalite", "PutItem", 16, _DYNALITE)),
        Row("putitem-64", "PutItem, 64 connections", against("dynalite", "PutItem", 64, _DYNALITE)),
        Row("updateitem-16", "UpdateItem", against("dynalite", "UpdateItem", 16, _DYNALITE)),
        Row("batchget", "BatchGetItem of 100", against("dynalite", "BatchGetItem", 16, _DYNALITE)),
        Row("batchwrite", "BatchWriteItem of 25", against("dynalite", "BatchWriteItem", 16, _DYNALITE)),
        Row("scan", "Scan of a page with a filter", against("dynalite", "Scan", 16, _DYNALITE)),
        Row(
            "latency-getitem",
            "GetItem on one connection",
            Ratios(1, (Comparison("of dynalite's", _GET, ("dynalite", "GetItem"), latency),)),
        ),
        Row("latency-putitem", "PutItem on one connection", above_the_disk),
        Row("indexed", "PutItem with a stream and two global indexes", Ratios(16, (_INDEXED,))),
        Row("metrics", "Requests with metrics and without", Ratios(16, _MEASURED)),
        Row("recovered", "PutItem with point-in-time recovery", recovered),
        Row("tail-reads", "GetItem at half of the highest rate", Tail("GetItem", 16)),
        Row("tail-writes", "PutItem at half of the highest rate", Tail("PutItem", 64)),
        Row("tail-reads-busy", "GetItem, the server being busy", Tail("GetItem", 16, busy=True)),
        Row("tail-writes-busy", "PutItem, the server being busy", Tail("PutItem", 64, busy=True)),
        Row("workers-reads", "GetItem with two workers", Workers("GetItem")),
        Row("workers-writes", "PutItem with two workers", Workers("PutItem")),
        Row(
            "transact",
            "TransactWriteItems of 10",
            against("ministack", "TransactWriteItems", 16, "x MiniStack"),
        ),
        *(
            Row(f"ycsb-{letter}", f"YCSB {letter.upper()}: {mix.title}", Ycsb(letter))
            for letter, mix in MIXES.items()
        ),
        Row("peers", "All peers", overview),
        Row("growth", "Ten thousand to ten million items", growth, large=True),
        Row("delete-index", "Deleting an index of ten million items", Deletion("index"), large=True),
        Row("delete-table", "Deleting a table of ten million items", Deletion("table"), large=True),
    )
}
