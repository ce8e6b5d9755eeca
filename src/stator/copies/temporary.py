"""A table of rows that may become many while a copy is made, in a temporary file.

The file is SQLite's own temporary database. It has no name, so nothing is left of it whatever happens. Its
errors are told as the storage's: whoever copies tries again later.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from stator.base.errors import StorageError

_CACHE_KIBIBYTES: Final = 8_192


class Temporary:
    """A temporary file with one table. Everything raises StorageError if it cannot be read or written."""

    def __init__(self, schema: str) -> None:
        import sqlite3  # Few copies are so large, and a server starts without it.

        self._error = sqlite3.Error
        with self._told():
            self._file = sqlite3.connect("", isolation_level=None, check_same_thread=False)
            self._file.execute("PRAGMA journal_mode = OFF")
            self._file.execute(f"PRAGMA cache_size = -{_CACHE_KIBIBYTES}")
            self._file.execute(schema)

    def execute(self, statement: str, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement; its rows."""
        with self._told():
            return self._file.execute(statement, values).fetchall()

    def execute_many(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, in one transaction."""
        with self._told():
            self._file.execute("BEGIN")
            self._file.executemany(statement, rows)
            self._file.execute("COMMIT")

    def close(self) -> None:
        """Free what it takes."""
        self._file.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except self._error as error:
            raise StorageError(f"the temporary file of a copy: {error}") from error
