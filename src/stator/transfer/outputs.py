"""The files that an export writes, so that a run that was killed goes on where its state says.

A file grows by whole pages of a scan. At a mark, what is there is on the disk, and its compressed stream has
ended: gzip and zstd files may be several streams in a row. What follows the last mark is cut off by the next
run.
"""

import os
from pathlib import Path
from typing import BinaryIO

import msgspec

from stator.formats.compression import writer
from stator.transfer.endpoint import TransferError


class Mark(msgspec.Struct):
    """A file's name, and up to where it is whole: bytes, and items in them."""

    name: str
    bytes: int = 0
    items: int = 0


class Output:
    """A file that is being written, from its mark on.

    Raises OSError, TransferError if the file is shorter than its mark, and MissingExtra for its compression.
    """

    def __init__(self, path: Path, mark: Mark, compression: str, header: bytes = b"") -> None:
        self.path = path
        self.mark = mark
        self._compression = compression
        self._items = mark.items
        self._stream: BinaryIO | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), "r+b")
        if os.fstat(self._file.fileno()).st_size < mark.bytes:
            self._file.close()
            raise TransferError(f"{path} is not what an earlier run left; delete its state to start anew")
        self._file.truncate(mark.bytes)
        self._file.seek(mark.bytes)
        if header and not mark.bytes:
            self.write(header, 0)

    def write(self, data: bytes, items: int) -> None:
        """Add some whole lines."""
        if self._stream is None:
            self._stream = writer(self._file, self._compression)
        self._stream.write(data)
        self._items += items

    def set_mark(self) -> None:
        """Make all of it durable, and move the mark to its end."""
        if self._stream is not None:
            self._stream.close()
            self._stream = None
        self._file.flush()
        os.fsync(self._file.fileno())
        self.mark.bytes, self.mark.items = self._file.tell(), self._items

    def close(self) -> None:
        """Let go of the file; what follows the mark is nothing."""
        self._file.close()
