"""From the counts of a minute to its samples.

Each entry of a block is a point of one metric; an event of throttling is one of two. What belongs to a table
that was in use, and did not happen, is published as 0, once for the minute, whichever worker was used: else
an alarm on it could never come back (`names.Row.has_zeros`).
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from stator.monitoring.metrics import names
from stator.monitoring.metrics.names import INDEX, OPERATION, STREAM, TABLE
from stator.monitoring.metrics.points import Metric, Point, Sample, metric, of_values
from stator.tables import meter
from stator.tables.book import Block, Entry
from stator.tables.meter import SEPARATOR, UNITS_EXACT, bucket_middle

ZERO: Final = of_values({0.0: 1.0})

_OF_INDEX: Final = (TABLE, INDEX)
_OF_OPERATION: Final = (TABLE, OPERATION, STREAM)
# What the parts of an entry's name are.
_PARTS: Final = {
    meter.READ_UNITS: _OF_INDEX,
    meter.WRITE_UNITS: _OF_INDEX,
    meter.THROTTLES: _OF_INDEX,
    meter.LATENCIES: _OF_OPERATION,
    meter.THROTTLED_REQUESTS: _OF_OPERATION,
    meter.SYSTEM_ERRORS: _OF_OPERATION,
    meter.USER_ERRORS: (),
    meter.CONDITION_FAILURES: (TABLE,),
    meter.CONFLICTS: (TABLE,),
    meter.EXPIRED_ITEMS: (TABLE,),
    meter.RETURNED_ITEMS: _OF_OPERATION,
    meter.RETURNED_RECORDS: _OF_OPERATION,
    meter.RETURNED_BYTES: _OF_OPERATION,
    meter.FILL_PROGRESS: _OF_INDEX,
    meter.FILL_UNITS: _OF_INDEX,
}
_MICROSECONDS: Final = 1000.0  # in a millisecond
# Entries that do not make a table one that is in use: nobody asked for them.
_WITHOUT_USE: Final = frozenset({meter.EXPIRED_ITEMS, meter.FILL_PROGRESS, meter.FILL_UNITS})


def samples(blocks: Iterable[Block], minute: int) -> list[Sample]:
    """The samples of a minute, of all workers' blocks of it; in the same order whoever asks."""
    time = minute * names.MINUTE
    made: list[Sample] = []
    used: set[Metric] = set()
    for block in blocks:
        for entry in block.entries():
            made += _samples(entry, time)
            used |= _uses(entry)
    there = {sample.metric for sample in made}
    made += [Sample(each, "Count", time, ZERO) for each in sorted(_zeros(used)) if each not in there]
    return made


def tables_in(blocks: Iterable[Block]) -> set[Metric]:
    """What the units of the tables and indexes in use are counted as, by name without a metric."""
    return {
        metric(names.NAMESPACE, "", _dimensions(entry))
        for block in blocks
        for entry in block.entries()
        if entry.kind in (meter.READ_UNITS, meter.WRITE_UNITS)
    }


def idle(in_use: Iterable[Metric], minute: int) -> Iterator[Sample]:
    """Samples of a minute in which tables and indexes that were used lately have consumed nothing."""
    for each in in_use:
        for name in ("ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"):
            yield Sample(each._replace(name=name), "Count", minute * names.MINUTE, ZERO)


def _samples(entry: Entry, time: int) -> Iterator[Sample]:
    point = _POINTS[entry.kind](entry.cells) if entry.kind in _POINTS else _count(entry.cells)
    if point is None:
        return
    dimensions = _dimensions(entry)
    found: names.Names
    if entry.kind == meter.THROTTLES:
        _, _, direction, cause = entry.name.split(SEPARATOR)
        found = names.throttle_names(direction, cause)
    else:
        found = (names.BY_KIND[entry.kind].name,)
    for name in found:
        row = names.BY_NAME[name]
        for each in (name, *row.aliases):
            yield Sample(metric(names.NAMESPACE, each, dimensions), row.unit, time, point)
    if entry.kind == meter.FILL_PROGRESS:
        yield Sample(metric(names.NAMESPACE, "OnlineIndexThrottleEvents", dimensions), "Count", time, ZERO)


def _dimensions(entry: Entry) -> dict[str, str]:
    pairs = zip(_PARTS[entry.kind], entry.name.split(SEPARATOR), strict=False)
    return {name: part for name, part in pairs if part}


# Points of cells; None of those that have counted nothing.


def _count(cells: Sequence[int]) -> Point | None:
    return of_values({1.0: float(cells[0])}) if cells[0] else None


def _latency(cells: Sequence[int]) -> Point | None:
    found = {bucket_middle(cell) / _MICROSECONDS: float(count) for cell, count in enumerate(cells) if count}
    return of_values(found) if found else None


def _units(cells: Sequence[int]) -> Point | None:
    """Cells of half units, and what was more."""
    found = {cell / 2: float(cells[cell]) for cell in range(UNITS_EXACT + 1) if cells[cell]}
    count, total, least, most = cells[UNITS_EXACT + 1 :]
    if not count:
        return of_values(found) if found else None
    few = of_values(found) if found else Point(0.0, 0.0, least / 2, 0.0)
    return Point(few.samples + count, few.sum + total / 2, few.min, most / 2)


def _values(cells: Sequence[int]) -> Point | None:
    count, total, least, most = map(float, cells)
    if not count:
        return None
    return of_values({least: count}) if least == most else Point(count, total, least, most)


_POINTS: Final = {
    meter.READ_UNITS: _units,
    meter.WRITE_UNITS: _units,
    meter.LATENCIES: _latency,
    meter.RETURNED_ITEMS: _values,
    meter.RETURNED_RECORDS: _values,
    meter.RETURNED_BYTES: _values,
    meter.FILL_PROGRESS: _values,
    meter.FILL_UNITS: _values,
}

# Zeros.


def _uses(entry: Entry) -> set[Metric]:
    """What an entry says is in use: a table, an index or an operation of it, as metrics without a name."""
    if entry.kind in _WITHOUT_USE:
        return set()
    dimensions = _dimensions(entry)
    dimensions.pop(STREAM, None)
    uses = {metric(names.NAMESPACE, "", dimensions), metric(names.NAMESPACE, "")}
    if TABLE in dimensions:
        uses.add(metric(names.NAMESPACE, "", {TABLE: dimensions[TABLE]}))
    return uses


def _zeros(used: Iterable[Metric]) -> Iterator[Metric]:
    for each in used:
        for row in _ROWS_BY_DIMENSIONS.get(tuple(name for name, _ in each.dimensions), ()):
            for name in (row.name, *row.aliases):
                yield each._replace(name=name)


_ROWS_BY_DIMENSIONS: Final[dict[names.Names, list[names.Row]]] = {}
for _row in names.ROWS:
    for _names in _row.dimensions if _row.has_zeros else ():
        _ROWS_BY_DIMENSIONS.setdefault(tuple(sorted(_names)), []).append(_row)
