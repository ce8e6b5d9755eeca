"""How much is measured: sizes, seconds and rounds, under the names that the command line knows."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured.

    `items` of 0.8 KB, as many YCSB records of 1 KB, and `partitions` of 50 rows of 0.3 KB are seeded.
    A run takes `seconds` (wrk knows whole seconds only), after one of `warm_up` seconds that does not count.
    Rows that are judged have `rounds` rounds of runs side by side; YCSB, which is not, has `views`.
    `starts` are made of each peer on a new data directory, and as many on an existing one.
    While ten million rows are deleted, others are measured for `deletion_seconds` each.
    `large_partitions` of 50 rows is the table that growth is measured to.
    """

    name: str
    items: int = 100_000
    partitions: int = 2_000
    seconds: int = 3
    warm_up: int = 1
    rounds: int = 5
    views: int = 2
    starts: int = 9
    deletion_seconds: int = 10
    large_partitions: int = 0


FULL: Final = Plan(name="full")
QUICK: Final = Plan(
    name="quick", items=20_000, partitions=400, seconds=1, warm_up=0, rounds=2, views=1, starts=3
)
TINY: Final = Plan(
    name="tiny",
    items=200,
    partitions=4,
    seconds=1,
    warm_up=0,
    rounds=1,
    views=1,
    starts=1,
    deletion_seconds=1,
    large_partitions=40,
)
# Growth from 200 partitions (10,000 rows) to 200,000 (10 million).
LARGE: Final = Plan(name="large", partitions=200, seconds=4, large_partitions=200_000)
LARGE_QUICK: Final = Plan(
    name="large-quick",
    items=20_000,
    partitions=40,
    seconds=1,
    warm_up=0,
    rounds=2,
    views=1,
    starts=1,
    deletion_seconds=4,
    large_partitions=4_000,
)

ROUNDS_JUDGED_MIN: Final = 5
ITEMS_JUDGED_MIN: Final = 100_000
