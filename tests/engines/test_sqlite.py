"""What only the SQLite engine promises: that it comes back after a restart, and what its files hold."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import apsw
import pytest

from stator.base.errors import StorageClosed, StorageCorrupt, StorageError
from stator.storage.open import BALLAST, DATABASE, LOCK, open_engine, open_reader
from stator.storage.sqlite import connection
from stator.storage.sqlite.chunks import ROW_BYTES


def session(directory, *bodies):
    """Open the engine, run the bodies one after the other, close it; what they returned."""

    async def run():
        engine = open_engine(directory)
        try:
            return [await engine.write(body) for body in bodies]
        finally:
            await engine.aclose()

    return asyncio.run(run())


def rows(directory: Path) -> list:
    """Everything in the table but the engine's own entries."""
    database = apsw.Connection(str(directory / DATABASE))
    found = database.execute("select s, k, n, v from kv where s >= 0 order by s, k, n").fetchall()
    database.close()
    return found


def test_entries_survive_a_restart(tmp_path):
    session(tmp_path, lambda t: t.put(5, b"a", b"1"), lambda t: t.put(5, b"b", b"x" * 10_000))
    assert session(tmp_path, lambda t: t.scan(5, b"", None, limit=9)) == [
        [(b"a", b"1"), (b"b", b"x" * 10_000)]
    ]


def test_ids_grow_over_restarts(tmp_path):
    ids = [n for _ in range(3) for n in session(tmp_path, *[lambda t: t.put(5, b"a", b"") or t.id] * 3)]
    assert ids == sorted(set(ids))


@pytest.mark.parametrize("after", [b"", b"y" * 100, b"y" * (ROW_BYTES + 1), b"y" * 100_000, None])
def test_no_piece_is_left_behind(tmp_path, after):
    def change(t):
        if after is None:
            t.delete(5, b"k")
        else:
            t.put(5, b"k", after)

    session(tmp_path / "changed", lambda t: t.put(5, b"k", b"x" * 20_000), change)
    session(tmp_path / "fresh", change)
    assert rows(tmp_path / "changed") == rows(tmp_path / "fresh")


def test_a_missing_piece_is_noticed(tmp_path):
    session(tmp_path, lambda t: t.put(5, b"k", b"x" * 20_000))
    database = apsw.Connection(str(tmp_path / DATABASE))
    database.execute("delete from kv where s=5 and n=3")
    database.close()
    with pytest.raises(StorageCorrupt, match="pieces"), open_reader(tmp_path) as reader:
        reader.get(5, b"k")


@pytest.mark.parametrize("at_most", [1, 7, 1_000])
def test_reclaiming_goes_on_after_a_restart(tmp_path, at_most):
    def fill(t):
        for n in range(1, 50):
            t.put(5, bytes([n]), b"v" * n * 100)
            t.put(6, bytes([n]), b"v")

    async def reclaim_some():
        engine = open_engine(tmp_path)
        assert engine.reader.scan(5, b"", None, limit=9) == []
        more = [await engine.reclaim(at_most) for _ in range(10)][-1]
        await engine.aclose()
        return more

    session(tmp_path, fill, lambda t: t.drop_space(5))
    while asyncio.run(reclaim_some()):
        pass
    assert {space for space, *_ in rows(tmp_path)} == {6}


def test_what_cannot_be_stored_fails_alone(tmp_path):
    async def scenario():
        engine = open_engine(tmp_path)
        values = [b"1", ["not bytes"], b"3"]
        writes = [engine.write(lambda t, n=n, v=v: t.put(5, bytes([n]), v)) for n, v in enumerate(values)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        engine.close()
        return results

    assert [type(result) for result in asyncio.run(scenario())] == [type(None), TypeError, type(None)]
    assert [key for _, key, *_ in rows(tmp_path)] == [b"\0", b"\2"]


def test_closing_answers_the_commit_under_way(tmp_path):
    async def scenario():
        engine = open_engine(tmp_path)
        under_way = engine.write(lambda t: t.put(5, b"a", b"1"))
        await asyncio.sleep(0)  # the batch starts with the next iteration of the loop
        waiting = engine.write(lambda t: t.put(5, b"b", b"1"))
        engine.close()
        assert under_way.done()
        await under_way
        with pytest.raises(StorageClosed):
            await waiting

    asyncio.run(scenario())
    assert rows(tmp_path) == [(5, b"a", 0, b"1")]


def test_a_reader_beside_the_engine_keeps_its_snapshot(tmp_path):
    async def scenario():
        engine = open_engine(tmp_path)
        await engine.write(lambda t: t.put(5, b"a", b"1"))
        with open_reader(tmp_path) as reader:
            await engine.write(lambda t: t.put(5, b"a", b"2"))
            assert reader.get(5, b"a") == b"1"
            assert engine.reader.get(5, b"a") == b"2"
        with open_reader(tmp_path) as reader:
            assert reader.get(5, b"a") == b"2"
        await engine.aclose()

    asyncio.run(scenario())


def test_readers_do_not_see_a_commit_before_it_is_answered(tmp_path):
    async def scenario():
        engine = open_engine(tmp_path)
        before = engine.reader.generation
        answer = engine.write(lambda t: t.put(0, b"table", b"1"))
        while not answer.done():
            assert (engine.reader.generation, engine.reader.get(0, b"table")) == (before, None)
            await asyncio.sleep(0)
        assert (engine.reader.generation, engine.reader.get(0, b"table")) == (before + 1, b"1")
        await engine.aclose()

    asyncio.run(scenario())


def test_a_second_server_is_refused(tmp_path):
    engine = open_engine(tmp_path)
    with pytest.raises(StorageError, match=rf"{tmp_path} is in use by another server, process {os.getpid()}"):
        open_engine(tmp_path)
    engine.close()
    open_engine(tmp_path).close()


def test_a_killed_server_leaves_no_lock(tmp_path):
    program = f"""
import os, pathlib, stator.storage.open as storage
engine = storage.open_engine(pathlib.Path({str(tmp_path)!r}))
os._exit(9)
"""
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 9
    assert (tmp_path / LOCK).read_text().strip().isdigit()
    open_engine(tmp_path).close()


def test_the_files_of_a_data_directory(tmp_path):
    session(tmp_path / "deep" / "down", lambda t: t.put(5, b"a", b"1"))
    assert {path.name for path in (tmp_path / "deep" / "down").iterdir()} == {DATABASE, LOCK, BALLAST}


def test_a_newer_format_is_refused(tmp_path):
    session(tmp_path, lambda t: t.put(5, b"a", b"1"))
    database = apsw.Connection(str(tmp_path / DATABASE))
    database.pragma("user_version", connection.FORMAT + 1)
    database.close()
    for opens in (open_engine, lambda directory: open_reader(directory).__enter__()):
        with pytest.raises(StorageError, match=f"newer Stator: its format is {connection.FORMAT + 1}"):
            opens(tmp_path)


def test_a_foreign_database_is_refused(tmp_path):
    database = apsw.Connection(str(tmp_path / DATABASE))
    database.execute("create table theirs(x)")
    database.close()
    with pytest.raises(StorageError, match="is not a database of Stator"):
        open_engine(tmp_path)


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / DATABASE).write_bytes(b"certainly not a database" * 1000)
    with pytest.raises(StorageCorrupt):
        open_engine(tmp_path)


def test_reading_needs_a_database(tmp_path):
    with pytest.raises(StorageError, match="no database in"), open_reader(tmp_path):
        pass


def test_an_old_library_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(apsw, "sqlite_lib_version", lambda: "3.51.2")
    with pytest.raises(StorageError, match=r"3\.51\.3 or newer"):
        open_engine(tmp_path)
