r"""Every space and every kind of key that the database writes, in one place.

    space 0   catalog    b"I"                      the database's identity: its secret
                         b"N"                      the next space id to give out
                         b"T" name                 a table's definition
                         b"A" table id             a deleted table's, while it is still being copied
    space 1   counters   b"d" commit id            what one commit added, a list of [space, items, bytes]
                         b"t" space id             the sum of what was folded, [items, bytes]
    space 2   jobs       b"b" space id             how far the back-fill of an index or of expiries has come
                         b"c" id                   a copy of a table that is being made
                         b"e" name                 a table whose items expire
                         b"g" name                 a deleted table whose definition is to be removed
    space 3   tokens     period token              when a transaction ended, and the digest of its request
    space 4   streams    b"s" table 00 label       a stream: its log and its shards
                         b"t" log                  a change log: its table, and what has been trimmed from it
    space 5   copies     kind 00 id                a backup, an export, an import: what Describe* shows of it
    space 6   metrics    see `stator.monitoring.metrics.store`
    space 7   alarms     see `stator.monitoring.alarms.store`
    space 8   scaling    see `stator.monitoring.scaling.store`
    16 …      a table    partition sort            an item
              an index   partition sort… item key  an index entry
              a log      transaction ordinal       a changed item
              expiries   second item key           nothing: when an item expires
              sizes      partition                 the bytes of an item collection

`partition` is a keyed digest of 16 bytes, so that a scan walks in an order that spreads and that nobody can
steer, and a segment of a parallel scan is a slice of the digests. `sort` is the sort key's ordered code
(`stator.values.keycode`), which ends itself. Space ids are never used twice.
"""

from hashlib import blake2b
from typing import Final

CATALOG: Final = 0
COUNTERS: Final = 1
JOBS: Final = 2
TOKENS: Final = 3
STREAMS: Final = 4
COPIES: Final = 5
METRICS: Final = 6
ALARMS: Final = 7
SCALING: Final = 8
FIRST_TABLE_SPACE: Final = 16

IDENTITY: Final = b"I"
NEXT_SPACE: Final = b"N"

PARTITION_BYTES: Final = 16
_PARTITIONS: Final = 1 << (8 * PARTITION_BYTES)


def table_key(name: str) -> bytes:
    """The catalog key of a table's definition."""
    return b"T" + name.encode()


def table_name(key: bytes) -> str:
    """The table that a catalog key names."""
    return key[1:].decode()


TABLES_START: Final = b"T"
TABLES_END: Final = b"U"


def aside_key(table_id: str) -> bytes:
    """The catalog key of a deleted table that is still being copied."""
    return b"A" + table_id.encode()


ASIDE_START: Final = b"A"
ASIDE_END: Final = b"B"


def delta_key(commit: int) -> bytes:
    """The counter key of what one commit added."""
    return b"d" + commit.to_bytes(8, "big")


TOTALS_START: Final = b"t"
TOTALS_END: Final = b"u"
DELTAS_START: Final = b"d"
DELTAS_END: Final = b"e"


def total_key(space: int) -> bytes:
    """The counter key of a space's folded sum."""
    return b"t" + space.to_bytes(8, "big")


def total_space(key: bytes) -> int:
    """The space that a sum's key names."""
    return int.from_bytes(key[1:], "big")


def stream_key(table: str, label: str) -> bytes:
    """The key of a stream."""
    return b"s%b\0%b" % (table.encode(), label.encode())


def streams_of(table: str) -> tuple[bytes, bytes]:
    """The range of the keys of a table's streams."""
    prefix = b"s%b" % table.encode()
    return prefix + b"\0", prefix + b"\1"


STREAMS_START: Final = b"s"
STREAMS_END: Final = b"t"


def log_row_key(log: int) -> bytes:
    """The key of what is kept of a change log."""
    return b"t" + log.to_bytes(8, "big")


def log_row_space(key: bytes) -> int:
    """The change log that such a key names."""
    return int.from_bytes(key[1:], "big")


LOGS_START: Final = b"t"
LOGS_END: Final = b"u"


def backfill_key(space: int) -> bytes:
    """The job key of a space's back-fill."""
    return b"b" + space.to_bytes(8, "big")


BACKFILLS_START: Final = b"b"
BACKFILLS_END: Final = b"c"


def copy_key(job: str) -> bytes:
    """The job key of a copy that is being made."""
    return b"c" + job.encode()


def copy_id(key: bytes) -> str:
    """The id of the copy that such a key names."""
    return key[1:].decode()


COPY_JOBS_START: Final = b"c"
COPY_JOBS_END: Final = b"d"


def expiry_row(name: str) -> bytes:
    """The job key of a table whose items expire."""
    return b"e" + name.encode()


def expiry_name(key: bytes) -> str:
    """The table that such a key names."""
    return key[1:].decode()


EXPIRIES_START: Final = b"e"
EXPIRIES_END: Final = b"f"


def removal_key(name: str) -> bytes:
    """The job key of a deleted table."""
    return b"g" + name.encode()


def removal_name(key: bytes) -> str:
    """The table that a removal's key names."""
    return key[1:].decode()


REMOVALS_START: Final = b"g"
REMOVALS_END: Final = b"h"


def copy_records(kind: str) -> tuple[bytes, bytes]:
    """The range of the keys of what is kept of a kind of copies; the id follows the range's start."""
    prefix = kind.encode()
    return prefix + b"\0", prefix + b"\1"


def copy_record_key(kind: str, copy: str) -> bytes:
    """The key of what is kept of a copy, by its id."""
    return copy_records(kind)[0] + copy.encode()


def token_key(period: int, token: str) -> bytes:
    """The key of a transaction's token, after all those of earlier periods."""
    return period.to_bytes(8, "big") + token.encode()


class Partitions:
    """Digests of partition keys under the database's secret (16 bytes, kept in the catalog for ever)."""

    __slots__ = ("_seeded",)

    def __init__(self, secret: bytes) -> None:
        self._seeded = blake2b(key=secret, digest_size=PARTITION_BYTES)

    def digest(self, code: bytes) -> bytes:
        """The partition of a key whose typed ordered codes, joined, are `code`."""
        hasher = self._seeded.copy()
        hasher.update(code)
        return hasher.digest()


def segment(number: int, total: int) -> tuple[bytes, bytes | None]:
    """The slice of partitions that is segment `number` of `total`: start, and end (None: the last)."""
    start = -(-number * _PARTITIONS // total)
    end = -(-(number + 1) * _PARTITIONS // total)
    return start.to_bytes(PARTITION_BYTES, "big"), (
        end.to_bytes(PARTITION_BYTES, "big") if end < _PARTITIONS else None
    )
