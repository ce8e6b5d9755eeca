"""How much is measured: sizes, seconds and rounds, under the names that the command line knows."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How much is measured.

    `items` of 0.8 KB and `partitions` of 50 rows of 0.3 KB are seeded. In each round every peer runs every
    workload for `seconds` (wrk knows whole seconds only), after one round of `warm_up` seconds that does not
    count. `starts` are made of each peer on a new data directory, and as many on an existing one.
    """

    name: str
    items: int
    partitions: int
    seconds: int
    warm_up: int
    rounds: int
    starts: int
    peers: tuple[str, ...] = ("stator", "stator-memory", "dynalite", "bare-stack", "bare-protocol")


FULL: Final = Plan(name="full", items=100_000, partitions=1_000, seconds=3, warm_up=1, rounds=5, starts=9)
QUICK: Final = Plan(name="quick", items=20_000, partitions=200, seconds=1, warm_up=0, rounds=2, starts=3)
# Peers that keep everything in memory cannot hold this one.
LARGE: Final = Plan(
    name="large",
    items=3_000_000,
    partitions=20_000,
    seconds=20,
    warm_up=5,
    rounds=5,
    starts=5,
    peers=("stator", "bare-stack"),
)
TINY: Final = Plan(name="tiny", items=200, partitions=4, seconds=1, warm_up=0, rounds=1, starts=1)

PLANS: Final = {plan.name: plan for plan in (FULL, QUICK, LARGE, TINY)}
