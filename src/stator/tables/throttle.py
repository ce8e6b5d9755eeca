"""Throttling: token buckets that keep tables and global indexes to their throughput.

A limit is the provisioned throughput of a table or a global index or, where it is on demand, the maximum that
its owner has set; a local index uses the capacity of its table. Each limit has a bucket, for reads or for
writes. Capacity flows into it as time passes, up to what 300 seconds bring, so that what was not used lately
is there for a burst. A request is admitted while its buckets hold anything, and then takes what it has
consumed, which may leave less than nothing.

Buckets live in memory, in each process its own, and begin full. So a restart forgives, and a body that is
carried out twice pays twice. A full bucket is as good as none: such are dropped now and then.

Source: "Burst and adaptive capacity" and "DynamoDB maximum throughput for on-demand tables" of the developer
guide.
"""

from typing import Final, Literal, NamedTuple

from stator.base.clock import Clock
from stator.tables.definition import BillingMode, IndexDefinition, TableDefinition
from stator.tables.indexes import Index
from stator.tables.table import Table

BURST_SECONDS: Final = 300

Direction = Literal["read", "write"]

_BUCKETS_KEPT_MIN: Final = 1_000  # below which nothing is dropped
_MAXIMUMS: Final[dict[Direction, str]] = {"read": "MaxReadRequestUnits", "write": "MaxWriteRequestUnits"}


class Exhausted(NamedTuple):
    """A limit that is reached: of a table or, if it has a name, of that global index of it."""

    table: str
    index_name: str | None
    direction: Direction
    mode: BillingMode


class _Bucket:
    """Capacity units at hand; `at` is when they were counted, in seconds since the epoch."""

    __slots__ = ("at", "level", "rate")

    def __init__(self, rate: int, now: float) -> None:
        self.rate = rate
        self.level = float(rate * BURST_SECONDS)
        self.at = now

    def count(self, rate: int, now: float) -> float:
        """The units at hand now, at which moment the limit is `rate` units per second."""
        flowed = self.rate * max(0.0, now - self.at)
        # A new limit holds at once; what had flowed in before stays, as far as there is room for it.
        self.level = min(self.level + flowed, float(rate * BURST_SECONDS))
        self.rate = rate
        self.at = now
        return self.level

    def is_full(self, now: float) -> bool:
        """Whether nothing more flows in."""
        return self.count(self.rate, now) >= self.rate * BURST_SECONDS


class Throttle:
    """The buckets of a process."""

    __slots__ = ("_buckets", "_clock", "_room")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._buckets: dict[tuple[int, Direction], _Bucket] = {}
        self._room = _BUCKETS_KEPT_MIN

    def exhausted(self, table: Table, index: Index | None, direction: Direction) -> Exhausted | None:
        """The limit that keeps a request from a table, or from an index of it; None if none does."""
        bucket = self._bucket(table, index, direction)
        if bucket is None or bucket.level > 0:
            return None
        named = index.name if index is not None and index.kind == "global" else None
        return Exhausted(table.name, named, direction, table.definition.billing_mode)

    def take(self, table: Table, index: Index | None, direction: Direction, units: float) -> None:
        """Take what a request has consumed of a table, or of one of its indexes."""
        bucket = self._bucket(table, index, direction)
        if bucket is not None:
            bucket.level -= units

    def _bucket(self, table: Table, index: Index | None, direction: Direction) -> _Bucket | None:
        """The bucket of a limit as of now; None if there is no limit."""
        subject: TableDefinition | IndexDefinition = table.definition
        if index is not None and index.kind == "global":
            subject = index.definition
        rate = _limit(subject, table.definition.billing_mode, direction)
        if rate is None:
            return None
        now = self._clock.now()
        bucket = self._buckets.get((subject.space, direction))
        if bucket is None:
            self._drop_full(now)
            bucket = self._buckets[subject.space, direction] = _Bucket(rate, now)
        else:
            bucket.count(rate, now)
        return bucket

    def _drop_full(self, now: float) -> None:
        if len(self._buckets) > self._room:
            self._buckets = {key: each for key, each in self._buckets.items() if not each.is_full(now)}
            self._room = max(_BUCKETS_KEPT_MIN, 2 * len(self._buckets))


def _limit(subject: TableDefinition | IndexDefinition, mode: BillingMode, direction: Direction) -> int | None:
    """Units per second that a table or a global index may use; None for as many as it likes."""
    if mode == "PROVISIONED":
        units = subject.throughput.read if direction == "read" else subject.throughput.write
        return units or None  # 0 while the table is on its way from being on demand.
    return (subject.on_demand or {}).get(_MAXIMUMS[direction])
