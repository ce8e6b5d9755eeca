"""Buckets that hold as much as a new one are not kept."""

from harness.handlers import NOON
from stator.tables import throttle
from stator.tables.definition import Keys, TableDefinition, Throughput
from stator.tables.keyspace import Partitions
from stator.tables.table import Table
from stator.tables.throttle import Throttle


class Hand:
    def __init__(self) -> None:
        self.time = NOON

    def now(self) -> float:
        return self.time


def table(space: int) -> Table:
    definition = TableDefinition(
        name=f"t{space}",
        id="",
        space=space,
        created_at=NOON,
        attributes={"pk": "S"},
        keys=Keys(hash=("pk",)),
        throughput=Throughput(read=1, write=1),
    )
    return Table(definition, Partitions(b"secret"))


def test_full_buckets_are_dropped(monkeypatch):
    monkeypatch.setattr(throttle, "_BUCKETS_KEPT_MIN", 4)
    clock = Hand()
    buckets = Throttle(clock)
    busy, *idle = [table(space) for space in range(20)]
    buckets.take(busy, None, "write", 1000.0)
    for each in idle:
        buckets.take(each, None, "write", 1.0)
        clock.time += 2
    assert len(buckets._buckets) <= 6
    assert buckets.exhausted(busy, None, "write") is not None


def test_a_clock_that_is_set_back_takes_nothing():
    clock = Hand()
    buckets = Throttle(clock)
    only = table(1)
    buckets.take(only, None, "write", 299.0)
    clock.time -= 3600
    assert buckets.exhausted(only, None, "write") is None
