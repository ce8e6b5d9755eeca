"""The log of the SQLite engine stays short while it is written, and waits for whoever reads from it."""

import asyncio
from pathlib import Path

import pytest

from stator.storage.open import DATABASE, open_engine, open_reader
from stator.storage.sqlite import checkpoint
from stator.storage.sqlite.chunks import PAGE_BYTES

PAGES = 20  # that one write dirties, about


@pytest.fixture
def short_log(monkeypatch):
    """Everything a hundred times as soon."""
    for name in ("START_FRAMES", "FEW_FRAMES", "LONG_FRAMES", "PATIENCE_FRAMES"):
        monkeypatch.setattr(checkpoint, name, max(1, getattr(checkpoint, name) // 100))
    monkeypatch.setattr(checkpoint, "RETRY_SECONDS", 0)


def log_pages(directory: Path) -> int:
    return (directory / (DATABASE + "-wal")).stat().st_size // PAGE_BYTES


async def write_pages(engine, count: int) -> None:
    for number in range(count // PAGES):
        await engine.write(lambda t, n=number: t.put(5, b"k%d" % (n % 7), b"%d" % n * PAGE_BYTES * PAGES))


def test_the_log_starts_again(tmp_path, short_log):
    lengths = []

    async def scenario():
        engine = open_engine(tmp_path)
        for _ in range(5):
            await write_pages(engine, 30 * PAGES)
            lengths.append(log_pages(tmp_path))
        await engine.aclose()

    asyncio.run(scenario())
    assert max(lengths) < checkpoint.LONG_FRAMES + 4 * PAGES
    assert not (tmp_path / (DATABASE + "-wal")).exists()


def test_writers_wait_when_a_reader_holds_a_log_at_its_limit(tmp_path, short_log, monkeypatch):
    monkeypatch.setattr(checkpoint, "LIMIT_FRAMES", 40 * PAGES)

    async def scenario():
        engine = open_engine(tmp_path)
        await write_pages(engine, PAGES)
        with open_reader(tmp_path) as reader:
            writing = asyncio.ensure_future(write_pages(engine, 100 * PAGES))
            while log_pages(tmp_path) < checkpoint.LIMIT_FRAMES:
                await asyncio.sleep(0)
            for _ in range(1_000):
                await asyncio.sleep(0)
            assert not writing.done()
            assert log_pages(tmp_path) < checkpoint.LIMIT_FRAMES + 4 * PAGES
            assert reader.get(5, b"k0") == b"0" * PAGE_BYTES * PAGES
            assert engine.reader.get(5, b"k1") is not None
        await writing
        await engine.aclose()

    asyncio.run(scenario())
