"""A set of keys that may become large: in memory at first, then in a temporary file."""

from typing import Final

from stator.copies.temporary import Temporary

_IN_MEMORY_MAX: Final = 200_000  # keys: about 20 MB


class Seen:
    """A set of keys. Everything raises StorageError if the temporary file cannot be written."""

    def __init__(self, in_memory_max: int = _IN_MEMORY_MAX) -> None:
        self._in_memory_max = in_memory_max
        self._keys: set[bytes] = set()
        self._file: Temporary | None = None

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
        return bool(self._file.execute("SELECT 1 FROM seen WHERE key = ?", (key,)))

    def close(self) -> None:
        """Free what the set takes; it is empty then."""
        self._keys.clear()
        if self._file is not None:
            self._file.close()
            self._file = None

    def _spill(self) -> None:
        if self._file is None:
            self._file = Temporary("CREATE TABLE seen (key BLOB PRIMARY KEY) WITHOUT ROWID")
        self._file.execute_many("INSERT INTO seen VALUES (?)", ((key,) for key in sorted(self._keys)))
        self._keys.clear()
