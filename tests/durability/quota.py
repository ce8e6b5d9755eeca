"""A disk with little room: an SQLite VFS, and an allocator for the ballast, that share a quota of bytes."""

import errno
from pathlib import Path

import apsw


class QuotaVfs(apsw.VFS):
    """The files of one directory may occupy `room` bytes together; more fails as on a full disk."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.name = f"quota-{directory}"
        self.room = 1 << 40
        self.refusals = 0
        super().__init__(self.name, base="")

    def xOpen(self, name, flags):
        return _File(self, name, flags)

    def used(self) -> int:
        """Bytes of the database, its log and the ballast."""
        return sum(path.stat().st_size for path in self.directory.iterdir() if not path.name.endswith("-shm"))

    def fits(self, more: int) -> bool:
        fits = more <= 0 or self.used() + more <= self.room
        self.refusals += not fits
        return fits

    def allocate(self, path: Path, size: int) -> None:
        """Allocate the ballast."""
        if not self.fits(size):
            raise OSError(errno.ENOSPC, "no room")
        path.write_bytes(bytes(size))


class _File(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        self.vfs = vfs

    def xWrite(self, data, offset):
        if not self.vfs.fits(offset + len(data) - self.xFileSize()):
            raise apsw.FullError("no room")
        super().xWrite(data, offset)
