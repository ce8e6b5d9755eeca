"""A snapshot on the disk: a copy of a database, and a manifest that says what it is.

    DIRECTORY/stator.db        the copy, without a log
    DIRECTORY/snapshot.json    written last: {"format", "stator", "created", "database": {"name", "format",
                               "bytes", "sha256"}}

A snapshot is made in a directory of another name, beside its own, and gets its name when all of it is on the
disk. So a directory with the name of a snapshot is one, whatever was killed and when. The same holds for a
data directory that is restored from one: its database gets its name last.
"""

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO, Final

import apsw

import stator
from stator.base.durable import sync
from stator.base.errors import StorageError
from stator.storage.open import BALLAST, DATABASE, LOCK, lock_directory
from stator.storage.sqlite.connection import FORMAT as DATABASE_FORMAT
from stator.storage.sqlite.connection import check_format, connect
from stator.storage.sqlite.copy import Copy

MANIFEST: Final = "snapshot.json"
FORMAT: Final = 1  # of the manifest; grows when an older Stator could not restore the snapshot
_RESTORING: Final = "stator.db.restoring"
_BLOCK_BYTES: Final = 1 << 20

Progress = Callable[[int, int], object]  # bytes or pages done, of how many


@dataclass(frozen=True, slots=True)
class DatabaseFile:
    """What a manifest says of the copy."""

    name: str
    format: int
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `snapshot.json` says. `created` is in UTC, such as 2026-01-31T12:00:00Z."""

    format: int
    stator: str
    created: str
    database: DatabaseFile


@contextmanager
def unfinished(directory: Path) -> Iterator[Path]:
    """A new directory beside `directory`, for what is to become it; deleted if that fails.

    Raises StorageError if `directory` is there, and OSError.
    """
    refuse_existing(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    place = Path(tempfile.mkdtemp(prefix=f"{directory.name}.", suffix=".unfinished", dir=directory.parent))
    try:
        yield place
    finally:
        if place.exists():  # it was not renamed
            for file in place.iterdir():
                file.unlink()
            place.rmdir()


def refuse_existing(directory: Path) -> None:
    """Raise StorageError if there is anything of that name."""
    if os.path.lexists(directory):
        raise StorageError(f"{directory} is there already; a snapshot gets a directory of its own")


@contextmanager
def stopped(data: Path) -> Iterator[Path]:
    """The database of a data directory, which no server uses meanwhile.

    Raises StorageError if there is none, or if a server uses it.
    """
    if not (data / DATABASE).is_file():
        raise StorageError(f"there is no database in {data}")
    lock = lock_directory(data)
    try:
        yield data / DATABASE
    finally:
        lock.release()


def copy_stopped(database: Path, target: Path, progress: Progress) -> None:
    """Copy a database that no server uses; it is left as it is. Raises StorageError and OSError."""
    source = connect(database)
    # What a server that was killed left in its log stays there; the copy has it.
    source.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    copy = Copy(source, target)
    try:
        check_format(source, database)
        while not copy.ended:
            copy.step()
            progress(copy.copied, copy.total)
    finally:
        copy.close()
        source.close()
    if copy.error is not None:
        raise copy.error
    sync(target)


def seal(place: Path, directory: Path, created: str, progress: Progress) -> Manifest:
    """Write the manifest of the copy in `place`, and let it become `directory`.

    Raises StorageError and OSError.
    """
    database = place / DATABASE
    size = database.stat().st_size
    with database.open("rb") as opened:
        digest = _digest(opened, size, progress)
    manifest = Manifest(
        FORMAT, stator.__version__, created, DatabaseFile(DATABASE, DATABASE_FORMAT, size, digest)
    )
    (place / MANIFEST).write_text(json.dumps(asdict(manifest), indent=2) + "\n")
    sync(place / MANIFEST)
    sync(place)
    refuse_existing(directory)
    place.rename(directory)
    sync(directory.parent)
    return manifest


def read_manifest(directory: Path) -> Manifest:
    """The manifest of a snapshot. Raises StorageError if there is none that this program understands."""
    path = directory / MANIFEST
    try:
        found = json.loads(path.read_bytes())
        if found["format"] > FORMAT or found["database"]["format"] > DATABASE_FORMAT:
            raise StorageError(f"{directory} was made by a newer Stator, {found['stator']}")
        manifest = Manifest(**found | {"database": DatabaseFile(**found["database"])})
        if manifest.database.name != DATABASE or int(manifest.database.bytes) < 0:
            raise ValueError("its database has another name")
    except FileNotFoundError:
        raise StorageError(f"{directory} is not a snapshot: it has no {MANIFEST}") from None
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise StorageError(f"{path} cannot be read: {error}") from None
    return manifest


def restore(directory: Path, data: Path, progress: Progress) -> Manifest:
    """Make the data directory `data` of a snapshot.

    `data` must be absent or empty; what an interrupted restore left there counts as nothing. Raises
    StorageError if it is not, or if the copy is not what its manifest says; and OSError.
    """
    manifest = read_manifest(directory)
    _refuse_used(data)
    lock = lock_directory(data)
    try:
        _refuse_used(data)  # since when it was first looked at, a server may have been there
        restoring = data / _RESTORING
        restoring.unlink(missing_ok=True)
        try:
            _copy_verified(directory, manifest.database, restoring, progress)
        except BaseException:
            restoring.unlink(missing_ok=True)
            raise
        restoring.rename(data / DATABASE)
        sync(data)
    finally:
        lock.release()
    return manifest


def _refuse_used(data: Path) -> None:
    if data.exists() and {entry.name for entry in data.iterdir()} - {LOCK, BALLAST, _RESTORING}:
        raise StorageError(f"{data} is not empty; a snapshot is restored to a new directory")


def _copy_verified(directory: Path, noted: DatabaseFile, target: Path, progress: Progress) -> None:
    with (directory / DATABASE).open("rb") as source, target.open("wb") as opened:
        target.chmod(0o600)
        size = os.fstat(source.fileno()).st_size
        if size != noted.bytes:
            raise StorageError(f"{directory} is torn: its database has {size} of {noted.bytes} bytes")
        if _digest(source, size, progress, opened) != noted.sha256:
            raise StorageError(f"{directory} is damaged: its database is not what its manifest says")
        opened.flush()
        os.fsync(opened.fileno())


def _digest(source: BinaryIO, size: int, progress: Progress, target: BinaryIO | None = None) -> str:
    """The SHA-256 of what is read, in hex; it is copied to `target`, if there is one."""
    digest = hashlib.sha256()
    done = 0
    while block := source.read(_BLOCK_BYTES):
        digest.update(block)
        if target is not None:
            target.write(block)
        done += len(block)
        progress(done, size)
    return digest.hexdigest()
