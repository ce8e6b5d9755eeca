"""Proof that change logs agree with themselves, with the streams made of them, and with the items.

Of a stream: its shards follow each other without a gap, and it is open if and only if its table says so. Of
its changes: times never go backwards; each has the images that the view type asks for, and their size; the
changes of one item make sense in their order (no INSERT of what is there, no REMOVE of what is not, an old
image that is the new one of the change before). Of an open stream besides: an item that has changed is
there if its last change was no REMOVE, and is as the new image says.
"""

from itertools import pairwise
from typing import Any

import msgspec

from stator.storage.engine import Reader
from stator.tables import capture, change_log, stored, streams
from stator.tables.change_log import Change, sequence
from stator.tables.report import Report
from stator.tables.streams import StreamRecord
from stator.tables.table import Table
from stator.values.compare import equal
from stator.values.size import item_size

_decode = msgspec.json.Decoder(dict[str, dict[str, Any]]).decode


def check_streams(reader: Reader, tables: dict[str, Table], report: Report) -> None:
    """Check all streams; `tables` are those that are not deleted, by name."""
    unmatched = {name for name, table in tables.items() if table.log is not None}
    for record in streams.all_streams(reader):
        where = f"stream {record.label} of table {record.table}"
        table = tables.get(record.table)
        present = table if table is not None and _is_stream_of(record, table) else None
        if (present is not None) != (record.closed_at is None):
            report.add(f"{where}: it and its table disagree whether it is enabled")
        if present is not None:
            unmatched.discard(record.table)
        _check_shards(where, record, report)
        _StreamCheck(reader, record, where, report).run(present)
    for name in sorted(unmatched):
        report.add(f"table {name}: its stream is missing")


def _is_stream_of(record: StreamRecord, table: Table) -> bool:
    """Whether a table writes to a stream."""
    stream = table.definition.stream
    return stream is not None and (stream.label, stream.log, stream.view_type) == (
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


class _StreamCheck:
    """Walks over the changes of one stream."""

    def __init__(self, reader: Reader, record: StreamRecord, where: str, report: Report) -> None:
        self._reader = reader
        self._record = record
        self._where = where
        self._report = report
        self._time = 0.0
        self._last: dict[bytes, int] = {}  # by an item's keys, the position of its last change

    def run(self, table: Table | None) -> None:
        """Check all changes; and if the stream is a table's present one, that its items agree."""
        shards = self._record.shards
        for position, change in change_log.changes(
            self._reader, self._record.log, shards[0].start, shards[-1].end
        ):
            self._check_alone(position, change)
            self._check_after(position, change)
            self._last[change.keys] = position
        if table is not None:
            for position in self._last.values():
                self._check_item(table, position)

    def _add(self, position: int, problem: str) -> None:
        self._report.add(f"{self._where}, record {sequence(position)}: {problem}")

    def _check_alone(self, position: int, change: Change) -> None:
        if change.time < self._time:
            self._add(position, "its time is before that of the record before it")
        self._time = change.time
        wanted = (
            change.name != "INSERT" and self._record.view_type in capture.WITH_OLD,
            change.name != "REMOVE" and self._record.view_type in capture.WITH_NEW,
        )
        if wanted != (change.old is not None, change.new is not None):
            self._add(position, "it has not the images of its view type")
        size = sum(
            item_size(_decode(json)) for json in (change.keys, change.old, change.new) if json is not None
        )
        if size != change.size:
            self._add(position, f"it claims {change.size} bytes and has {size}")

    def _check_after(self, position: int, change: Change) -> None:
        """Compare with the change of the same item before."""
        last = self._last.get(change.keys)
        before = None if last is None else change_log.at(self._reader, self._record.log, last)
        if before is None:
            return
        if (before.name == "REMOVE") != (change.name == "INSERT"):
            self._add(position, f"{change.name} of an item after {before.name}")
        elif before.new is not None and change.old is not None and not _same(before.new, change.old):
            self._add(position, "its old image is not the new one of the record before")

    def _check_item(self, table: Table, position: int) -> None:
        change = change_log.at(self._reader, self._record.log, position)
        assert change is not None
        value = self._reader.get(table.space, table.key.position(_decode(change.keys)))
        if (value is None) != (change.name == "REMOVE"):
            self._add(position, f"{change.name} was the item's last change, and the item does not agree")
        elif value is not None and change.new is not None and not _same(stored.json_of(value), change.new):
            self._add(position, "the item is not as its last change left it")


def _same(one: bytes, other: bytes) -> bool:
    """Whether two items are equal; the order of attributes and of sets does not matter."""
    return one == other or equal({"M": _decode(one)}, {"M": _decode(other)})
