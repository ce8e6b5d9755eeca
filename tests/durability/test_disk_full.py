"""On a full disk writes fail clearly and whole, deletes still work, and service resumes once there is room.

SQLite may answer a full disk by rolling back the transaction of all that share a commit, and what follows
would become durable statement by statement: so each body of such a batch has to succeed or fail on its own.
"""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from stator.base.errors import StorageError, StorageFull
from stator.storage.open import DATABASE
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.engine import SqliteEngine

from .quota import QuotaVfs

BALLAST_BYTES = 1 << 20
SLACK_BYTES = 1 << 19  # of room, when the disk is nearly full
BIG = 60_000


@dataclass
class Disk:
    """An engine on a disk whose room the test sets."""

    vfs: QuotaVfs
    engine: SqliteEngine
    broken: list[StorageError]

    def write(self, *bodies: Callable) -> list:
        async def together() -> list:
            return await asyncio.gather(*map(self.engine.write, bodies), return_exceptions=True)

        return asyncio.run(together())

    def keys(self, space: int = 5) -> list[bytes]:
        return [key for key, _ in self.engine.reader.scan(space, b"", None, limit=10_000)]

    def fill(self) -> int:
        """Put entries until there is no more room; how many there are."""
        self.vfs.room = self.vfs.used() + SLACK_BYTES
        for number in range(1_000):
            if isinstance(self.write(lambda t, n=number: put_pair(t, n))[0], StorageFull):
                return number
        raise AssertionError("the disk never got full")


def key_of(number: int) -> bytes:
    return b"%04d" % number


def put_pair(transaction, number: int) -> None:
    """Two entries that are there together or not at all."""
    transaction.put(5, key_of(number), b"%d" % number * BIG)
    transaction.put(6, key_of(number), b"%d" % number)


def delete_pair(transaction, number: int) -> None:
    transaction.delete(5, key_of(number))
    transaction.delete(6, key_of(number))


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    vfs = QuotaVfs(tmp_path)
    broken: list[StorageError] = []
    ballast = Ballast(tmp_path / "ballast", BALLAST_BYTES, vfs.allocate)
    engine = SqliteEngine(tmp_path / DATABASE, ballast=ballast, vfs=vfs.name, fatal=broken.append)
    yield Disk(vfs, engine, broken)
    engine.close()
    vfs.unregister()
    assert broken == []


def reopened(disk: Disk) -> list[bytes]:
    """The keys that another connection finds in the files."""
    disk.engine.close()
    engine = SqliteEngine(
        disk.vfs.directory / DATABASE,
        ballast=Ballast(disk.vfs.directory / "ballast", 0),
        fatal=disk.broken.append,
    )
    found = [key for key, _ in engine.reader.scan(5, b"", None, limit=10_000)]
    also = [key for key, _ in engine.reader.scan(6, b"", None, limit=10_000)]
    engine.close()
    assert found == also
    return found


def test_a_write_that_does_not_fit_leaves_nothing(disk):
    count = disk.fill()
    assert count > 0
    assert disk.keys(5) == disk.keys(6) == [key_of(n) for n in range(count)]
    assert reopened(disk) == [key_of(n) for n in range(count)]


def test_a_batch_that_does_not_fit_is_run_one_by_one(disk):
    count = disk.fill()
    results = disk.write(
        lambda t: put_pair(t, 9_000),
        lambda t: t.get(6, key_of(0)),
        lambda t: put_pair(t, 9_001),
        lambda t: int("not a number"),
    )
    assert [type(result) for result in results] == [StorageFull, bytes, StorageFull, ValueError]
    assert len(disk.keys()) == count


def test_of_a_batch_what_fits_is_kept(disk):
    disk.write(lambda t: put_pair(t, 1))
    disk.vfs.room = disk.vfs.used() + SLACK_BYTES
    results = disk.write(
        lambda t: put_pair(t, 2),
        lambda t: t.put(5, b"huge", bytes(4 * SLACK_BYTES)),
        lambda t: put_pair(t, 3),
    )
    assert [type(result) for result in results] == [type(None), StorageFull, type(None)]
    assert disk.keys() == [key_of(1), key_of(2), key_of(3)]


def test_deletes_work_on_a_full_disk_and_make_room(disk):
    count = disk.fill()
    disk.vfs.room = disk.vfs.used()
    for number in range(count):
        assert disk.write(lambda t, n=number: delete_pair(t, n)) == [None]
    assert disk.keys() == []
    assert disk.write(*[lambda t, n=n: put_pair(t, n) for n in range(3)]) == [None] * 3
    assert reopened(disk) == [key_of(n) for n in range(3)]


def test_the_ballast_is_for_deletes_only(disk):
    count = disk.fill()
    disk.vfs.room = disk.vfs.used()
    delete, put = disk.write(lambda t: delete_pair(t, 0), lambda t: put_pair(t, 9_000))
    assert delete is None
    assert isinstance(put, StorageFull)
    assert disk.keys() == [key_of(n) for n in range(1, count)]


def test_service_resumes_when_there_is_room(disk):
    count = disk.fill()
    disk.vfs.room = disk.vfs.used()
    disk.write(lambda t: delete_pair(t, 0))
    disk.vfs.room += 100 * BIG + BALLAST_BYTES
    assert disk.write(lambda t: put_pair(t, count)) == [None]
    assert (disk.vfs.directory / "ballast").stat().st_size == BALLAST_BYTES
    assert reopened(disk) == [key_of(n) for n in range(1, count + 1)]


def test_reading_goes_on(disk):
    count = disk.fill()
    assert disk.engine.reader.get(6, key_of(0)) == b"0"
    assert len(disk.engine.reader.scan(6, b"", None, limit=10_000)) == count
