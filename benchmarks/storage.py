"""What the storage engine costs: `python benchmarks/storage.py [directory]`.

300,000 items of about 800 bytes with seeded values that always differ, on the disk of `directory`. Figures
are microseconds per operation, at the engine's own interface, without HTTP or DynamoDB's semantics.
"""

import asyncio
import random
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

import uvloop

from stator.storage.engine import Engine, Transaction
from stator.storage.open import open_engine

ITEMS = 300_000
ITEM_BYTES = 800
SPACE = 5
SECONDS = 4.0

_RANDOM = random.Random(1)
KEYS = [_RANDOM.randbytes(24) for _ in range(ITEMS)]


def value() -> bytes:
    """A new value."""
    return _RANDOM.randbytes(ITEM_BYTES)


def percentile(durations: list[float], share: float) -> str:
    durations.sort()
    return f"{durations[int(len(durations) * share)] * 1e6:8.1f} us"


def put_all(transaction: Transaction, keys: list[bytes]) -> None:
    """A new value for each of `keys`."""
    for key in keys:
        transaction.put(SPACE, key, value())


async def fill(engine: Engine) -> None:
    keys = sorted(KEYS)
    for start in range(0, ITEMS, 1_000):
        await engine.write(partial(put_all, keys=keys[start : start + 1_000]))


def point_reads(engine: Engine, count: int = 200_000) -> None:
    keys = _RANDOM.choices(KEYS, k=count)
    get = engine.reader.get
    started = time.perf_counter()
    for key in keys:
        get(SPACE, key)
    print(f"point read            {(time.perf_counter() - started) / count * 1e6:8.2f} us")


def slices(engine: Engine, count: int = 2_000) -> None:
    started = time.perf_counter()
    for key in _RANDOM.choices(KEYS, k=count):
        engine.reader.scan(SPACE, key, None, limit=100)
    print(f"scan of 100           {(time.perf_counter() - started) / count * 1e6:8.2f} us")


def update(transaction: Transaction, key: bytes, new: bytes) -> None:
    """What UpdateItem does to a store: read, then write."""
    if transaction.get(SPACE, key) is not None:
        transaction.put(SPACE, key, new)


async def updates(engine: Engine, tasks: int, readers: bool = False) -> None:
    """Read-modify-write bodies by so many tasks at once, perhaps beside a task that reads all the time."""
    writes: list[float] = []
    reads: list[float] = []
    end = time.perf_counter() + SECONDS

    async def writer() -> None:
        while (started := time.perf_counter()) < end:
            await engine.write(partial(update, key=_RANDOM.choice(KEYS), new=value()))
            writes.append(time.perf_counter() - started)

    async def reader() -> None:
        """As a busy server does: a few reads, then back to the loop, and wait for what else it does."""
        while (started := time.perf_counter()) < end:
            await asyncio.sleep(0)
            for key in _RANDOM.choices(KEYS, k=8):
                engine.reader.get(SPACE, key)
            reads.append(time.perf_counter() - started)

    await asyncio.gather(*[writer() for _ in range(tasks)], *[reader() for _ in range(readers)])
    print(
        f"{tasks:3} writers{' + reads' if readers else '        '}    "
        f"{SECONDS / len(writes) * 1e6:8.1f} us a write"
        f"  p50 {percentile(writes, 0.5)}  p99 {percentile(writes, 0.99)}"
    )
    if reads:
        print(
            f"  beside them         {8 * len(reads) / SECONDS:8.0f} reads a second; eight and the loop's turn"
            f"  p50 {percentile(reads, 0.5)}  p99 {percentile(reads, 0.99)}"
        )


async def main(directory: Path) -> None:
    """Measure."""
    engine = open_engine(directory)
    await fill(engine)
    point_reads(engine)
    slices(engine)
    for tasks in (1, 16, 64):
        await updates(engine, tasks)
    await updates(engine, 16, readers=True)
    point_reads(engine)
    print(f"log                   {(directory / 'stator.db-wal').stat().st_size / 1e6:8.1f} MB")
    await engine.aclose()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as data:
        uvloop.run(main(Path(data)))
