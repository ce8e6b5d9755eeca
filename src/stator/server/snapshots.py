"""Copies of the data of a running server, for `stator snapshot create`.

    POST    /_stator/snapshots    begins one (`Wanted` as JSON): {"data": ..., "bytes": ...}
    GET     /_stator/snapshots    how far it is: {"data": ..., "state": ..., "copied": ..., "total": ...}
    DELETE  /_stator/snapshots    gives it up: {"state": ...}

The server makes the file, and whoever asked makes a snapshot of it: it asks again and again, and a copy that
nobody asks about any more is given up. The server writes only into a new directory that a program of its own
user has made for it, where nobody else can put another one in its place.
"""

import asyncio
import os
import stat
from pathlib import Path
from typing import Any, Final, Literal

import msgspec

from stator.base.errors import StorageError
from stator.storage.engine import Copyable
from stator.storage.open import DATABASE

PATIENCE_SECONDS: Final = 60.0  # without a question, until a copy is given up

State = Literal["none", "copying", "done", "failed"]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A copy in `directory`, which is new and empty; with `data`, only if that is the data directory."""

    directory: str
    data: str | None = None


class Refused(Exception):
    """No copy is made; the text says why, for whoever asked."""


class Snapshots:
    """One copy at a time. `data` is the data directory, None if the data are kept in memory."""

    def __init__(self, engine: object, data: Path | None) -> None:
        self._engine = engine
        self._data = data
        self._state: State = "none"
        self._message = ""
        self._pages = (0, 0)
        self._asked = 0.0
        self._task: asyncio.Task[None] | None = None

    def begin(self, body: bytes) -> dict[str, Any]:
        """Begin a copy. Raises Refused."""
        try:
            wanted = msgspec.json.decode(body, type=Wanted)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise Refused(str(error)) from None
        engine = self._engine
        if self._data is None or not isinstance(engine, Copyable):
            raise Refused("the server keeps its data in memory, so there is nothing to copy")
        if wanted.data is not None and Path(wanted.data) != self._data:
            raise Refused(f"the server has other data, in {self._data}")
        if self._task is not None and not self._task.done():
            raise Refused("the server is making a copy already")
        directory = Path(wanted.directory)
        size = (self._data / DATABASE).stat().st_size
        _check(directory, size)
        self._state, self._message, self._pages = "copying", "", (0, 0)
        self._asked = asyncio.get_running_loop().time()
        self._task = asyncio.ensure_future(self._copy(engine, directory / DATABASE))
        return {"data": str(self._data), "bytes": size}

    def status(self) -> dict[str, Any]:
        """How far the last copy is."""
        self._asked = asyncio.get_running_loop().time()
        copied, total = self._pages
        return {
            "data": None if self._data is None else str(self._data),
            "state": self._state,
            "message": self._message,
            "copied": copied,
            "total": total,
        }

    def give_up(self) -> dict[str, Any]:
        """End the copy that is being made, if there is one."""
        if self._task is not None:
            self._task.cancel()
        return {"state": self._state}

    async def _copy(self, engine: Copyable, target: Path) -> None:
        try:
            await engine.copy(target, self._progress)
            self._state = "done"
        except (StorageError, OSError) as error:
            self._state, self._message = "failed", str(error)
        except asyncio.CancelledError:
            self._state, self._message = "failed", "the copy was given up"
            raise

    def _progress(self, copied: int, total: int) -> None:
        self._pages = (copied, total)
        if asyncio.get_running_loop().time() - self._asked > PATIENCE_SECONDS:
            raise StorageError("nobody asked for the copy any more")


def _check(directory: Path, size: int) -> None:
    """Raise Refused unless a file of `size` bytes may and can be made in `directory`."""
    try:
        if not directory.is_absolute() or directory != directory.resolve(strict=True):
            raise Refused(f"{directory} is not the real path of a directory")
        if any(directory.iterdir()) or directory.stat().st_uid != os.geteuid():
            raise Refused(f"{directory} must be empty, and belong to the user that the server runs as")
        for place in (directory, *directory.parents):
            if not _is_guarded(place.stat()):
                raise Refused(f"other users can put something else in the place of {place}")
        room = os.statvfs(directory)
        if room.f_bavail * room.f_frsize < size:
            raise Refused(f"there is no room for {size} bytes in {directory}")
    except OSError as error:
        raise Refused(f"{directory} cannot be used: {error.strerror}") from None


def _is_guarded(place: os.stat_result) -> bool:
    """Whether only this user and the administrator can rename what is in a directory that is theirs."""
    open_to_all = place.st_mode & stat.S_IWOTH and not place.st_mode & stat.S_ISVTX
    return place.st_uid in (0, os.geteuid()) and not open_to_all
