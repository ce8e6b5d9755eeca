"""What requests have come to since the start, as Prometheus wants it told: the meter's counts, added up.

The meter keeps durations in buckets of an eighth of an octave; here they are put together to octaves, whose
bounds are bounds of those too, so the counts of buckets are exact.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Final

from stator.server.telemetry import families
from stator.server.telemetry.exposition import Collected, Family, Histogram, Labels
from stator.tables import meter

Totals = Mapping[tuple[int, str], Sequence[int]]  # (kind, name) -> cells; see `stator.tables.meter`

_OCTAVES: Final = range(5, 24)  # bounds of 2 ** 5 to 2 ** 23 microseconds: 32 µs to 8.4 s
_MICROSECONDS: Final = 1e6
_Counted = dict[Labels, float]


def counts(totals: Totals) -> Iterator[Collected]:
    """The counters."""
    requests: _Counted = {}
    durations: dict[Labels, Histogram] = {}
    for (table, operation), cells in _added(totals, meter.LATENCIES, 2).items():
        durations[operation, table] = histogram = _histogram(cells)
        requests[operation, table, "success"] = histogram.observations
    for result, kind in (("throttled", meter.THROTTLED_REQUESTS), ("system_error", meter.SYSTEM_ERRORS)):
        for (table, operation), cells in _added(totals, kind, 2).items():
            requests[operation, table, result] = cells[0]
    yield families.REQUESTS, requests.items()
    yield families.DURATION, durations.items()
    yield (
        families.USER_ERRORS,
        [((), sum(cells[0] for cells in _added(totals, meter.USER_ERRORS, 0).values()))],
    )
    yield families.CAPACITY, _capacity(totals).items()
    for family, kind, labels, value in _SIMPLE:
        counted = {name: value(cells) for name, cells in _added(totals, kind, labels).items()}
        yield family, counted.items()
    found = _added(totals, meter.RETURNED_ITEMS, 2).items()
    yield families.RETURNED_ITEMS, [((operation, table), cells[1]) for (table, operation), cells in found]


def _count(cells: Sequence[int]) -> float:
    return cells[0]


def _sum(cells: Sequence[int]) -> float:
    return cells[1]


# Families whose labels are the first parts of the meter's name, in its order: how many parts, and the value.
_SIMPLE: Final[Sequence[tuple[Family, int, int, Callable[[Sequence[int]], float]]]] = (
    (families.CONDITION_FAILURES, meter.CONDITION_FAILURES, 1, _count),
    (families.CONFLICTS, meter.CONFLICTS, 1, _count),
    (families.THROTTLES, meter.THROTTLES, 4, _count),
    (families.EXPIRED_ITEMS, meter.EXPIRED_ITEMS, 1, _count),
    (families.RETURNED_RECORDS, meter.RETURNED_RECORDS, 1, _sum),
    (families.RETURNED_BYTES, meter.RETURNED_BYTES, 1, _sum),
)


def _added(totals: Totals, kind: int, parts: int) -> dict[Labels, list[int]]:
    """The cells of a kind by the first parts of their names, added up over the parts that follow."""
    added: dict[Labels, list[int]] = {}
    for (of, name), cells in totals.items():
        if of == kind:
            named = name.split(meter.SEPARATOR)[:parts]
            key = (*named, *[""] * (parts - len(named)))
            known = added.get(key)
            added[key] = list(cells) if known is None else [a + b for a, b in zip(known, cells, strict=True)]
    return added


def _histogram(cells: Sequence[int]) -> Histogram:
    below = list(accumulate(cells, initial=0))
    return Histogram(
        [((1 << octave) / _MICROSECONDS, below[meter.bucket(1 << octave)]) for octave in _OCTAVES],
        below[-1],
        sum(times * meter.bucket_middle(cell) for cell, times in enumerate(cells)) / _MICROSECONDS,
    )


def _capacity(totals: Totals) -> _Counted:
    units: _Counted = defaultdict(float)
    for direction, kind in (("read", meter.READ_UNITS), ("write", meter.WRITE_UNITS)):
        for (table, index), cells in _added(totals, kind, 2).items():
            exact = cells[: meter.UNITS_EXACT + 1]
            halves = sum(halves * times for halves, times in enumerate(exact)) + cells[meter.UNITS_EXACT + 2]
            units[table, index, direction] = halves / 2
    return units
