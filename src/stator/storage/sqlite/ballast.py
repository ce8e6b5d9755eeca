"""A file that only takes up room, given back when the disk is full.

Deleting needs room too: the log grows before the database shrinks. So while the ballast is spent, only
writes that delete something are accepted; it is made again as soon as there is room for it.
"""

import errno
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

_MIB: Final = 1024 * 1024
BALLAST_BYTES: Final = 16 * _MIB
_NO_ROOM: Final = (errno.ENOSPC, errno.EDQUOT)

_log = logging.getLogger(__name__)

Allocate = Callable[[Path, int], None]


def allocate(path: Path, size: int) -> None:
    """Make a file of `size` bytes that really occupies them. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT, 0o600)
    try:
        if not (size and _fallocated(descriptor, size)):
            for offset in range(0, size, _MIB):
                os.pwrite(descriptor, bytes(min(_MIB, size - offset)), offset)
    finally:
        os.close(descriptor)


def _fallocated(descriptor: int, size: int) -> bool:
    """Let the file system do it in one step; False if it cannot. Raises OSError if there is no room."""
    try:
        os.posix_fallocate(descriptor, 0, size)
    except AttributeError:  # macOS has no such call
        return False
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise
        return False
    return True


class Ballast:
    """The file, present or spent."""

    def __init__(self, path: Path, size: int = BALLAST_BYTES, allocate: Allocate = allocate) -> None:
        self._path = path
        self._size = size
        self._allocate = allocate
        self.spent = False
        self.restore()

    def restore(self) -> None:
        """Make the file if it is not there; it stays spent while there is no room."""
        try:
            if not self._path.exists() or self._path.stat().st_size != self._size:
                self._allocate(self._path, self._size)
            self.spent = False
        except OSError as error:
            self.release()
            self.spent = error.errno in _NO_ROOM
            _log.warning("no ballast", extra={"path": str(self._path), "error": str(error)})

    def release(self) -> bool:
        """Give the room back. False if that was done before."""
        released = not self.spent
        self.spent = True
        self._path.unlink(missing_ok=True)
        return released
