"""An engine that writes in company, and one that follows it: which state each shows, and when."""

import asyncio
from pathlib import Path

import apsw
import pytest

from stator.base.errors import NotHere
from stator.storage.engine import CATALOG
from stator.storage.open import open_follower, open_shared_engine
from stator.storage.sqlite.follower import FollowerEngine
from stator.storage.sqlite.leader import SharedEngine

SPACE = 7


class Both:
    """The company of both ends, in one process: it notes what it is told."""

    def __init__(self) -> None:
        self.holding = False
        self.newest = 0
        self.told: list[object] = []

    def hold(self, holding: bool) -> None:
        self.holding = holding
        self.told.append(holding)

    def make_way(self) -> None:
        self.told.append("leave")

    def shown(self, commit: int) -> None:
        self.newest = max(self.newest, commit)


class Pair:
    """A writer and a follower of one database."""

    def __init__(self, directory: Path) -> None:
        self.company = Both()
        self.writer: SharedEngine = open_shared_engine(directory, self.company)
        self.follower: FollowerEngine = open_follower(directory, self.company)

    async def put(self, value: bytes, space: int = SPACE) -> None:
        await self.writer.write(lambda transaction: transaction.put(space, b"key", value))

    def seen(self) -> bytes | None:
        return self.follower.reader.get(SPACE, b"key")

    def close(self) -> None:
        self.follower.close()
        self.writer.close()


@pytest.fixture
def pair(tmp_path: Path):
    both = Pair(tmp_path)
    yield both
    both.close()


def test_a_follower_stands_on_a_commit_until_it_catches_up(pair: Pair) -> None:
    async def run() -> None:
        await pair.put(b"first")
        assert pair.seen() == b"first"
        await pair.put(b"second")
        assert pair.seen() == b"first"
        pair.follower.catch_up(pair.company.newest)
        assert pair.seen() == b"second"
        pair.follower.leave()
        await pair.put(b"third")
        assert pair.seen() == b"third"

    asyncio.run(run())


def test_commits_are_counted_over_restarts(tmp_path: Path) -> None:
    counts = []
    for _ in range(3):
        pair = Pair(tmp_path)
        asyncio.run(pair.put(b"value"))
        counts.append(pair.company.newest)
        pair.close()
    assert counts == [1, 2, 3]


def test_generation_and_dropped_spaces_come_with_the_snapshot(pair: Pair) -> None:
    async def run() -> None:
        await pair.put(b"value")
        before = pair.follower.reader.generation
        await pair.put(b"other")
        pair.follower.catch_up(pair.company.newest)
        assert pair.follower.reader.generation == before == pair.writer.reader.generation
        await pair.put(b"definition", CATALOG)
        assert pair.follower.reader.generation == before
        pair.follower.catch_up(pair.company.newest)
        assert pair.follower.reader.generation == pair.writer.reader.generation != before
        await pair.writer.write(lambda transaction: transaction.drop_space(SPACE))
        assert pair.seen() == b"other"
        pair.follower.catch_up(pair.company.newest)
        assert pair.seen() is None

    asyncio.run(run())


def test_a_commit_that_one_shows_first_is_shown_by_all(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    """The follower finds it in the log before the writer has published it."""

    async def run() -> None:
        await pair.put(b"first")
        early = []
        publish = type(pair.writer._store).publish

        def look_before(store, batch) -> None:
            pair.follower.leave()
            early.append((pair.seen(), pair.writer.reader.get(SPACE, b"key")))
            pair.writer.catch_up(pair.company.newest)
            early.append((pair.seen(), pair.writer.reader.get(SPACE, b"key")))
            publish(store, batch)

        monkeypatch.setattr(type(pair.writer._store), "publish", look_before)
        await pair.put(b"second")
        assert early == [(b"second", b"first"), (b"second", b"second")]

    asyncio.run(run())


def test_the_log_starts_again_beside_a_follower(pair: Pair) -> None:
    """While the writer waits for that, a follower keeps no snapshot beyond an iteration of the loop."""

    async def run() -> None:
        await pair.put(b"first")
        assert pair.seen() == b"first"
        pair.writer._store._checkpointer.due = True
        pair.company.make_way = pair.follower.leave
        await pair.put(b"second")
        assert pair.company.told == [False, True, False]
        pair.company.hold(True)
        pair.follower.catch_up(pair.company.newest)
        assert pair.seen() == b"second"
        await asyncio.sleep(0)
        assert not pair.follower._snapshot.connection.in_transaction

    asyncio.run(run())


def test_a_follower_writes_nothing(pair: Pair) -> None:
    asyncio.run(pair.put(b"value"))
    with pytest.raises(NotHere):
        pair.follower.write(lambda transaction: None)
    with pytest.raises(NotHere):
        pair.follower.reclaim(1)
    with pytest.raises(apsw.ReadOnlyError):
        pair.follower._snapshot.connection.execute("delete from kv")
