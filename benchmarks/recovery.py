"""What a restore costs: it grows with the table and with what changed after its time, not with the history.

    python -m benchmarks.recovery                   200,000 writes to 10,000 items
    python -m benchmarks.recovery --large           10,000,000 writes to 500,000 items

A table is written to for a while, a second of its own clock for every thousand writes, straight through the
write funnel. Then it is restored to times after which ever more has changed, and the rows that each restore
reads and writes are counted. The test of that is `tests/recovery/test_cost.py`; it looks at no clock.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from stator.base.ids import RandomIds
from stator.copies import jobs, restore
from stator.copies.past import position_at
from stator.storage.engine import UNLIMITED, Engine, Reader, Transaction
from stator.storage.open import open_engine
from stator.tables import counters, records, recovery
from stator.tables.check import check
from stator.tables.database import Database
from stator.tables.definition import Keys, Restored, TableDefinition
from stator.tables.image import Image
from stator.tables.table import Table
from stator.values.size import item_size

NAME: Final = "history"
_START: Final = 1_800_000_000.0
_WRITES_PER_SECOND: Final = 1_000
_WRITES_PER_TRANSACTION: Final = 500

T = TypeVar("T")


class Size(NamedTuple):
    """How many writes, to how many items."""

    writes: int
    items: int


SMALL: Final = Size(200_000, 10_000)
LARGE: Final = Size(10_000_000, 500_000)


@dataclass
class Rows:
    """Rows that were asked for, found or not, and rows that were put or deleted."""

    read: int = 0
    written: int = 0


class _CountedReader:
    """A reader that counts."""

    def __init__(self, base: Reader, rows: Rows) -> None:
        self._base = base
        self._rows = rows

    @property
    def generation(self) -> int | None:
        return self._base.generation

    def get(self, space: int, key: bytes) -> bytes | None:
        self._rows.read += 1
        return self._base.get(space, key)

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        self._rows.read += len(keys)
        return self._base.get_many(space, keys)

    def scan(
        self,
        space: int,
        start: bytes,
        end: bytes | None,
        *,
        limit: int,
        reverse: bool = False,
        size: int = UNLIMITED,
    ) -> list[tuple[bytes, bytes]]:
        found = self._base.scan(space, start, end, limit=limit, reverse=reverse, size=size)
        self._rows.read += max(1, len(found))
        return found


class _CountedTransaction(_CountedReader):
    """A transaction that counts."""

    def __init__(self, base: Transaction, rows: Rows) -> None:
        super().__init__(base, rows)
        self._transaction = base
        self.id, self.batch = base.id, base.batch

    def put(self, space: int, key: bytes, value: bytes) -> None:
        self._rows.written += 1
        self._transaction.put(space, key, value)

    def delete(self, space: int, key: bytes) -> None:
        self._rows.written += 1
        self._transaction.delete(space, key)

    def note(self, told: Callable[[], None]) -> None:
        self._transaction.note(told)

    def drop_space(self, space: int) -> None:
        self._transaction.drop_space(space)


class CountedEngine:
    """An engine that counts the rows it is asked for."""

    name = "counted"

    def __init__(self, base: Engine) -> None:
        self._base = base
        self.rows = Rows()

    @property
    def reader(self) -> Reader:
        return _CountedReader(self._base.reader, self.rows)

    def read(self, body: Callable[[Reader], T]) -> T:
        return body(self.reader)

    def write(self, body: Callable[[Transaction], T]) -> "asyncio.Future[T]":
        return self._base.write(lambda transaction: body(_CountedTransaction(transaction, self.rows)))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._base, name)


class _Clock:
    """The history's own time."""

    def __init__(self) -> None:
        self.time = _START

    def now(self) -> float:
        return self.time


class Cost(NamedTuple):
    """What one restore cost."""

    changed: int
    items: int
    rows: Rows
    seconds: float


class History:
    """A table with recovery that is written to."""

    def __init__(self, database: Database, engine: CountedEngine, clock: _Clock, items: int) -> None:
        self._database = database
        self._engine = engine
        self._clock = clock
        self._items = items
        self._draw = random.Random(1)
        self._restores = 0
        self.writes = 0

    @classmethod
    async def begin(cls, engine: Engine, items: int) -> "History":
        """Make the table."""
        counted, clock = CountedEngine(engine), _Clock()
        database = await Database.open(
            counted, clock=clock, ids=RandomIds(random.Random(1)), account="000000000000"
        )
        await database.engine.write(partial(_create, database, NAME))
        return cls(database, counted, clock, items)

    async def write(self, count: int) -> None:
        """Write to drawn items; one in ten is deleted."""
        for start in range(0, count, _WRITES_PER_TRANSACTION):
            some = min(_WRITES_PER_TRANSACTION, count - start)
            drawn = [self._drawn() for _ in range(some)]
            await self._database.engine.write(partial(self._write, drawn))
            self.writes += some
            self._clock.time += some / _WRITES_PER_SECOND

    def _drawn(self) -> tuple[int, str | None]:
        gone = self._draw.random() < 0.1
        return self._draw.randrange(self._items), None if gone else f"{self._draw.getrandbits(800):0200x}"

    def _write(self, drawn: Iterable[tuple[int, str | None]], transaction: Transaction) -> None:
        table = self._table(transaction)
        for number, text in drawn:
            item: dict[str, Any] = {"pk": {"S": f"{number:010d}"}}
            key = table.key.position(item)
            after = None
            if text is not None:
                item["text"] = {"S": text}
                after = Image.of(item, item_size(item))
            records.write(transaction, table, key, records.read(transaction, table, key), after)

    def _table(self, reader: Reader) -> Table:
        table = self._database.catalog.table(reader, NAME)
        assert table is not None
        return table

    async def restore(self, changed: int) -> Cost:
        """Restore the table to the time after which so many of its writes came."""
        then = self._clock.time - changed / _WRITES_PER_SECOND - 0.5 / _WRITES_PER_SECOND
        self._restores += 1
        name = f"restored-{self._restores}"
        self._engine.rows = Rows()
        started = time.perf_counter()
        await self._database.engine.write(partial(self._ask, name, then))
        (row,) = self._database.engine.read(jobs.unfinished)
        await jobs.KINDS[row.kind](self._database, row)
        seconds, rows = time.perf_counter() - started, self._engine.rows
        self._engine.rows = Rows()  # What comes now is not the restore's.
        table = self._database.catalog.table(self._database.engine.reader, name)
        assert table is not None
        items = self._database.engine.read(partial(_count, table))
        return Cost(changed, items, rows, seconds)

    def _ask(self, name: str, then: float, transaction: Transaction) -> None:
        definition = _definition(self._database, transaction, name, Restored(NAME, then))
        source = self._table(transaction)
        restore.begin_from_past(
            transaction, self._database, source, position_at(transaction, source, then), definition
        )

    def problems(self) -> list[str]:
        """What `stator check` says."""
        return check(self._database.engine.reader).problems


def _definition(
    database: Database, transaction: Transaction, name: str, origin: Restored | None = None
) -> TableDefinition:
    return TableDefinition(
        name=name,
        id=database.ids.table_id(),
        space=database.catalog.new_space(transaction),
        created_at=database.clock.now(),
        attributes={"pk": "S"},
        keys=Keys(("pk",)),
        billing_mode="PAY_PER_REQUEST",
        restored=origin,
    )


def _create(database: Database, name: str, transaction: Transaction) -> None:
    definition = _definition(database, transaction, name)
    recovery.enable(transaction, database.catalog, definition, 35, database.clock.now())


def _count(table: Table, reader: Reader) -> int:
    return counters.count(reader, [table.space])[table.space].items


async def measure(engine: Engine, size: Size, shares: Sequence[float]) -> list[Cost]:
    """Write the history, and restore to the times after which such shares of it came."""
    history = await History.begin(engine, size.items)
    await history.write(size.writes)
    costs = [await history.restore(round(size.writes * share)) for share in shares]
    assert not history.problems()
    return costs


async def _main(size: Size, directory: Path) -> None:
    engine = open_engine(directory)
    try:
        print(f"{size.writes:,} writes to {size.items:,} items")
        print(f"{'changed after':>14} {'items':>9} {'rows read':>11} {'rows written':>13} {'seconds':>8}")
        for cost in await measure(engine, size, (0, 0.001, 0.01, 0.1, 0.5, 1)):
            rows = cost.rows
            print(
                f"{cost.changed:14,} {cost.items:9,} {rows.read:11,} {rows.written:13,} {cost.seconds:8.2f}"
            )
    finally:
        await engine.aclose()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="What a restore costs.")
    parser.add_argument("--large", action="store_true", help="ten million writes")
    parser.add_argument("--directory", type=Path, help="where the database is made (default: temporary)")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.directory) as made:
        asyncio.run(_main(LARGE if options.large else SMALL, Path(made) / "data"))
