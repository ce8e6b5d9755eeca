"""The state of a transfer, in a small file, so that a run that was broken off goes on where it stopped.

The file is replaced as a whole and is on the disk before anything builds on it. What it says is true of the
files and tables that it speaks of: it may say less than was done, never more.
"""

from pathlib import Path
from typing import TypeVar

import msgspec

from stator.base import durable
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
    durable.write(path, msgspec.json.encode(state))
