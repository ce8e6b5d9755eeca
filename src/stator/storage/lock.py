"""One server per data directory."""

import fcntl
import os
from pathlib import Path

from stator.base.errors import StorageError


class DirectoryLock:
    """An exclusive lock on a file that names its holder; the kernel releases it when the process ends."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises StorageError if another process has it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            holder = os.read(self._descriptor, 32).decode("ascii", "replace").strip() or "unknown"
            os.close(self._descriptor)
            raise StorageError(f"{path.parent} is in use by another server, process {holder}") from None
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, f"{os.getpid()}\n".encode("ascii"), 0)

    def release(self) -> None:
        """Let the next server in."""
        os.close(self._descriptor)
