"""The object folder: descriptions that are too long for an item, each in a file of its own.

The item keeps the file's path in the folder. A file is written once, whole and durably, before an item names
it, and belongs to that one write; so nothing that is named is ever half there or something else's. One whose
write then failed, or that was being removed when the process died, is left over and harms nobody.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from services.common.errors import ServiceError
from services.common.time_ids import Ids

INLINE_BYTES_MAX: Final = 300 * 1024
_PATH: Final = re.compile(r"[0-9]+-[A-Za-z0-9-]+\.txt")


class DescriptionMissing(ServiceError):
    """An item names a file that is not there."""


class DescriptionFolder:
    """A folder, which is made when it is first needed."""

    def __init__(self, folder: Path, ids: Ids) -> None:
        self._folder, self._ids = folder, ids

    def is_for(self, text: str | None) -> bool:
        """Whether a description is too long for an item."""
        return text is not None and len(text.encode()) > INLINE_BYTES_MAX

    def write(self, product: int, text: str) -> str:
        """Keep a description; its path in the folder."""
        path = f"{product}-{self._ids.new()}.txt"
        self._folder.mkdir(parents=True, exist_ok=True)
        with (self._folder / path).open("xb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        _sync(self._folder)
        return path

    def read(self, path: str) -> str:
        """The description at a path. Raises DescriptionMissing."""
        try:
            return self._locate(path).read_bytes().decode()
        except FileNotFoundError:
            raise DescriptionMissing(f"The description at {path} is not there.") from None

    def remove(self, path: str | None) -> None:
        """Remove what is at a path, if anything is."""
        if path is not None:
            with suppress(FileNotFoundError, DescriptionMissing):
                self._locate(path).unlink()

    def _locate(self, path: str) -> Path:
        # An item may be anybody's; its path must not lead out of the folder.
        if not _PATH.fullmatch(path):
            raise DescriptionMissing(f"{path!r} is not the path of a description.")
        return self._folder / path


def _sync(directory: Path) -> None:
    """Make the names in a directory durable."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
