"""Files that are on the disk, whole, before anybody finds them under their names. All raise OSError."""

import os
from pathlib import Path


def sync(path: Path) -> None:
    """Make what was written to a file durable, or the names in a directory."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def publish(partial: Path, path: Path) -> None:
    """Give a finished file, whose bytes are on the disk, its name; it replaces what had that name."""
    partial.replace(path)
    sync(path.parent)


def write(path: Path, content: bytes) -> None:
    """Make or replace a file, at once and durably."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    publish(new, path)
