"""Latency at half of the highest throughput: a closed loop finds it, an open loop asks half of it.

`busy` moreover has the server scan the whole table, page after page, and fill a new index of it meanwhile.
The rate is then half of what the server reached before, at rest.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from benchmarks.bench import Cell
from benchmarks.client import Client
from benchmarks.dataset import ITEMS_TABLE
from benchmarks.peers.registry import PEERS
from benchmarks.rows.row import Measured
from benchmarks.seeding import definitions, schema
from benchmarks.session import Session
from benchmarks.workloads import WORKLOADS

_INDEX: Final = "bench-new"
_INDEX_SECONDS_MAX: Final = 300.0
_POLL_SECONDS: Final = 0.1


@dataclass(frozen=True, slots=True)
class Tail:
    """A row: the 99th percentile of a workload whose highest throughput needs so many connections."""

    workload: str
    connections: int
    busy: bool = False

    def __call__(self, session: Session, row: str) -> Measured:
        """Measure. Raises LoadFailed, WrongData, Refused."""
        measured = Measured()
        cell = Cell(PEERS["stator"], WORKLOADS[self.workload], self.connections)
        bench = session.bench_of(row, [cell])
        plan = session.plan
        if plan.warm_up:
            bench.run(cell, 0, 0, plan.warm_up)
        for number in range(1, plan.rounds + 1):
            highest = bench.run(cell, number, 0, plan.seconds)
            rate = highest.outcome.rate / 2
            if self.busy:
                with busy_server(bench.servers["stator"].url, session.data.items) as work:
                    half = bench.open_run(cell, number, rate, plan.seconds)
                    pages, indexes = work.pages, work.indexes
                measured.add("pages scanned a second", pages / plan.seconds)
                measured.add("indexes filled", indexes)
            else:
                half = bench.open_run(cell, number, rate, plan.seconds)
            measured.runs += [highest, half]
            measured.add("p99 ms", half.outcome.latency.p99 / 1e3)
            measured.add("p99.9 ms", half.outcome.latency.p999 / 1e3)
            measured.add("of it the generator's own, p99 ms", half.outcome.client_late / 1e3)
            measured.add("rate", half.outcome.rate)
        return measured


class _Page(msgspec.Struct):
    """What a scanner needs of a page; its items are skipped."""

    ScannedCount: int
    LastEvaluatedKey: dict[str, Any] | None = None


@dataclass
class Work:
    """What the server does beside the load: pages scanned and indexes filled so far."""

    pages: int = 0
    indexes: int = 0
    failures: list[Exception] = field(default_factory=list)


@contextmanager
def busy_server(url: str, items: int) -> Iterator[Work]:
    """Scan the table of items over and over, and fill a new index of it, again if it is filled too soon.

    Raises at the end what went wrong meanwhile, such as a Scan that did not find all `items`.
    """
    work, ended = Work(), threading.Event()
    threads = [
        threading.Thread(target=_guarded, args=(each, url, items, work, ended)) for each in (_scan, _fill)
    ]
    for thread in threads:
        thread.start()
    try:
        yield work
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    if work.failures:
        raise work.failures[0]


def _guarded(each: Any, url: str, items: int, work: Work, ended: threading.Event) -> None:
    client = Client(url)
    try:
        each(client, items, work, ended)
    except Exception as error:  # The thread that waits raises it.
        work.failures.append(error)
    finally:
        client.close()


def _scan(client: Client, items: int, work: Work, ended: threading.Event) -> None:
    start: dict[str, Any] = {}
    seen = 0
    while not ended.is_set():
        body = client.send("Scan", {"TableName": ITEMS_TABLE, **start})
        page = msgspec.json.decode(body, type=_Page)
        work.pages += 1
        seen += page.ScannedCount
        start = {"ExclusiveStartKey": page.LastEvaluatedKey} if page.LastEvaluatedKey else {}
        if not start:
            if seen != items:
                raise RuntimeError(f"a Scan found {seen} of {items} items")
            seen = 0


def _fill(client: Client, items: int, work: Work, ended: threading.Event) -> None:
    while not ended.is_set():
        create_index(client, ITEMS_TABLE)
        await_index(client, ITEMS_TABLE, "ACTIVE")
        work.indexes += not ended.is_set()
        delete_index(client, ITEMS_TABLE)
        await_index(client, ITEMS_TABLE, None)


def create_index(client: Client, table: str, *key: str) -> None:
    """Add an index of whole items by `note_at`, or of keys by the attributes of `key` (S, N)."""
    kinds = dict(zip(key, "SN", strict=False)) if key else {"note_at": "N"}
    index = {
        "IndexName": _INDEX,
        "KeySchema": schema(*kinds),
        "Projection": {"ProjectionType": "KEYS_ONLY" if key else "ALL"},
    }
    request = {
        "TableName": table,
        "AttributeDefinitions": definitions(**kinds),
        "GlobalSecondaryIndexUpdates": [{"Create": index}],
    }
    client.call("UpdateTable", request)


def delete_index(client: Client, table: str) -> None:
    """Delete that index."""
    request = {"TableName": table, "GlobalSecondaryIndexUpdates": [{"Delete": {"IndexName": _INDEX}}]}
    client.call("UpdateTable", request)


def await_index(
    client: Client, table: str, wanted: str | None, seconds_max: float = _INDEX_SECONDS_MAX
) -> None:
    """Wait until the index has a status; None: until it is gone. Raises TimeoutError."""
    end = time.monotonic() + seconds_max
    while time.monotonic() < end:
        found = client.call("DescribeTable", {"TableName": table})["Table"].get("GlobalSecondaryIndexes", [])
        status = next((index["IndexStatus"] for index in found if index["IndexName"] == _INDEX), None)
        if status == wanted:
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"an index is still {status}")
