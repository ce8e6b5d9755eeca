"""Buckets as folders: `ROOT/bucket/a/b.json` is the object `a/b.json` of a bucket.

A name never leads out of its bucket: every folder on the way is opened relative to the one before it, and a
symbolic link is not followed. An object appears whole: its bytes are written beside it under a name that no
listing shows, synced, and renamed; so is the folder. After a stop in the middle, the next upload of the same
key replaces what was left, or `delete` removes it.
"""

import hashlib
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Final, cast

from stator.copies.places import (
    ACCESS_DENIED,
    AS_BUCKET,
    INTERNAL,
    NO_SUCH_BUCKET,
    NO_SUCH_KEY,
    Bucket,
    Encryption,
    Object,
    PlaceError,
    Upload,
    place_error,
)

_UPLOAD: Final = ".stator-upload-"
_FOLDER: Final = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_READ: Final = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_WRITE: Final = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
_FOLDER_MODE: Final = 0o700
_FILE_MODE: Final = 0o600
_NAME_BYTES_MAX: Final = 255 - len(_UPLOAD)


class FolderBuckets:
    """The folders in `root`, which need not be there yet; all belong to `account`."""

    def __init__(self, root: Path, account: str) -> None:
        self._root = root
        self._account = account

    def bucket(self, name: str, owner: str | None) -> Bucket:
        """As `Buckets.bucket`: there is one if there is a folder of that name."""
        if owner is not None and owner != self._account:
            raise place_error(ACCESS_DENIED)
        if name in ("", ".", "..") or "/" in name or "\0" in name:
            raise place_error(NO_SUCH_BUCKET)
        bucket = _FolderBucket(self._root / name)
        with _errors(NO_SUCH_BUCKET), bucket.folder(()):
            return bucket


class _FolderBucket:
    """One bucket, at `path`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def list(self, prefix: str) -> list[Object]:
        """As `Bucket.list`. Symbolic links, and names that are no text, are no objects."""
        # Only folders whose path is on the way to the prefix, or behind it, can have such keys.
        with _errors(NO_SUCH_BUCKET), self.folder(()) as folder:
            found = list(_walk(folder, "", prefix))
        return sorted(found, key=lambda entry: entry.key.encode())

    def open(self, key: str) -> BinaryIO:
        """As `Bucket.open`."""
        *parts, name = _parts(key)
        with _errors(NO_SUCH_KEY), self.folder(parts) as folder:
            descriptor = os.open(name, _READ, dir_fd=folder)
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                os.close(descriptor)
                raise place_error(NO_SUCH_KEY)
            return cast(BinaryIO, os.fdopen(descriptor, "rb"))

    def upload(self, key: str, encryption: Encryption = AS_BUCKET) -> Upload:
        """As `Bucket.upload`. A folder encrypts nothing by itself, whatever is asked for."""
        *parts, name = _parts(key)
        with _errors(NO_SUCH_BUCKET), self.folder(parts, make=True) as folder:
            descriptor = os.open(_UPLOAD + name, _WRITE, _FILE_MODE, dir_fd=folder)
            return _FolderUpload(os.dup(folder), name, descriptor)

    def delete(self, keys: Iterable[str]) -> None:
        """As `Bucket.delete`. Folders stay."""
        for key in keys:
            *parts, name = _parts(key)
            with suppress(FileNotFoundError), self.folder(parts) as folder:
                for each in (name, _UPLOAD + name):
                    with suppress(FileNotFoundError), _errors(INTERNAL, absent=False):
                        os.unlink(each, dir_fd=folder)

    @contextmanager
    def folder(self, parts: Iterable[str], *, make: bool = False) -> Iterator[int]:
        """The open folder at `parts` below the bucket, made if need be. Raises OSError."""
        descriptor = os.open(self._path, _FOLDER)
        try:
            for part in parts:
                if make:
                    _make_folder(part, descriptor)
                below = os.open(part, _FOLDER, dir_fd=descriptor)
                os.close(descriptor)
                descriptor = below
            yield descriptor
        finally:
            os.close(descriptor)


class _FolderUpload:
    """A file under its upload name, in an open folder."""

    def __init__(self, folder: int, name: str, descriptor: int) -> None:
        self._folder = folder
        self._name = name
        self._file = os.fdopen(descriptor, "wb", buffering=256 * 1024)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self.stream = cast(BinaryIO, self)

    def write(self, data: Any) -> int:
        """Take bytes of the object."""
        self._md5.update(data)
        return self._file.write(data)

    def commit(self) -> str:
        """As `Upload.commit`; the ETag is the MD5, as that of an object put in one piece."""
        try:
            with _errors(INTERNAL):
                with self._file:
                    self._file.flush()
                    os.fsync(self._file.fileno())
                os.rename(_UPLOAD + self._name, self._name, src_dir_fd=self._folder, dst_dir_fd=self._folder)
                os.fsync(self._folder)
        except PlaceError:
            self._remove()
            raise
        finally:
            os.close(self._folder)
        return self._md5.hexdigest()

    def abort(self) -> None:
        """As `Upload.abort`."""
        with suppress(OSError):
            self._file.close()
        self._remove()
        os.close(self._folder)

    def _remove(self) -> None:
        with suppress(OSError):
            os.unlink(_UPLOAD + self._name, dir_fd=self._folder)


def _make_folder(name: str, parent: int) -> None:
    try:
        os.mkdir(name, _FOLDER_MODE, dir_fd=parent)
    except FileExistsError:
        return
    os.fsync(parent)


def _parts(key: str) -> list[str]:
    """The folders and the name of a key. Raises PlaceError for a key that no file can have."""
    parts = key.split("/")
    for part in parts:
        if part in ("", ".", "..") or "\0" in part or part.startswith(_UPLOAD):
            raise place_error("KeyNotSupported", f"A folder cannot hold an object of the key {key}")
        if len(part.encode(errors="surrogatepass")) > _NAME_BYTES_MAX:
            raise place_error("KeyTooLongError", "Your key is too long")
    return parts


def _walk(folder: int, path: str, prefix: str) -> Iterator[Object]:
    """The objects below an open folder, whose keys begin with `path`."""
    with os.scandir(folder) as entries:
        for entry in entries:
            key = path + entry.name
            if entry.is_dir(follow_symlinks=False):
                inside = key + "/"
                if inside.startswith(prefix) or prefix.startswith(inside):
                    with suppress(FileNotFoundError), _opened(entry.name, folder) as below:
                        yield from _walk(below, inside, prefix)
            elif entry.is_file(follow_symlinks=False) and _is_object(key, prefix):
                with suppress(FileNotFoundError):
                    yield Object(key, entry.stat(follow_symlinks=False).st_size)


def _is_object(key: str, prefix: str) -> bool:
    name = key.rpartition("/")[2]
    return key.startswith(prefix) and not name.startswith(_UPLOAD) and key.isprintable()


@contextmanager
def _opened(name: str, folder: int) -> Iterator[int]:
    descriptor = os.open(name, _FOLDER, dir_fd=folder)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _errors(missing: str, *, absent: bool = True) -> Iterator[None]:
    """What the system refuses, as S3 would say it; `missing` is the code for what is not there."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError):
        if not absent:
            raise
        raise place_error(missing) from None
    except PermissionError:
        raise place_error(ACCESS_DENIED) from None
    except OSError as error:
        # A symbolic link on the way ends here too (ELOOP).
        raise place_error(INTERNAL, error.strerror or str(error)) from None
