"""A table to files: a parallel scan whose pages are written as they come.

    segment 0 ──page──┐
    segment 1 ──page──┼─> queue ─> one thread writes: lines to files, then marks: files, then the state
    segment 2 ──page──┘

The state says how far each segment of the scan is and how long each file was then. It is written only after
the files are on the disk. So the next run cuts the files to that length and goes on with the scan from there,
and each item of the table is in the files once.
"""

import queue
import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec

from stator.formats import csv
from stator.transfer.endpoint import Endpoint, Stopped, TransferError
from stator.transfer.files import CSV, Kind, Lines
from stator.transfer.outputs import Mark, Output
from stator.transfer.rate import Limits
from stator.transfer.state import load, save
from stator.transfer.tables import Table

MARK_SECONDS: Final = 1.0  # between two marks
_PAGES_WAITING_MAX: Final = 8
_POLL_SECONDS: Final = 0.1

Progress = Callable[[int, int | None], object]  # items done, of about how many


class Segment(msgspec.Struct):
    """How far a segment of the scan is: after which key it goes on, or that it is done."""

    after: dict[str, Any] | None = None
    done: bool = False


class State(msgspec.Struct, kw_only=True):
    """What an export has done so far, and of what."""

    version: int = 1
    id: str
    table_arn: str
    table_id: str
    started: float  # seconds since the epoch
    format: str
    compression: str
    columns: list[str]
    segments: list[Segment]
    marks: list[Mark]

    @property
    def items(self) -> int:
        """Items in the files, up to their marks."""
        return sum(mark.items for mark in self.marks)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a table is read."""

    segments: int = 4
    consistent: bool = False


class Capacity(msgspec.Struct):
    """What a request consumed."""

    CapacityUnits: float = 0.0


class Page(msgspec.Struct):
    """A reply of Scan; items stay the texts that they are."""

    Items: list[msgspec.Raw] = []
    LastEvaluatedKey: dict[str, Any] | None = None
    ConsumedCapacity: Capacity | None = None


def resumed(path: Path, table: Table, kind: Kind) -> State | None:
    """The state of an earlier run of the same export; None if there was none.

    Raises TransferError if that run was of another table, or of another format.
    """
    state = load(path, State)
    if state is None:
        return None
    if (state.table_arn, state.table_id) != (table.arn, table.id):
        raise TransferError(f"{path} is of another table, {state.table_arn}; delete it to start anew")
    if (state.format, state.compression) != kind:
        raise TransferError(f"{path} is of an export as {state.format}; delete it to start anew")
    return state


class Export:
    """The export of one table. `place` maps the name of a mark to a path."""

    def __init__(
        self,
        endpoint: Endpoint,
        table: Table,
        state: State,
        *,
        state_path: Path,
        place: Callable[[str], Path],
        limits: Limits,
        consistent: bool,
    ) -> None:
        self._endpoint = endpoint
        self._table = table
        self._state = state
        self._state_path = state_path
        self._limits = limits
        self._consistent = consistent
        self._pages: queue.Queue[tuple[int, bytes, int, dict[str, Any] | None]] = queue.Queue(
            _PAGES_WAITING_MAX
        )
        self._lines = Lines(state.format, state.columns)
        header = csv.header_line(state.columns) if state.format == CSV else b""
        self._outputs = [Output(place(mark.name), mark, state.compression, header) for mark in state.marks]
        # What the state will say at the next mark.
        self._ahead = [msgspec.structs.replace(segment) for segment in state.segments]
        self._items = state.items

    @property
    def inexact(self) -> bool:
        """Whether the format did not keep all items of this run whole."""
        return self._lines.inexact

    def run(self, progress: Progress) -> None:
        """Write what is not yet written. Raises TransferError, OSError and Stopped; the next run goes on."""
        todo = [number for number, segment in enumerate(self._ahead) if not segment.done]
        with ThreadPoolExecutor(max(1, len(todo)), "stator-scan") as pool:
            scans = [pool.submit(self._scan, number, self._ahead[number].after) for number in todo]
            try:
                self._write_pages(scans, progress)
                self._mark()
            except (TransferError, Stopped):
                self._mark()  # Whole pages are written, whatever ended a scan.
                raise
            finally:
                if not all(scan.done() for scan in scans):
                    self._endpoint.stop.set()
                for output in self._outputs:
                    output.close()

    def _scan(self, segment: int, after: dict[str, Any] | None) -> None:
        request: dict[str, Any] = {
            "TableName": self._table.name,
            "Segment": segment,
            "TotalSegments": len(self._ahead),
            "ReturnConsumedCapacity": "TOTAL",
            "ConsistentRead": self._consistent,
        }
        if self._limits.items.per_second is not None:
            request["Limit"] = max(1, int(self._limits.items.per_second / len(self._ahead)))
        while True:
            if after is not None:
                request["ExclusiveStartKey"] = after
            page = self._endpoint.call("Scan", request, Page)
            lines = b"".join(map(self._lines.line, page.Items))
            self._put((segment, lines, len(page.Items), page.LastEvaluatedKey))
            after = page.LastEvaluatedKey
            if after is None:
                return
            capacity = page.ConsumedCapacity.CapacityUnits if page.ConsumedCapacity else 0.0
            self._endpoint.wait(self._limits.pay(len(page.Items), capacity))

    def _put(self, page: tuple[int, bytes, int, dict[str, Any] | None]) -> None:
        while True:
            if self._endpoint.stop.is_set():
                raise Stopped
            try:
                self._pages.put(page, timeout=_POLL_SECONDS)
            except queue.Full:
                continue
            return

    def _write_pages(self, scans: Sequence["Future[None]"], progress: Progress) -> None:
        """Write pages until all scans are done."""
        marked, next_mark = self._items, time.monotonic() + MARK_SECONDS
        while not all(segment.done for segment in self._ahead):
            if self._endpoint.stop.is_set():
                raise Stopped
            if time.monotonic() > next_mark and self._items > marked:
                self._mark()
                marked, next_mark = self._items, time.monotonic() + MARK_SECONDS
            try:
                number, lines, items, after = self._pages.get(timeout=_POLL_SECONDS)
            except queue.Empty:
                done, _ = wait(scans, timeout=0, return_when=FIRST_EXCEPTION)
                for scan in done:
                    scan.result()
                continue
            self._outputs[number % len(self._outputs)].write(lines, items)
            self._ahead[number] = Segment(after, done=after is None)
            self._items += items
            progress(self._items, max(self._items, self._table.items) or None)

    def _mark(self) -> None:
        """Make durable what is written, then say so."""
        for output in self._outputs:
            output.set_mark()
        self._state.segments = [msgspec.structs.replace(segment) for segment in self._ahead]
        save(self._state_path, self._state)
