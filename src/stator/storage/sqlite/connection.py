"""Opening the database: its settings, its one table, its format.

    kv(s, k, n, v)    space, key, number of the piece (see `chunks`), value

One table for all spaces, since a table per space would cost every connection a new parse of the schema
after each CREATE or DROP. The engine's own facts live in space -1.
"""

from pathlib import Path
from typing import Final

import apsw

from stator.base.errors import StorageError
from stator.storage.sqlite.chunks import PAGE_BYTES
from stator.storage.sqlite.errors import storage_error

FORMAT: Final = 1  # grows when an older Stator could not read the database any more
APPLICATION_ID: Final = 0x5354_4154  # "STAT", where `file` looks for it
SQLITE_VERSION_MIN: Final = (3, 51, 3)  # older ones may corrupt a database that several processes use
# Of the file, by connections that read: all of it, since a page that is not mapped is copied for every read.
# What is mapped is the system's cache, and takes nothing of the process's own memory.
MAPPED_BYTES: Final = 1 << 40
# Of pages, per connection: enough for the inner pages of a large database, and for what one batch changes.
# The rest is the operating system's, which keeps it for all processes and gives it back when it must.
CACHE_KIB: Final = 2 * 1024
WRITER_CACHE_KIB: Final = 8 * 1024
_SETUP_WAIT_MS: Final = 1_000  # for whoever recovers the log at the same time

_CREATE: Final = f"""
    create table kv(
        s integer not null, k blob not null, n integer not null, v not null, primary key (s, k, n)
    ) without rowid;
    pragma application_id={APPLICATION_ID};
    pragma user_version={FORMAT};
"""


def connect(
    path: Path,
    *,
    vfs: str | None = None,
    mapped: int = 0,
    synchronous: str = "normal",
    cache: int = CACHE_KIB,
) -> apsw.Connection:
    """A connection with the store's settings; the database may be new. Raises StorageError."""
    check_version()
    try:
        connection = apsw.Connection(str(path), vfs=vfs)
        connection.set_busy_timeout(_SETUP_WAIT_MS)
        connection.execute(
            f"pragma page_size={PAGE_BYTES}; pragma journal_mode=wal; pragma synchronous={synchronous};"
            f"pragma fullfsync=1; pragma checkpoint_fullfsync=1; pragma wal_autocheckpoint=0;"
            f"pragma mmap_size={mapped}; pragma cache_size=-{cache}; pragma temp_store=memory;"
        ).fetchall()
        connection.set_busy_timeout(0)
    except apsw.Error as error:
        raise storage_error(error) from error
    return connection


def create(connection: apsw.Connection, path: Path) -> None:
    """Make the table if the database is new, else check that it is ours. Raises StorageError."""
    try:
        with connection:
            if not connection.execute("select 1 from sqlite_schema limit 1").fetchall():
                connection.execute(_CREATE).fetchall()
        check_format(connection, path)
    except apsw.Error as error:
        raise storage_error(error) from error


def check_format(connection: apsw.Connection, path: Path) -> None:
    """Raise StorageError unless this program understands the database."""
    if connection.pragma("application_id") != APPLICATION_ID:
        raise StorageError(f"{path} is not a database of Stator")
    found = connection.pragma("user_version")
    if found > FORMAT:
        raise StorageError(
            f"{path} was written by a newer Stator: its format is {found}, this one knows {FORMAT}"
        )


def check_version() -> None:
    """Raise StorageError if the SQLite library is too old to be trusted."""
    found = apsw.sqlite_lib_version()
    if tuple(map(int, found.split("."))) < SQLITE_VERSION_MIN:
        wanted = ".".join(map(str, SQLITE_VERSION_MIN))
        raise StorageError(f"SQLite {wanted} or newer is needed, this is {found}")
