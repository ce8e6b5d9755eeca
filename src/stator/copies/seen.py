"""A set of keys that may become large: in memory at first, then in a temporary file.

The file is SQLite's own temporary database. It has no name, so nothing is left of it whatever happens.
"""

import sqlite3
from typing import Final

_IN_MEMORY_MAX: Final = 200_000  # keys: about 20 MB


class Seen:
    """A set of keys."""

    def __init__(self, in_memory_max: int = _IN_MEMORY_MAX) -> None:
        self._in_memory_max = in_memory_max
        self._keys: set[bytes] = set()
        self._file: sqlite3.Connection | None = None

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
        return self._file.execute("SELECT 1 FROM seen WHERE key = ?", (key,)).fetchone() is not None

    def close(self) -> None:
        """Free what the set takes; it is empty then."""
        self._keys.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        if self._file is None:
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute("PRAGMA cache_size = -8192")
            self._file.execute("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._file.execute("BEGIN")
        self._file.executemany("INSERT INTO seen VALUES (?)", ((key,) for key in sorted(self._keys)))
        self._file.execute("COMMIT")
        self._keys.clear()
