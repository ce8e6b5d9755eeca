"""SQLite's errors in the store's terms."""

import apsw

from stator.base.errors import StorageCorrupt, StorageError, StorageFull

_FAMILIES: tuple[tuple[type[apsw.Error], type[StorageError]], ...] = (
    (apsw.FullError, StorageFull),
    (apsw.CorruptError, StorageCorrupt),
    (apsw.NotADBError, StorageCorrupt),
)


def storage_error(error: BaseException) -> StorageError:
    """The StorageError that says what `error`, raised by APSW, means to a caller."""
    if isinstance(error, StorageError):
        return error
    for theirs, ours in _FAMILIES:
        if isinstance(error, theirs):
            return ours(str(error))
    return StorageError(f"{type(error).__name__}: {error}")
