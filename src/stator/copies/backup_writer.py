"""Writing a backup file: under another name until it is whole and on the disk.

Packing and writing go on in a helper thread, where both let the event loop run. A file that was not finished
is never found under its name, and the next attempt writes over it.
"""

import asyncio
import contextlib
import os
import zlib
from collections.abc import AsyncIterator
from hashlib import sha256
from pathlib import Path
from typing import IO, Final

from stator.base.durable import publish
from stator.copies import backup_format as form
from stator.copies.backup_format import Footer, Frame
from stator.copies.backup_header import Header, encode
from stator.tables import stored

_BLOCK_BYTES: Final = 256 * 1024
_LEVEL: Final = 1  # JSON shrinks to about a third at once, and to little less with four times the work
PRIVATE: Final = 0o600


def partial_path(path: Path) -> Path:
    """Where a file lies until it is whole: hidden, beside its place, and no backup by its name."""
    return path.with_name(f".{path.name}.partial")


async def write(path: Path, header: Header, batches: AsyncIterator[list[bytes]]) -> Footer:
    """Write a backup of items in stored form to `path`, durably and at once. Raises OSError.

    If it is stopped or fails, nothing is at `path`.
    """
    partial = partial_path(path)
    writer = await asyncio.to_thread(_Writer, partial, header)
    try:
        async for batch in batches:
            if writer.add(batch):
                await asyncio.to_thread(writer.flush)
        footer = await asyncio.to_thread(writer.finish)
        await asyncio.to_thread(publish, partial, path)
    except BaseException:
        writer.abandon()
        raise
    return footer


class _Writer:
    """A file in the making."""

    def __init__(self, path: Path, header: Header) -> None:
        path.unlink(missing_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE)
        self._file: IO[bytes] = os.fdopen(descriptor, "wb")
        self._path = path
        self._digest = sha256()
        self._length = 0
        self._number = 0
        self._check = form.START
        self._lines: list[bytes] = []
        self._waiting = 0
        self._items = 0
        self._bytes = 0
        document = encode(header)
        self._put(form.START)
        self._put_frame(form.HEADER, 0, len(document), document)

    def add(self, batch: list[bytes]) -> bool:
        """Take items in stored form; whether they should be flushed now."""
        for value in batch:
            json = stored.json_of(value)
            self._lines.append(json)
            self._waiting += len(json) + 1
            self._bytes += stored.size_of(value)
        return self._waiting >= _BLOCK_BYTES

    def flush(self) -> None:
        """Write what was taken, as blocks."""
        lines, self._lines, self._waiting = self._lines, [], 0
        block: list[bytes] = []
        size = 0
        for line in lines:
            block.append(line)
            size += len(line) + 1
            if size >= _BLOCK_BYTES:
                self._put_block(block, size)
                block, size = [], 0
        if block:
            self._put_block(block, size)

    def finish(self) -> Footer:
        """Write the rest and the footer, and wait until all is on the disk."""
        self.flush()
        length = self._length + form.FOOTER_BYTES
        footer = Footer(self._number, self._items, self._bytes, length)
        self._digest.update(footer.before_digest())
        footer = footer._replace(digest=self._digest.digest())
        self._file.write(footer.pack())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        return footer

    def abandon(self) -> None:
        """Leave nothing behind."""
        with contextlib.suppress(OSError):  # What was not written yet may still have no room.
            self._file.close()
        self._path.unlink(missing_ok=True)

    def _put_block(self, lines: list[bytes], size: int) -> None:
        self._items += len(lines)
        self._put_frame(form.BLOCK, len(lines), size, zlib.compress(b"\n".join(lines) + b"\n", _LEVEL))

    def _put_frame(self, kind: bytes, items: int, raw: int, payload: bytes) -> None:
        head = Frame(kind, self._number, items, raw, len(payload)).pack()
        self._number += 1
        self._check = form.check(self._check, head, payload)
        for part in (head, payload, self._check):
            self._put(part)

    def _put(self, part: bytes) -> None:
        self._file.write(part)
        self._digest.update(part)
        self._length += len(part)
