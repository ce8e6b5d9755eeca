"""From a data directory to an engine.

A data directory holds

    stator.db, stator.db-wal, stator.db-shm    the database
    stator.lock                                held by the server, names its process
    ballast                                    room for deletes on a full disk
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stator.base.errors import StorageError
from stator.storage.engine import Engine, Reader
from stator.storage.lock import DirectoryLock

if TYPE_CHECKING:
    from stator.storage.sqlite.follower import FollowerEngine
    from stator.storage.sqlite.leader import SharedEngine
    from stator.storage.sqlite.shared import Company

DATABASE: Final = "stator.db"
LOCK: Final = "stator.lock"
BALLAST: Final = "ballast"


def lock_directory(data: Path) -> DirectoryLock:
    """Take the data directory `data`, which is made if need be. Raises StorageError."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        return DirectoryLock(data / LOCK)
    except OSError as error:
        raise StorageError(f"{data} cannot be used: {error.strerror}") from error


def open_engine(data: Path | None, *, fatal: Callable[[StorageError], None] | None = None) -> Engine:
    """The engine on the data directory `data`, which is made if need be; in memory for None.

    `fatal` is called if it is unknown whether a write is on the disk; by default the process ends. Raises
    StorageError if another server has the directory, or if its database is not ours or of a newer format.
    """
    if data is None:
        from stator.storage.memory import MemoryEngine

        return MemoryEngine()

    from stator.storage.sqlite.ballast import Ballast
    from stator.storage.sqlite.engine import SqliteEngine, leave_process

    lock = lock_directory(data)
    try:
        return SqliteEngine(
            data / DATABASE,
            ballast=Ballast(data / BALLAST),
            fatal=fatal or leave_process,
            on_close=lock.release,
        )
    except BaseException:
        lock.release()
        raise


def open_shared_engine(data: Path, company: "Company") -> "SharedEngine":
    """The engine of the one process that writes; others follow it. The lock is the caller's.

    Raises StorageError if the database is not ours or of a newer format.
    """
    from stator.storage.sqlite.ballast import Ballast
    from stator.storage.sqlite.leader import SharedEngine

    return SharedEngine(data / DATABASE, company=company, ballast=Ballast(data / BALLAST))


def open_follower(data: Path, company: "Company") -> "FollowerEngine":
    """The engine of a process that reads beside the one that writes. Raises StorageError."""
    from stator.storage.sqlite.follower import FollowerEngine

    return FollowerEngine(data / DATABASE, company)


@contextmanager
def open_reader(data: Path) -> Iterator[Reader]:
    """One snapshot of the data directory, beside a live server or without one. Raises StorageError."""
    from stator.storage.sqlite.store import open_snapshot

    path = data / DATABASE
    if not path.is_file():
        raise StorageError(f"there is no database in {data}")
    snapshot = open_snapshot(path)
    try:
        yield snapshot
    finally:
        snapshot.release()
        snapshot.connection.close()
