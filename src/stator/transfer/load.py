"""A file to a table: rows are read in order, and written in batches by several threads.

    rows ──by key──> lane 0: batch, batch, ...      a lane writes one batch after the other
                     lane 1: batch, batch, ...

Rows of the same key go through the same lane, so the last one of them wins, as in the file. The state counts
the rows that are certainly in the table: all up to some row. The next run goes on after it; what it writes
once more is the same, and in the same order.
"""

import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

import msgspec

from stator.formats.rows import BadRow
from stator.transfer.endpoint import Endpoint, Refused, Stopped, TransferError
from stator.transfer.export import Capacity
from stator.transfer.rate import Limits
from stator.transfer.sources import Row, Source, key_of
from stator.transfer.state import load, save
from stator.transfer.tables import Table

BATCH_ITEMS_MAX: Final = 25
BATCH_BYTES_MAX: Final = 4 * 1024 * 1024  # of texts, which is well below what a request may have
MARK_SECONDS: Final = 1.0
_BATCHES_WAITING_MAX: Final = 4  # of each lane
_POLL_SECONDS: Final = 0.1
_VALIDATION: Final = "ValidationException"

Progress = Callable[[int, int | None], object]
Report = Callable[[str], object]


class State(msgspec.Struct, kw_only=True):
    """What an import has done so far, of what, and to which table."""

    version: int = 1
    source: list[tuple[str, int, int]]
    table_arn: str
    table_id: str
    rows: int = 0  # from the first on, in the table or reported
    bad: int = 0  # of these, reported


class _Reply(msgspec.Struct):
    UnprocessedItems: dict[str, list[dict[str, Any]]] = {}
    ConsumedCapacity: list[Capacity] = []


def resumed(path: Path, source: Source, table: Table) -> State:
    """The state of an earlier run of the same import, or that of a new one.

    Raises TransferError if the earlier run was of another file or to another table.
    """
    state = load(path, State)
    if state is None:
        return State(source=source.fingerprint, table_arn=table.arn, table_id=table.id)
    if state.source != source.fingerprint:
        raise TransferError(f"{source.path} has changed since an earlier run; delete {path} to start anew")
    if (state.table_arn, state.table_id) != (table.arn, table.id):
        raise TransferError(f"{path} is of an import to another table; delete it to start anew")
    return state


def refusal(row: Row, table: Table) -> str | None:
    """Why a row is no item of the table, as far as it tells without asking; names the row."""
    if isinstance(row.item, BadRow):
        return f"{row.where}: {row.item.message.rstrip('.')}"
    for name in table.keys:
        kind = next(iter(row.item.get(name) or {"nothing": None}))
        if kind != table.types[name]:
            return f"{row.where}: the key attribute {name} is {kind}, not {table.types[name]}"
    return None


class _Lane:
    """A thread that writes batches, one after the other."""

    def __init__(self, loader: "Load", number: int) -> None:
        self._loader = loader
        self.batches: queue.Queue[list[Row]] = queue.Queue(_BATCHES_WAITING_MAX)
        self.filling: list[Row] = []
        self.keys: set[bytes] = set()
        self.bytes = 0
        self.thread = threading.Thread(target=self._run, name=f"stator-load-{number}", daemon=True)

    def _run(self) -> None:
        loader = self._loader
        try:
            while not loader.stopping:
                try:
                    batch = self.batches.get(timeout=_POLL_SECONDS)
                except queue.Empty:
                    continue
                loader.write(batch)
        except Stopped:
            pass
        except Exception as error:
            loader.fail(error)


class Load:
    """The import of one source to one table. `report` is told what is wrong with rows that are skipped."""

    def __init__(
        self,
        endpoint: Endpoint,
        table: Table,
        state: State,
        *,
        state_path: Path,
        limits: Limits,
        lanes: int,
        skip_bad: bool,
        report: Report,
    ) -> None:
        self._endpoint = endpoint
        self._table = table
        self._state = state
        self._state_path = state_path
        self._limits = limits
        self._skip_bad = skip_bad
        self._report = report
        self._lock = threading.Lock()
        self._open: dict[int, None] = {}  # rows that were read and are not written, in their order
        self._read = state.rows
        self._bad: list[int] = []
        self._error: Exception | None = None
        self._lanes = [_Lane(self, number) for number in range(lanes)]

    @property
    def stopping(self) -> bool:
        """Whether the lanes are to end."""
        return self._endpoint.stop.is_set()

    def run(self, rows: Iterable[Row], progress: Progress, total: int | None) -> State:
        """Write the rows, which follow those of the state. What was done then.

        Raises TransferError, OSError and Stopped; the next run goes on.
        """
        for lane in self._lanes:
            lane.thread.start()
        next_mark = time.monotonic() + MARK_SECONDS
        try:
            for row in rows:
                self._take(row)
                if time.monotonic() > next_mark:
                    self._mark()
                    progress(self._state.rows, total)
                    next_mark = time.monotonic() + MARK_SECONDS
            for lane in self._lanes:
                self._hand_over(lane)
            while self._open:
                self._check()
                progress(self._done_rows(), total)
                time.sleep(_POLL_SECONDS / 10)
        finally:
            self._endpoint.stop.set()
            for lane in self._lanes:
                lane.thread.join()
            self._mark()
        self._check()
        return self._state

    # The thread that reads.

    def _take(self, row: Row) -> None:
        """Give a row to its lane."""
        self._check()
        why = refusal(row, self._table)
        if why is not None or isinstance(row.item, BadRow):
            self._refuse(row, why or "", last=isinstance(row.item, BadRow) and row.item.last)
            return
        item = row.item
        key = key_of(item, self._table.keys)
        lane = self._lanes[zlib.crc32(key) % len(self._lanes)]
        size = len(msgspec.json.encode(item))
        full = len(lane.filling) == BATCH_ITEMS_MAX or lane.bytes + size > BATCH_BYTES_MAX
        if full or key in lane.keys:  # a batch may name a key once
            self._hand_over(lane)
        with self._lock:
            self._open[row.number] = None
            self._read = row.number
        lane.filling.append(row)
        lane.keys.add(key)
        lane.bytes += size

    def _hand_over(self, lane: _Lane) -> None:
        batch, lane.filling, lane.keys, lane.bytes = lane.filling, [], set(), 0
        while batch:
            self._check()
            try:
                lane.batches.put(batch, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return

    def _check(self) -> None:
        if self._error is not None:
            raise self._error
        if self._endpoint.stop.is_set() and self._open:
            raise Stopped

    def _refuse(self, row: Row, text: str, *, last: bool = False) -> None:
        """A row that is no item of the table. Raises TransferError unless such rows are skipped."""
        if not self._skip_bad or last:
            raise TransferError(text)
        self._report(text)
        with self._lock:
            self._bad.append(row.number)
            self._read = max(self._read, row.number)

    def _done_rows(self) -> int:
        with self._lock:
            return next(iter(self._open), self._read + 1) - 1

    def _mark(self) -> None:
        """Say how far all is written."""
        rows = self._done_rows()
        with self._lock:
            settled = [number for number in self._bad if number <= rows]
            self._bad = [number for number in self._bad if number > rows]
        self._state.rows = rows
        self._state.bad += len(settled)
        save(self._state_path, self._state)

    # The lanes.

    def fail(self, error: Exception) -> None:
        """What ended a lane ends all."""
        self._error = self._error or error
        self._endpoint.stop.set()

    def write(self, batch: list[Row]) -> None:
        """Write a batch, all of it. Raises TransferError and Stopped."""
        puts = [{"PutRequest": {"Item": row.item}} for row in batch]
        attempt = 0
        while puts:
            request = {"RequestItems": {self._table.name: puts}, "ReturnConsumedCapacity": "TOTAL"}
            try:
                reply = self._endpoint.call("BatchWriteItem", request, _Reply)
            except Refused as refused:
                if refused.code != _VALIDATION:
                    raise
                self._write_singly(batch)
                break
            left = [put for puts in reply.UnprocessedItems.values() for put in puts]
            capacity = sum(each.CapacityUnits for each in reply.ConsumedCapacity)
            self._endpoint.wait(self._limits.pay(len(puts) - len(left), capacity))
            attempt = 0 if len(left) < len(puts) else attempt + 1
            puts = left
            if puts:
                self._endpoint.back_off(attempt)
        self._written(batch)

    def _write_singly(self, batch: list[Row]) -> None:
        """Find out which row of a refused batch is to blame, and write the others."""
        for row in batch:
            request = {"TableName": self._table.name, "Item": row.item}
            try:
                self._endpoint.call("PutItem", request, dict[str, Any])
            except Refused as refused:
                if refused.code != _VALIDATION:
                    raise
                self._refuse(row, f"{row.where}: {refused}")

    def _written(self, batch: list[Row]) -> None:
        with self._lock:
            for row in batch:
                self._open.pop(row.number, None)
