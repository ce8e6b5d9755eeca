"""A restore costs what the table's size and the changes since its time make it cost, whatever came before.

Rows are counted, not seconds. The same with ten million writes: `make bench-large` (`benchmarks.recovery`).
"""

import asyncio

from benchmarks.recovery import SMALL, History, Size

from stator.storage.memory import MemoryEngine

CHANGED = (0, 2_000, 50_000)


async def costs(size: Size):
    engine = MemoryEngine()
    try:
        history = await History.begin(engine, size.items)
        await history.write(size.writes)
        return [await history.restore(changed) for changed in CHANGED], history.problems()
    finally:
        await engine.aclose()


def test_a_restore_does_not_cost_the_history():
    for size in (Size(60_000, SMALL.items), SMALL):
        found, problems = asyncio.run(costs(size))
        assert problems == []
        for cost in found:
            # Each present item is read where it lies, and looked for where it goes, with its counter; each
            # change is read once. A slice costs a few rows more, and the position is sought by halving.
            most = 3 * SMALL.items + cost.changed
            assert cost.rows.read <= most * 1.05 + 1_000, cost
            assert cost.items * 2 <= cost.rows.written <= cost.items * 2 + 100, cost
