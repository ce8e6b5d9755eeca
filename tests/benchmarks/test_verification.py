"""A peer that answers wrong things must not win: what the verification of runs finds."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from benchmarks.client import Client, Refused
from benchmarks.dataset import INDEXED_TABLE, ITEMS_TABLE, ROWS_PER_PARTITION, DataSet, Item, WrongData
from benchmarks.verification import (
    BatchReads,
    BatchWrites,
    IndexedWrites,
    Queries,
    Reads,
    RowReads,
    Transactions,
    Updates,
    Writes,
)
from benchmarks.wrk.run import Errors, Latency, Outcome


class FakePeer(Client):
    """A peer that keeps its items in a dict; a test breaks what it likes."""

    def __init__(self, data: DataSet) -> None:
        self.items = {f"item-{number:010d}": data.new_item(number) for number in range(data.items)}
        self.rows = {
            f"partition-{partition:06d}": [data.new_row(partition, row) for row in range(ROWS_PER_PARTITION)]
            for partition in range(data.partitions)
        }
        self.evaluates_conditions = True

    def send(self, operation: str, request: Any) -> bytes:
        return b"x" * 1_000

    def call(self, operation: str, request: Any) -> Any:
        return getattr(self, operation)(request)

    def GetItem(self, request: Any) -> Any:
        assert request["TableName"] in (ITEMS_TABLE, INDEXED_TABLE)
        return {"Item": self.items[request["Key"]["pk"]["S"]]}

    def BatchGetItem(self, request: Any) -> Any:
        keys = request["RequestItems"][ITEMS_TABLE]["Keys"]
        return {"Responses": {ITEMS_TABLE: [self.items[key["pk"]["S"]] for key in reversed(keys)]}}

    def TransactWriteItems(self, request: Any) -> Any:
        put, _check = request["TransactItems"]
        if self.evaluates_conditions:
            raise Refused(400, b'{"__type": "a.namespace#TransactionCanceledException"}')
        self.items[put["Put"]["Item"]["pk"]["S"]] = put["Put"]["Item"]

    def Query(self, request: Any) -> Any:
        if "IndexName" in request:
            return {"Items": self.entries(request["ExpressionAttributeValues"][":pk"]["S"])}
        rows = self.rows[request["ExpressionAttributeValues"][":pk"]["S"]]
        return {"Items": rows, "Count": len(rows)}

    def UpdateItem(self, request: Any) -> Any:
        values = request["ExpressionAttributeValues"]
        item = self.items[request["Key"]["pk"]["S"]]
        if self.evaluates_conditions and int(item["hits"]["N"]) < int(values[":least"]["N"]):
            raise Refused(400, b'{"__type": "a.namespace#ConditionalCheckFailedException"}')
        hits = {"N": str(int(item["hits"]["N"]) + 1)}
        new = item | {"hits": hits, "note": values[":note"], "note_at": values[":at"]}
        self.items[request["Key"]["pk"]["S"]] = new
        return {}

    def entries(self, key: str) -> list[Item]:
        return [self.items[key]]


@pytest.fixture
def data() -> DataSet:
    return DataSet(seed=1, items=400, partitions=3)


@pytest.fixture
def peer(data: DataSet) -> FakePeer:
    return FakePeer(data)


def outcome(requests: int, reply_bytes: int = 1_200) -> Outcome:
    return Outcome(
        requests=requests,
        microseconds=1_000_000,
        bytes=requests * reply_bytes,
        errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
        latency=Latency(mean=1.0, max=1, p50=1, p90=1, p99=1, p999=1),
    )


def put_all(data: DataSet, peer: FakePeer) -> None:
    for number, key in enumerate(peer.items):
        peer.items[key] = data.new_item(number)


def test_right_peers_pass(data: DataSet, peer: FakePeer) -> None:
    for kind in (Reads, BatchReads, Queries, RowReads):
        verification = kind(peer, data, random.Random(1))
        verification.before()
        verification.meanwhile()
        verification.after(outcome(4_000))
    for writes in (Writes, BatchWrites, Transactions, IndexedWrites, Updates):
        verification = writes(peer, data, random.Random(1))
        verification.before()
        put_all(data, peer)
        verification.after(outcome(4_000))


def one_letter_off(item: Item) -> None:
    text = item["field6"]["S"]
    item["field6"] = {"S": text[:-1] + ("x" if text[-1] != "x" else "y")}


def torn(item: Item) -> None:
    item["at"] = {"N": "12345"}


def emptied(item: Item) -> None:
    item.clear()


@pytest.mark.parametrize("spoil", [one_letter_off, torn, emptied])
def test_wrong_items_are_found(data: DataSet, peer: FakePeer, spoil: Callable[[Item], None]) -> None:
    for item in peer.items.values():
        spoil(item)
    with pytest.raises(WrongData, match="item "):
        Reads(peer, data, random.Random(1)).before()


def test_emptier_replies_during_the_run_are_found(data: DataSet, peer: FakePeer) -> None:
    for kind in (Reads, BatchReads, Queries):
        verification = kind(peer, data, random.Random(1))
        verification.before()
        with pytest.raises(WrongData, match="bytes on average"):
            verification.after(outcome(4_000, reply_bytes=300))


def test_writes_that_were_not_made_are_found(data: DataSet, peer: FakePeer) -> None:
    verification = Writes(peer, data, random.Random(1))
    verification.before()
    with pytest.raises(WrongData, match="0 of 200 items changed"):
        verification.after(outcome(4_000))


def test_an_ignored_condition_is_found(data: DataSet, peer: FakePeer) -> None:
    peer.evaluates_conditions = False
    for kind in (Updates, Transactions):
        with pytest.raises(WrongData, match="condition does not hold"):
            kind(peer, data, random.Random(1)).before()


def test_few_items_changed_by_large_batches_are_found(data: DataSet, peer: FakePeer) -> None:
    verification = BatchWrites(peer, data, random.Random(1))
    verification.before()
    with pytest.raises(WrongData, match="0 of 200 items changed, not about 200"):
        verification.after(outcome(200))


def test_an_index_that_lags_is_found(data: DataSet, peer: FakePeer) -> None:
    verification = IndexedWrites(peer, data, random.Random(1))
    verification.before()
    put_all(data, peer)
    peer.entries = lambda key: []  # type: ignore[method-assign]
    with pytest.raises(WrongData, match="an index holds"):
        verification.after(outcome(4_000))


@pytest.mark.parametrize("spoil", [lambda rows: rows.pop(), lambda rows: rows.reverse()])
def test_wrong_rows_are_found(data: DataSet, peer: FakePeer, spoil: Callable[[list[Item]], Any]) -> None:
    for rows in peer.rows.values():
        spoil(rows)
    with pytest.raises(WrongData, match="partition "):
        Queries(peer, data, random.Random(1)).before()
