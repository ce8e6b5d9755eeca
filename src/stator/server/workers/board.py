"""The board: a few numbers in memory that all processes of a server share.

    word 0        what the writer asks of all others (`RELAY`, `HOLD`)
    words 1..n    per worker: the newest commit that it has shown to anyone; worker 0 is the writer
    then          per worker: its open connections
    then          per worker: its heartbeat, a count that grows while it lives
    then          per worker: its process id; 0 while there is none

Only its owner writes a word, except for what the supervisor resets when a worker is gone; so no lock is
needed. The words are eight bytes each, which processors write at once. A worker that answers has written
before it sends, and who asks next reads after it has received: the order of both is the sockets'.

The words up to the connections change with what may be seen. They are compared as one piece of bytes for
every read, which costs a tenth of a microsecond.
"""

import mmap
import struct
from typing import Final

RELAY: Final = 1  # the writer is to carry out everything: what it does is not only in the database
HOLD: Final = 2  # the log is about to start again

_WORD_BYTES: Final = 8


class Board:
    """The board of a server with `workers` workers; made before they are forked."""

    def __init__(self, workers: int) -> None:
        self.workers = workers
        # Compared by whoever reads: `map[watched]`.
        self.map = mmap.mmap(-1, _WORD_BYTES * (1 + 4 * workers))
        self.watched = slice(0, _WORD_BYTES * (1 + workers))
        self._words = memoryview(self.map).cast("Q")
        self._watched_words = struct.Struct(f"={1 + workers}Q")

    def newest(self) -> int:
        """The newest commit that anyone has shown."""
        return max(self._words[1 : 1 + self.workers])

    def show(self, worker: int, commit: int) -> None:
        """Say that `worker` lets others see `commit`."""
        self._words[1 + worker] = commit

    def flag(self, flag: int, on: bool) -> None:
        """Set or clear a flag. The writer's."""
        flags = self._words[0]
        self._words[0] = flags | flag if on else flags & ~flag

    def is_flagged(self, flag: int) -> bool:
        """Whether a flag is set."""
        return bool(self._words[0] & flag)

    def count_connections(self, worker: int, count: int) -> None:
        """Say how many connections `worker` has."""
        self._words[1 + self.workers + worker] = count

    def connections(self) -> list[int]:
        """The connections of each worker."""
        start = 1 + self.workers
        return list(self._words[start : start + self.workers])

    def beat(self, worker: int) -> None:
        """Show that `worker` lives."""
        self._words[1 + 2 * self.workers + worker] += 1

    def beats(self, worker: int) -> int:
        """A number that has changed if `worker` has lived since."""
        return self._words[1 + 2 * self.workers + worker]

    def occupy(self, worker: int, pid: int) -> None:
        """Say which process is in a worker's place."""
        self._words[1 + 3 * self.workers + worker] = pid

    def pids(self) -> list[int]:
        """The process of each worker; 0 for one that is gone and has not been replaced."""
        start = 1 + 3 * self.workers
        return list(self._words[start : start + self.workers])
