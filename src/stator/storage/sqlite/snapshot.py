"""Reading from one connection that stands in a transaction.

A statement inside a transaction costs half of one outside (1.9 us against 4.1 for a point read of 800
bytes), since SQLite need not find and lock the newest state for it.
"""

from collections.abc import Sequence
from typing import Any, Final

import apsw

from stator.base.errors import StorageCorrupt
from stator.storage.engine import UNLIMITED
from stator.storage.sqlite.errors import storage_error

_GET: Final = "select v from kv where s=? and k=? and n=0"
_PIECES: Final = "select v from kv where s=? and k=? and n between 1 and ? order by n"
_UP: Final = "select k, v from kv where s=? and k>=? and n=0 order by k limit ?"
_UP_TO: Final = "select k, v from kv where s=? and k>=? and k<? and n=0 order by k limit ?"
_DOWN: Final = "select k, v from kv where s=? and k>=? and n=0 order by k desc limit ?"
_DOWN_FROM: Final = "select k, v from kv where s=? and k>=? and k<? and n=0 order by k desc limit ?"


class Snapshot:
    """What a connection sees, as a `Reader`. No statement of its is left unfinished between calls."""

    __slots__ = ("_execute", "connection", "dropped", "generation")

    def __init__(self, connection: apsw.Connection) -> None:
        self.connection = connection
        self.generation = 0
        self.dropped: frozenset[int] = frozenset()  # spaces that are being reclaimed
        # One cursor for ever: making one costs half a microsecond.
        self._execute = connection.cursor().execute

    def renew(self) -> None:
        """Stand in a transaction on the newest state."""
        self.release()
        self._execute("begin")
        self._execute("select 1 from sqlite_schema limit 1").fetchall()

    def release(self) -> None:
        """Leave the transaction; until `renew`, every statement finds the newest state for itself."""
        if self.connection.in_transaction:
            self._execute("commit")

    def get(self, space: int, key: bytes) -> bytes | None:
        """The value of `key`, or None."""
        try:
            value: Any = self._execute(_GET, (space, key)).get
            if value.__class__ is int:
                value = self._joined(space, key, value)
        except apsw.Error as error:
            raise storage_error(error) from error
        if value is None or (self.dropped and space in self.dropped):
            return None
        return value  # type: ignore[no-any-return]

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of `keys`, in their order."""
        get = self.get
        return [get(space, key) for key in keys]

    def scan(
        self,
        space: int,
        start: bytes,
        end: bytes | None,
        *,
        limit: int,
        reverse: bool = False,
        size: int = UNLIMITED,
    ) -> list[tuple[bytes, bytes]]:
        """The pairs of a range; see `Reader.scan`."""
        if limit <= 0 or space in self.dropped:
            return []
        if end is None:
            query: tuple[str, tuple[Any, ...]] = (_DOWN if reverse else _UP, (space, start, limit))
        else:
            query = (_DOWN_FROM if reverse else _UP_TO, (space, start, end, limit))
        try:
            return self._until(space, self.connection.execute(*query), size)
        except apsw.Error as error:
            raise storage_error(error) from error

    def _until(self, space: int, cursor: apsw.Cursor, size: int) -> list[tuple[bytes, bytes]]:
        """The cursor's pairs, ending with the one that reaches `size` bytes of values."""
        pairs: list[tuple[bytes, bytes]] = []
        for pair in cursor:
            value = pair[1]
            if value.__class__ is int:
                value = self._joined(space, pair[0], value)
                pair = (pair[0], value)
            pairs.append(pair)
            size -= len(value)
            if size <= 0:
                break
        # Nobody else has the cursor, so its statement ends here too. `close` would leak it (APSW 3.54).
        return pairs

    def _joined(self, space: int, key: bytes, count: int) -> bytes:
        """A value that was cut into `count` pieces."""
        pieces: list[tuple[Any, ...]] = self._execute(_PIECES, (space, key, count)).fetchall()
        if len(pieces) != count:
            raise StorageCorrupt(f"space {space}, key {key.hex()}: {len(pieces)} of {count} pieces found")
        return b"".join([piece for (piece,) in pieces])
