"""A set of keys that may become large: in memory at first, then in a temporary file.

The file is SQLite's own temporary database. It has no name, so nothing is left of it whatever happens.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from stator.base.errors import StorageError

if TYPE_CHECKING:
    from sqlite3 import Connection

_IN_MEMORY_MAX: Final = 200_000  # keys: about 20 MB
_CACHE_KIBIBYTES: Final = 8_192


class Seen:
    """A set of keys. Everything raises StorageError if the temporary file cannot be written."""

    def __init__(self, in_memory_max: int = _IN_MEMORY_MAX) -> None:
        self._in_memory_max = in_memory_max
        self._keys: set[bytes] = set()
        self._file: Connection | None = None

    def add(self, key: bytes) -> bool:
        """Add a key; whether it is new."""
        if key in self:
            return False
        self._keys.add(key)
        if len(self._keys) > self._in_memory_max:
            self._spill()
        return True

    def __contains__(self, key: bytes) -> bool:
        """Whether a key was added."""
        if key in self._keys:
            return True
        if self._file is None:
            return False
        with _told():
            return self._file.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone() is not None

    def close(self) -> None:
        """Free what the set takes; it is empty then."""
        self._keys.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        with _told():
            if self._file is None:
                self._file = _temporary()
            self._file.execute("BEGIN")
            self._file.executemany("INSERT INTO seen VALUES (?)", ((key,) for key in sorted(self._keys)))
            self._file.execute("COMMIT")
        self._keys.clear()


def _temporary() -> "Connection":
    import sqlite3  # Few copies are so large, and a server starts without it.

    file = sqlite3.connect("", isolation_level=None)
    file.execute("PRAGMA journal_mode = OFF")
    file.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
    file.execute("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")
    return file


@contextmanager
def _told() -> Iterator[None]:
    """Tell SQLite's errors as the storage's: whoever copies tries again later."""
    import sqlite3

    try:
        yield
    except sqlite3.Error as error:
        raise StorageError(f"the temporary file of a copy: {error}") from error
