"""Time, handed to whoever needs it: the system's, or one that a test moves.

A test's clock is a file of eight bytes, mapped into every process of a server: microseconds since the epoch,
little endian. Whoever holds the file moves time for all workers and jobs at once.
"""

import mmap
import struct
import time
from pathlib import Path
from typing import Final, Protocol

_MICROSECONDS: Final = struct.Struct("<q")


class Clock(Protocol):
    """A source of wall-clock time."""

    def now(self) -> float:
        """Seconds since the epoch."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return time.time()


class FileClock:
    """A clock that stands still until its file is written; shared by all who map the file."""

    def __init__(self, path: Path) -> None:
        with path.open("r+b") as file:
            self._map = mmap.mmap(file.fileno(), _MICROSECONDS.size)

    @classmethod
    def create(cls, path: Path, seconds: float) -> "FileClock":
        """Make the file, standing at `seconds` since the epoch."""
        path.write_bytes(_MICROSECONDS.pack(round(seconds * 1e6)))
        return cls(path)

    def now(self) -> float:
        """Seconds since the epoch."""
        microseconds: int = _MICROSECONDS.unpack_from(self._map)[0]
        return microseconds / 1e6

    def advance(self, seconds: float) -> None:
        """Move time, for everyone who maps the file."""
        self._map[:] = _MICROSECONDS.pack(round((self.now() + seconds) * 1e6))
