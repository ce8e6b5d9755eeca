"""A file system that loses power: an SQLite VFS that remembers what a disk may forget.

Writes go to real files. Beside that, per file, the VFS keeps what was *synced* and the list of changes
since. A power cut leaves the synced bytes, and of the changes since then any subset: a disk writes in the
order it likes, and sector by sector, so that one write may arrive in part. Directory entries are not
forgotten.
"""

import random
import threading
from pathlib import Path

import apsw

SECTOR_BYTES = 512


class _Disk:
    """What one file looks like to a disk that may lose power."""

    def __init__(self) -> None:
        self.synced = b""
        self.pending: list[tuple[int, bytes | None]] = []  # (offset, data), or (size, None): truncated

    def sync(self) -> None:
        self.synced = self.after([(change, None) for change in self.pending])
        self.pending.clear()

    def after(self, survivors: list[tuple[tuple[int, bytes | None], int | None]]) -> bytes:
        """The synced bytes with changes, of each all or a number of leading bytes."""
        content = bytearray(self.synced)
        for (offset, data), length in survivors:
            if data is None:
                del content[offset:]
                continue
            data = data[:length]
            if offset > len(content):
                content.extend(bytes(offset - len(content)))
            content[offset : offset + len(data)] = data
        return bytes(content)

    def forgetful(self, source: random.Random, kept: float) -> bytes:
        """After a power cut: each pending change is there with the probability `kept`, a few in part."""
        survivors: list[tuple[tuple[int, bytes | None], int | None]] = []
        for change in self.pending:
            if source.random() < kept:
                torn = source.random() < 0.2
                survivors.append((change, source.randrange(8) * SECTOR_BYTES if torn else None))
        return self.after(survivors)


class PowerVfs(apsw.VFS):
    """The VFS. `on_change` is called before every write and every sync, with the number of those so far."""

    def __init__(self, name: str) -> None:
        super().__init__(name, base="")
        self.name = name
        self.disks: dict[str, _Disk] = {}
        self.lock = threading.RLock()
        self.changes = 0
        self.on_change = lambda number: None

    def xOpen(self, name, flags):
        return _File(self, name, flags)

    def xDelete(self, filename, syncdir):
        super().xDelete(filename, syncdir)
        with self.lock:
            self.disks.pop(Path(filename).name, None)

    def sync(self, name: str) -> None:
        """Note that a file was synced past this VFS."""
        with self.lock:
            self.changed()
            self.disks[name].sync()

    def changed(self) -> None:
        self.changes += 1
        self.on_change(self.changes)

    def survivors(self, source: random.Random) -> dict[str, bytes]:
        """The files after a power cut now."""
        with self.lock:
            kept = source.choice((0.0, 0.5, 0.9, 1.0))
            return {name: disk.forgetful(source, kept) for name, disk in self.disks.items()}


class _File(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        self.vfs = vfs
        path = name if isinstance(name, str) else name.filename()
        self.disk = vfs.disks.setdefault(Path(path).name, _Disk())

    def xWrite(self, data, offset):
        with self.vfs.lock:
            self.vfs.changed()
            self.disk.pending.append((offset, bytes(data)))
            super().xWrite(data, offset)

    def xTruncate(self, newsize):
        with self.vfs.lock:
            self.vfs.changed()
            self.disk.pending.append((newsize, None))
            super().xTruncate(newsize)

    def xSync(self, flags):
        with self.vfs.lock:
            self.vfs.changed()
            super().xSync(flags)
            self.disk.sync()
