"""The directory of metrics: which there are, under which ids their points lie, and when they were seen.

Everything here works inside the caller's transaction, or on a reader.
"""

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from msgspec.structs import replace

from stator.monitoring.metrics.points import Metric
from stator.monitoring.metrics.rows import (
    METRICS_END,
    METRICS_START,
    NEXT_ID,
    Entry,
    decode_entry,
    encode_entry,
    metric_key,
    metric_of,
    metrics_prefix,
)
from stator.storage.engine import Reader, Transaction
from stator.tables import slices
from stator.tables.keyspace import METRICS

SEEN_SECONDS: Final = 900
"""How far behind the last point a metric's `last` may be: it is not written with every point."""


class Known(NamedTuple):
    """A metric of the directory; its `key` says where to go on after it."""

    key: bytes
    metric: Metric
    entry: Entry


def find(reader: Reader, metric: Metric) -> Entry | None:
    """What is kept of a metric; None if it has no points."""
    row = reader.get(METRICS, metric_key(metric))
    return None if row is None else decode_entry(row)


def seen(transaction: Transaction, times: Mapping[Metric, tuple[int, int]]) -> dict[Metric, int]:
    """The ids of metrics, new ones too, which have points from the first to the last of their `times`."""
    keys = {metric: metric_key(metric) for metric in times}
    rows = transaction.get_many(METRICS, list(keys.values()))
    ids: dict[Metric, int] = {}
    next_id = unused = _next_id(transaction)
    for (metric, key), row in zip(keys.items(), rows, strict=True):
        first, last = times[metric]
        if row is None:
            entry = Entry(next_id, first, last, metric.dimensions)
            next_id += 1
        else:
            entry = decode_entry(row)
        ids[metric] = entry.id
        if row is None or first < entry.first or last >= entry.last + SEEN_SECONDS:
            entry = replace(entry, first=min(first, entry.first), last=max(last, entry.last))
            transaction.put(METRICS, key, encode_entry(entry))
    if next_id != unused:
        transaction.put(METRICS, NEXT_ID, encode_entry(Entry(next_id, 0, 0)))
    return ids


def _next_id(reader: Reader) -> int:
    row = reader.get(METRICS, NEXT_ID)
    return 1 if row is None else decode_entry(row).id


def known(
    reader: Reader, namespace: str | None = None, name: str | None = None, *, after: bytes = b""
) -> Iterator[Known]:
    """The metrics of a namespace and a name, or all, in the order of their keys; those after the key `after`.

    With a name, there has to be a namespace.
    """
    start, end = METRICS_START, METRICS_END
    if namespace is not None:
        start = metrics_prefix(namespace, name)
        end = start[:-1] + b"\1"
    if after:
        start = max(start, after + b"\0")
    for key, row in slices.rows(reader, METRICS, start, end):
        entry = decode_entry(row)
        yield Known(key, metric_of(key, entry), entry)
