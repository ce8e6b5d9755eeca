"""One server per data directory."""

import fcntl
import os
import time
from pathlib import Path
from typing import Final

from stator.base.errors import StorageError

ENDING_SECONDS: Final = 5.0  # for the workers of a server that was killed to notice
_RETRY_SECONDS: Final = 0.01


class DirectoryLock:
    """An exclusive lock on a file that names its holder; the kernel releases it when the process ends.

    Processes that the holder forks hold it too, so nobody gets in while any of them lives.
    """

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises StorageError if another process has it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + ENDING_SECONDS
        while not self._take():
            holder = os.pread(self._descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            # The workers of a server that was killed end by themselves, at once.
            if _lives(holder) or time.monotonic() > deadline:
                os.close(self._descriptor)
                raise StorageError(f"{path.parent} is in use by another server, process {holder}")
            time.sleep(_RETRY_SECONDS)
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next server in."""
        os.close(self._descriptor)

    def _take(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True


def _lives(process: str) -> bool:
    """Whether a process, named by its number, is still there, as far as we can tell."""
    if not process.isdigit():
        return True
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
