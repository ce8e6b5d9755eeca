"""The state of a transfer, in a small file, so that a run that was broken off goes on where it stopped.

The file is replaced as a whole and is on the disk before anything builds on it. What it says is true of the
files and tables that it speaks of: it may say less than was done, never more.
"""

import os
from pathlib import Path
from typing import TypeVar

import msgspec

from stator.transfer.endpoint import TransferError

T = TypeVar("T")


def load(path: Path, kind: type[T]) -> T | None:
    """The state of an earlier run; None if there is none. Raises TransferError if it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as error:
        raise TransferError(f"{path} cannot be read, delete it to start anew: {error}") from None


def save(path: Path, state: msgspec.Struct) -> None:
    """Replace the file, durably. Raises OSError."""
    new = path.with_name(path.name + ".new")
    with new.open("wb") as opened:
        opened.write(msgspec.json.encode(state))
        opened.flush()
        os.fsync(opened.fileno())
    new.replace(path)
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make the names in a directory durable. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
