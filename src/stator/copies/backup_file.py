"""Reading a backup file: as a stream, from one frame to the next, and nothing that is torn or altered.

`summary` reads both ends, which tells a torn file; `read` checks every block before it hands out its items,
and the digest of the whole file at its end; `verify` does so without anybody who takes the items.
"""

import asyncio
import contextlib
import os
import zlib
from collections.abc import AsyncIterator, Generator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from stator.copies import backup_format as form
from stator.copies.backup_format import Footer, Frame
from stator.copies.backup_header import Header, decode
from stator.tables import stored
from stator.values.attribute import Item, normalise_item

_decode_item = msgspec.json.Decoder(dict[str, dict[str, object]]).decode


class BackupDamaged(Exception):
    """A file that is no whole backup; the text says which file, where in it, and which check it failed."""

    def __init__(self, path: Path, where: str, problem: str) -> None:
        super().__init__(f"{path.name} is damaged: {where}: {problem}")
        self.path = path


class BackupUnknown(BackupDamaged):
    """A file that is no backup at all, or one of a version that this Stator does not know."""

    def __init__(self, path: Path, problem: str) -> None:
        Exception.__init__(self, f"{path.name} {problem}")
        self.path = path


class Summary(NamedTuple):
    """What both ends of a file say of it."""

    path: Path
    header: Header
    footer: Footer


class Backup(NamedTuple):
    """A backup that is being read."""

    path: Path
    header: Header
    footer: Footer

    async def batches(self) -> AsyncIterator[list[bytes]]:
        """The items in stored form, block by block. Raises BackupDamaged and OSError.

        Whoever takes them has a whole backup only when this has come to its end without raising.
        """
        blocks = _blocks(self.path)
        try:
            while (lines := await asyncio.to_thread(next, blocks, None)) is not None:
                number, items = lines
                yield [stored.pack(*_item(self, number, line)) for line in items]
        finally:
            with contextlib.suppress(ValueError):  # Who is cancelled has left a thread in it, which ends it.
                blocks.close()


def read(path: Path) -> Backup:
    """Open a backup. Raises BackupDamaged and OSError."""
    return Backup(*summary(path))


def summary(path: Path) -> Summary:
    """What both ends of a file say; cheap, and remembered until the file changes.

    Raises BackupDamaged and OSError.
    """
    status = path.stat()
    return _summary(path, status.st_ino, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=4096)
def _summary(path: Path, _inode: int, size: int, _changed: int) -> Summary:
    with path.open("rb") as file:
        header, _ = _header(path, _Source(path, file))
        file.seek(max(0, size - form.FOOTER_BYTES))
        footer = Footer.unpack(file.read())
    if footer is None:
        raise BackupDamaged(path, "end", "there is no footer: it is torn, or was never finished")
    if footer.length != size:
        raise BackupDamaged(path, "footer", f"the file has {size} bytes, and should have {footer.length}")
    return Summary(path, header, footer)


def verify(path: Path) -> Summary:
    """Read all of a file and check it. Raises BackupDamaged and OSError."""
    found = summary(path)
    backup = Backup(*found)
    for number, lines in _blocks(path):
        for line in lines:
            _item(backup, number, line)
    return found


class _Source:
    """A file that is read from its beginning, with the digest of what has been read."""

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self.digest = sha256()
        self.position = 0

    def take(self, size: int, where: str) -> bytes:
        """The next `size` bytes."""
        taken = self._file.read(size)
        if len(taken) != size:
            raise BackupDamaged(self._path, where, "the file ends in the middle of it")
        self.digest.update(taken)
        self.position += size
        return taken


def _header(path: Path, source: _Source) -> tuple[Header, bytes]:
    """The header, and its check."""
    start = source.take(len(form.START), "opening")
    if start[: len(form.OPENING)] != form.OPENING:
        raise BackupUnknown(path, "is no backup of Stator's")
    version = int.from_bytes(start[len(form.OPENING) :], "big")
    if version != form.VERSION:
        raise BackupUnknown(path, f"is of version {version} of the format, which this Stator does not know")
    frame, payload, check = _frame(path, source, form.START, 0, form.HEADER)
    if frame.kind != form.HEADER or frame.raw != frame.length:
        raise BackupDamaged(path, "header", "it does not say what a header says")
    try:
        return decode(payload), check
    except (ValueError, msgspec.DecodeError) as error:
        raise BackupUnknown(path, f"has a header that this Stator does not know: {error}") from None


def _frame(
    path: Path, source: _Source, before: bytes, number: int, kind: bytes, head: bytes = b""
) -> tuple[Frame, bytes, bytes]:
    """A frame, its payload as it lies there, and its check."""
    where = f"block {number}" if number else "header"
    head += source.take(form.FRAME_HEAD_BYTES - len(head), where)
    frame = Frame.unpack(head)
    if frame.kind != kind or frame.number != number:
        raise BackupDamaged(path, where, "another one stands in its place")
    if max(frame.length, frame.raw) > form.BLOCK_BYTES_MAX:
        raise BackupDamaged(path, where, "it claims to be longer than one may be")
    payload = source.take(frame.length, where)
    check = source.take(form.CHECK_BYTES, where)
    if check != form.check(before, head, payload):
        raise BackupDamaged(path, where, "its check does not match")
    return frame, payload, check


def _blocks(path: Path) -> Generator[tuple[int, list[bytes]], None, None]:
    """The blocks by number, as lines; raises BackupDamaged at the first that is not as it was written."""
    with path.open("rb") as file:
        source = _Source(path, file)
        _, check = _header(path, source)
        items = 0
        number = 1
        while (kind := source.take(1, f"block {number}")) == form.BLOCK:
            frame, payload, check = _frame(path, source, check, number, form.BLOCK, kind)
            lines = _lines(path, frame, payload)
            items += len(lines)
            yield number, lines
            number += 1
        _check_footer(path, file, source, kind, Footer(number, items, 0, 0))


def _lines(path: Path, frame: Frame, payload: bytes) -> list[bytes]:
    where = f"block {frame.number}"
    unpacker = zlib.decompressobj()
    try:
        raw = unpacker.decompress(payload, frame.raw + 1)
    except zlib.error as error:
        raise BackupDamaged(path, where, f"it cannot be unpacked: {error}") from None
    lines = raw.split(b"\n")
    if len(raw) != frame.raw or not unpacker.eof or lines.pop() or len(lines) != frame.items:
        raise BackupDamaged(path, where, "it does not hold what it says")
    return lines


def _check_footer(path: Path, file: IO[bytes], source: _Source, kind: bytes, counted: Footer) -> None:
    """Check the footer, of which the first byte has been read, against what was counted."""
    rest = file.read(form.FOOTER_BYTES)
    footer = Footer.unpack(kind + rest)
    if footer is None:
        raise BackupDamaged(path, f"block {counted.number}", "it is neither a block nor the footer")
    source.digest.update(footer.before_digest()[1:])
    if footer.digest != source.digest.digest():
        raise BackupDamaged(path, "footer", "the digest of the whole file does not match")
    if footer[:2] != counted[:2] or footer.length != os.fstat(file.fileno()).st_size:
        raise BackupDamaged(path, "footer", "it does not say what the file holds")


def _item(backup: Backup, number: int, line: bytes) -> tuple[Item, int]:
    """An item, normalised, and its size; it has the key attributes of its table."""
    table = backup.header.table
    try:
        item: Item = _decode_item(line)
        size = normalise_item(item)
        for name in table.keys.names:
            _ = item[name][table.attributes[name]]
    except Exception as error:  # Whatever is wrong with it: these bytes were handed to us by anybody.
        raise BackupDamaged(backup.path, f"block {number}", f"it holds no item: {error!r}") from None
    return item, size
