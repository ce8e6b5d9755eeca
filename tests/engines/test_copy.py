"""A copy of a database that is being written to: whole, of one moment, and without anybody waiting for it."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import apsw
import pytest

from stator.base.errors import StorageClosed, StorageError, StorageFull
from stator.storage.engine import Copyable, Engine, Transaction
from stator.storage.open import DATABASE, open_engine, open_reader
from stator.storage.sqlite import checkpoint, copy
from stator.storage.sqlite.copy import STEP_PAGES

DATA, ORDER = 7, 8
KEYS = 6_000  # of 1,500 bytes: many steps


class Ledger:
    """Writes in a known order, and what the data was after each of them."""

    def __init__(self, engine: Engine, seed: int) -> None:
        self.engine = engine
        self.random = Random(seed)
        self.first = {b"%06d" % number: self.random.randbytes(1_500) for number in range(KEYS)}
        self.changes: list[tuple[bytes, bytes]] = []
        self.acknowledged = 0

    async def fill(self) -> None:
        def body(transaction: Transaction) -> None:
            for key, value in self.first.items():
                transaction.put(DATA, key, value)

        await self.engine.write(body)

    async def write(self) -> None:
        """One change, with its number on either side of the data."""
        key = b"%06d" % self.random.randrange(2 * KEYS)
        value = self.random.randbytes(self.random.choice([20, 1_500, 9_000]))
        self.changes.append((key, value))
        number = b"%d" % len(self.changes)

        def body(transaction: Transaction) -> None:
            transaction.put(DATA, key, value)
            for name in (b"a", b"z"):
                transaction.put(ORDER, name, number)

        await self.engine.write(body)
        self.acknowledged = int(number)

    async def write_beside(self, work: Awaitable[object]) -> int:
        """Write until `work` is done; how many writes that were."""
        before, task = self.acknowledged, asyncio.ensure_future(work)
        while not task.done():
            await self.write()
        await task
        return self.acknowledged - before

    def after(self, number: int) -> dict[bytes, bytes]:
        return self.first | dict(self.changes[:number])


def found(data: Path) -> tuple[int, dict[bytes, bytes]]:
    """The number of the last change that a copy holds, and its data; the copy is whole."""
    connection = apsw.Connection(str(data / DATABASE))
    assert connection.pragma("integrity_check") == "ok"
    connection.close()
    with open_reader(data) as reader:
        first, last = reader.get_many(ORDER, [b"a", b"z"])
        assert first == last
        return int(first or 0), dict(reader.scan(DATA, b"\0", None, limit=1 << 30))


def on_disk(tmp_path: Path, scenario: Callable[[Ledger, Path], Awaitable[None]]) -> None:
    """Run a scenario on an engine with data, and a directory for its copy."""
    target = tmp_path / "copy"
    target.mkdir()

    async def run() -> None:
        engine = open_engine(tmp_path / "data")
        try:
            ledger = Ledger(engine, seed=1)
            await ledger.fill()
            await scenario(ledger, target)
        finally:
            engine.close()

    asyncio.run(run())


def copying(engine: Engine, target: Path, progress: Callable[[int, int], object] = max) -> Awaitable[None]:
    assert isinstance(engine, Copyable)
    return engine.copy(target / DATABASE, progress)


def noting(progress: list[tuple[int, int]]) -> Callable[[int, int], None]:
    return lambda copied, total: progress.append((copied, total))


def test_a_copy_is_the_state_of_one_moment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beside a writer, and while the log is copied and starts again all the time."""
    for name, frames in (("START_FRAMES", 40), ("LONG_FRAMES", 200), ("FEW_FRAMES", 20)):
        monkeypatch.setattr(checkpoint, name, frames)

    async def scenario(ledger: Ledger, target: Path) -> None:
        for _ in range(2):  # an engine makes one copy after the other
            target /= "again"
            target.mkdir()
            before = ledger.acknowledged
            progress: list[tuple[int, int]] = []
            written = await ledger.write_beside(copying(ledger.engine, target, noting(progress)))
            number, data = found(target)
            assert before < number <= len(ledger.changes)
            assert data == ledger.after(number)
            # Steps and writes alternate: no writer waits for more than a step, and the copy ends.
            assert written >= len(progress) / 2 > 4
            assert progress == sorted(progress)
            assert progress[-1][0] == progress[-1][1] > STEP_PAGES

    on_disk(tmp_path, scenario)


def test_a_quiet_database_is_copied_too(tmp_path: Path) -> None:
    async def scenario(ledger: Ledger, target: Path) -> None:
        await ledger.write()
        await copying(ledger.engine, target)
        assert found(target) == (1, ledger.after(1))

    on_disk(tmp_path, scenario)


def test_one_copy_at_a_time_and_never_over_a_file(tmp_path: Path) -> None:
    async def scenario(ledger: Ledger, target: Path) -> None:
        first = asyncio.ensure_future(copying(ledger.engine, target))
        await asyncio.sleep(0)
        with pytest.raises(StorageError, match="being made already"):
            await copying(ledger.engine, tmp_path / "data")
        await first
        with pytest.raises(StorageError, match="is there already"):
            await copying(ledger.engine, target)
        assert found(target)[1] == ledger.first

    on_disk(tmp_path, scenario)


def test_what_is_cancelled_leaves_the_writer_as_it_was(tmp_path: Path) -> None:
    async def scenario(ledger: Ledger, target: Path) -> None:
        begun = asyncio.Event()
        task = asyncio.ensure_future(copying(ledger.engine, target, lambda *_: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await ledger.write()
        (target / DATABASE).unlink()
        await copying(ledger.engine, target)
        assert found(target) == (1, ledger.after(1))

    on_disk(tmp_path, scenario)


def test_a_database_that_closes_ends_its_copy(tmp_path: Path) -> None:
    async def scenario(ledger: Ledger, target: Path) -> None:
        begun = asyncio.Event()
        task = asyncio.ensure_future(copying(ledger.engine, target, lambda *_: begun.set()))
        await begun.wait()
        ledger.engine.close()
        with pytest.raises(StorageClosed):
            await task

    on_disk(tmp_path, scenario)


def test_another_writer_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever another program writes is in the copy; if it never stops, the copy says so and ends."""
    monkeypatch.setattr(copy, "STEP_PAGES", 16)

    async def scenario(ledger: Ledger, target: Path) -> None:
        other = apsw.Connection(str(tmp_path / "data" / DATABASE))
        other.set_busy_timeout(5_000)
        times = iter(range(3))

        def intrude(*_: int) -> None:
            for number in times:
                other.execute("insert or replace into kv values(9, x'01', 0, ?)", (number,)).fetchall()
                break

        await copying(ledger.engine, target, intrude)
        assert found(target)[1] == ledger.first
        (target / DATABASE).unlink()
        times = iter(range(1 << 30))
        with pytest.raises(StorageError, match="another program"):
            await copying(ledger.engine, target, intrude)
        other.close()

    on_disk(tmp_path, scenario)


def test_memory_has_nothing_to_copy() -> None:
    assert not isinstance(open_engine(None), Copyable)


def test_a_copy_that_finds_no_room_harms_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not even when it is a commit that has to bring the copy up to date."""
    monkeypatch.setattr(copy, "_TARGET", copy._TARGET + "pragma max_page_count=500;")

    async def scenario(ledger: Ledger, target: Path) -> None:
        with pytest.raises(StorageFull):
            await ledger.write_beside(copying(ledger.engine, target))
        monkeypatch.undo()
        await ledger.write()
        (target / DATABASE).unlink()
        await copying(ledger.engine, target)
        assert found(target) == (ledger.acknowledged, ledger.after(ledger.acknowledged))

    on_disk(tmp_path, scenario)
