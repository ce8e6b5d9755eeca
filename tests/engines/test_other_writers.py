"""Another program that takes the writer's turn: the engine waits for it, for a while."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import apsw
import pytest

from stator.base.errors import StorageClosed, StorageError
from stator.storage.engine import Engine
from stator.storage.open import DATABASE, open_engine
from stator.storage.sqlite import store


def occupied(tmp_path: Path, scenario: Callable[[Engine, apsw.Connection], Awaitable[None]]) -> None:
    """Run a scenario on an engine whose writer's turn another connection has."""

    async def run() -> None:
        engine = open_engine(tmp_path)
        other = apsw.Connection(str(tmp_path / DATABASE))
        other.execute("begin immediate").fetchall()
        try:
            await scenario(engine, other)
        finally:
            other.close()
            engine.close()

    asyncio.run(run())


def test_writes_wait_for_it(tmp_path: Path) -> None:
    async def scenario(engine: Engine, other: apsw.Connection) -> None:
        writes = [engine.write(lambda t, n=n: t.put(7, b"k%d" % n, b"v")) for n in range(3)]
        done, _ = await asyncio.wait(writes, timeout=5 * store.OCCUPIED_SECONDS)
        assert not done
        # What it holds may be waiting for the engine's reader to leave; meanwhile reads go on.
        assert engine.reader.get(7, b"k0") is None
        other.execute("insert into kv values(9, x'01', 0, x'02'); commit").fetchall()
        await asyncio.gather(*writes)
        assert engine.reader.get_many(7, [b"k0", b"k2"]) == [b"v", b"v"]
        assert engine.reader.get(9, b"\1") == b"\2"

    occupied(tmp_path, scenario)


def test_the_log_can_be_restarted_meanwhile(tmp_path: Path) -> None:
    """Who holds the turn in order to restart the log waits for readers; the engine's own leaves."""

    async def scenario(engine: Engine, other: apsw.Connection) -> None:
        other.execute("rollback").fetchall()
        await engine.write(lambda t: t.put(7, b"k", b"v"))
        other.set_busy_timeout(5_000)

        def restart() -> tuple[int, int]:
            return other.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_RESTART)

        restarting = asyncio.ensure_future(asyncio.to_thread(restart))
        while not restarting.done():
            await engine.write(lambda t: t.put(7, b"k", b"w"))
        frames, copied = await restarting
        assert frames == copied > 0

    occupied(tmp_path, scenario)


def test_it_is_an_error_in_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "GIVE_WAY_SECONDS", 0.02)

    async def scenario(engine: Engine, other: apsw.Connection) -> None:
        for _ in range(2):
            with pytest.raises(StorageError, match="another program keeps the database locked"):
                await engine.write(lambda t: t.put(7, b"k", b"v"))
        other.execute("rollback").fetchall()
        await engine.write(lambda t: t.put(7, b"k", b"v"))
        other.execute("begin immediate").fetchall()
        waiting = engine.write(lambda t: t.put(7, b"k", b"w"))
        await asyncio.sleep(0)
        other.execute("rollback").fetchall()
        await waiting  # A new patience for a new wait.
        assert engine.reader.get(7, b"k") == b"w"

    occupied(tmp_path, scenario)


def test_an_engine_that_closes_waits_no_longer(tmp_path: Path) -> None:
    async def scenario(engine: Engine, other: apsw.Connection) -> None:
        waiting = engine.write(lambda t: t.put(7, b"k", b"v"))
        await asyncio.sleep(2 * store.OCCUPIED_SECONDS)
        engine.close()
        with pytest.raises(StorageClosed):
            await waiting

    occupied(tmp_path, scenario)
