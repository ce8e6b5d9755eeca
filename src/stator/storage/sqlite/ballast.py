"""A file that only takes up room, given back when the disk is full.

Deleting needs room too: the log grows before the database shrinks. So while the ballast is spent, only
writes that delete something are accepted; it is made again as soon as there is room for it.
"""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

BALLAST_BYTES: Final = 16 * 1024 * 1024
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)

Allocate = Callable[[Path, int], None]


def allocate(path: Path, size: int) -> None:
    """Make a file of `size` bytes that really occupies them. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if size and hasattr(os, "posix_fallocate"):
            os.posix_fallocate(descriptor, 0, size)
        else:
            for offset in range(0, size, 1 << 20):
                os.pwrite(descriptor, bytes(min(1 << 20, size - offset)), offset)
    finally:
        os.close(descriptor)


class Ballast:
    """The file, present or spent."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES, allocate: Allocate = allocate) -> None:
        self._path = path
        self._size = size
        self._allocate = allocate
        self.spent = False
        self.restore()

    def restore(self) -> None:
        """Make the file if it is not there; it stays spent if there is no room. Raises OSError otherwise."""
        try:
            if not self._path.exists() or self._path.stat().st_size != self._size:
                self._allocate(self._path, self._size)
            self.spent = False
        except OSError as error:
            if error.errno not in _NO_ROOM:
                raise
            self.release()

    def release(self) -> bool:
        """Give the room back. False if that was done before."""
        released = not self.spent
        self.spent = True
        self._path.unlink(missing_ok=True)
        return released
