"""Proof that change logs agree with themselves, with the streams made of them, and with the items.

A *span* of a log is where every change is recorded: the range of a stream, or what follows the position from
which recovery or a copy relies on the log. In a span, times never go backwards; each change is of the item at
its key; the changes of one item make sense in their order (no INSERT of what is there, no REMOVE of what is
not, an old image that is the new one of the change before). A stream's changes have the images that its view
type asks for, and their size; where somebody relies on the log, each change has its old image. A span without
an end agrees with the items: one that has changed is there if its last change was no REMOVE, and is as the
new image says. So undoing a log from the present never contradicts itself.

Of a stream besides: its shards follow each other without a gap, and it is open if and only if its table says
so. Of a log: it belongs to a table, or to a stream that has outlived its table.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from stator.storage.engine import Reader
from stator.tables import aside, capture, change_log, logs, stored, streams
from stator.tables.change_log import Change, sequence
from stator.tables.definition import TableDefinition
from stator.tables.keyspace import Partitions
from stator.tables.report import Report
from stator.tables.streams import StreamRecord
from stator.tables.table import Table
from stator.values.compare import equal
from stator.values.size import item_size

_decode = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


def check_logs(reader: Reader, partitions: Partitions, tables: dict[str, Table], report: Report) -> None:
    """Check all logs and streams; `tables` are those that are not deleted, by name."""
    frozen = [Table(definition, partitions) for definition in aside.tables(reader)]
    noted = dict(logs.all_logs(reader))
    used = {record.log for record in streams.all_streams(reader)}
    for table in (*tables.values(), *frozen):
        log, start = table.definition.log, relied_on_from(table.definition)
        if log is not None:
            used.add(log)
            if log not in noted or noted[log].table != table.name:
                report.add(f"table {table.name}: its change log is not noted as its own")
        if start is not None:
            _check_relied_on(reader, table, start, report)
    for log in sorted(noted.keys() - used):
        report.add(f"change log {log}: belongs to nothing")
    _check_streams(reader, tables, report)


def relied_on_from(definition: TableDefinition) -> int | None:
    """The position from which on recovery or a copy relies on all old images; None if nobody does."""
    starts = list(definition.holds.values())
    if definition.recovery is not None:
        starts.append(definition.recovery.start)
    return min(starts, default=None)


def _check_relied_on(reader: Reader, table: Table, start: int, report: Report) -> None:
    log = table.definition.log
    if log is None:
        report.add(f"table {table.name}: has no change log, and needs one")
        return
    _SpanCheck(reader, _Span(f"change log of table {table.name}", log, start, None, None), report).run(table)


# Streams.


def _check_streams(reader: Reader, tables: dict[str, Table], report: Report) -> None:
    unmatched = {name for name, table in tables.items() if table.view_type is not None}
    for record in streams.all_streams(reader):
        where = f"stream {record.label} of table {record.table}"
        table = tables.get(record.table)
        present = table if table is not None and _is_stream_of(record, table) else None
        if (present is not None) != (record.closed_at is None):
            report.add(f"{where}: it and its table disagree whether it is enabled")
        if present is not None:
            unmatched.discard(record.table)
        _check_shards(where, record, report)
        first, last = record.shards[0], record.shards[-1]
        span = _Span(where, record.log, first.start, last.end, record.view_type)
        _SpanCheck(reader, span, report).run(present)
    for name in sorted(unmatched):
        report.add(f"table {name}: its stream is missing")


def _is_stream_of(record: StreamRecord, table: Table) -> bool:
    """Whether a table writes to a stream."""
    stream = table.definition.stream
    return stream is not None and (stream.label, table.definition.log, stream.view_type) == (
        record.label,
        record.log,
        record.view_type,
    )


def _check_shards(where: str, record: StreamRecord, report: Report) -> None:
    shards = record.shards
    for before, after in pairwise(shards):
        if (after.start, after.parent) != (before.end, before.id):
            report.add(f"{where}: shard {after.id} does not follow {before.id}")
    if (shards[-1].end is None) != (record.closed_at is None):
        report.add(f"{where}: it and its last shard disagree whether it is enabled")
    for shard in shards:
        if shard.end is not None and shard.end < shard.start:
            report.add(f"{where}: shard {shard.id} ends before it starts")


# The changes.


class _Span(NamedTuple):
    """Where every change is recorded: for a stream of a view type, or (None) so that it can be undone."""

    where: str
    log: int
    start: int
    end: int | None
    view_type: str | None


class _SpanCheck:
    """Walks over the changes of one span."""

    def __init__(self, reader: Reader, span: _Span, report: Report) -> None:
        self._reader = reader
        self._span = span
        self._report = report
        self._time = 0.0
        self._last: dict[bytes, int] = {}  # by an item's key, the position of its last change

    def run(self, table: Table | None) -> None:
        """Check all changes; and if the span is a table's present one, that its items agree."""
        span = self._span
        for position, change in change_log.changes(self._reader, span.log, span.start, span.end):
            if change.time < self._time:
                self._add(position, "its time is before that of the record before it")
            self._time = change.time
            if span.view_type is None:
                self._check_old(position, change)
            else:
                self._check_shown(position, change, span.view_type)
            if table is not None:
                self._check_images(table, position, change)
            self._check_after(position, change)
            self._last[change.key] = position
        if table is not None:
            for position in self._last.values():
                self._check_item(table, position)

    def _add(self, position: int, problem: str) -> None:
        self._report.add(f"{self._span.where}, record {sequence(position)}: {problem}")

    def _check_old(self, position: int, change: Change) -> None:
        if (change.old is None) != (change.name == "INSERT"):
            self._add(position, f"{change.name} cannot be undone by its old image")

    def _check_shown(self, position: int, change: Change, view_type: str) -> None:
        shows_old, shows_new = view_type in capture.WITH_OLD, view_type in capture.WITH_NEW
        has_old, has_new = change.old is not None, change.new is not None
        # There may be an old image that only recovery asks for.
        missing_old = shows_old and has_old != (change.name != "INSERT")
        if missing_old or has_new != (shows_new and change.name != "REMOVE"):
            self._add(position, "it has not the images of its view type")
        shown = (change.old if shows_old else None, change.new)
        images = sum(stored.size_of(image) for image in shown if image is not None)
        size = item_size(_decode(change.keys or b"{}")) + images
        if size != change.size:
            self._add(position, f"it claims {change.size} bytes and has {size}")

    def _check_images(self, table: Table, position: int, change: Change) -> None:
        """Each image is whole, and of the item at the key."""
        for image in (change.old, change.new):
            if image is None:
                continue
            item = stored.unpack(image)
            if table.key.position(item) != change.key:
                self._add(position, "an image of it is of another item")
            elif item_size(item) != stored.size_of(image):
                self._add(position, "an image of it has not the size that it claims")

    def _check_after(self, position: int, change: Change) -> None:
        """Compare with the change of the same item before."""
        last = self._last.get(change.key)
        before = None if last is None else change_log.at(self._reader, self._span.log, last)
        if before is None:
            return
        if (before.name == "REMOVE") != (change.name == "INSERT"):
            self._add(position, f"{change.name} of an item after {before.name}")
        elif before.new is not None and change.old is not None and not _same(before.new, change.old):
            self._add(position, "its old image is not the new one of the record before")

    def _check_item(self, table: Table, position: int) -> None:
        change = change_log.at(self._reader, self._span.log, position)
        assert change is not None
        value = self._reader.get(table.space, change.key)
        if (value is None) != (change.name == "REMOVE"):
            self._add(position, f"{change.name} was the item's last change, and the item does not agree")
        elif value is not None and change.new is not None and not _same(value, change.new):
            self._add(position, "the item is not as its last change left it")


def _same(one: bytes, other: bytes) -> bool:
    """Whether two stored items are equal; the order of attributes and of sets does not matter."""
    return one == other or equal({"M": stored.unpack(one)}, {"M": stored.unpack(other)})
