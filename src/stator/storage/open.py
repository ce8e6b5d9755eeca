"""From a data directory to an engine.

A data directory holds

    stator.db, stator.db-wal, stator.db-shm    the database
    stator.lock                                held by the server, names its process
    ballast                                    room for deletes on a full disk
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from stator.base.errors import StorageError
from stator.storage.engine import Engine, Reader
from stator.storage.lock import DirectoryLock

DATABASE: Final = "stator.db"
LOCK: Final = "stator.lock"
BALLAST: Final = "ballast"


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

    try:
        data.mkdir(parents=True, exist_ok=True)
        lock = DirectoryLock(data / LOCK)
    except OSError as error:
        raise StorageError(f"{data} cannot be used: {error.strerror}") from error
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
