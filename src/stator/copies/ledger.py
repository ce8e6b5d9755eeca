"""What is kept of exports, imports and bulk operations: one record each, under way or ended.

A record's id is the last part of its ARN and begins with its time, so the order of keys is that of age. It is
shown for 90 days, and goes when a later one is made. A token makes a repeated request harmless for 8 hours.
Source: the API reference of ListExports, ListImports, ListBulkOperations, and of ClientToken.
"""

from collections.abc import Iterator
from typing import Final, Generic, TypeVar

import msgspec
from msgspec import Struct

from stator.copies import jobs
from stator.storage.engine import Reader, Transaction
from stator.tables.keyspace import COPIES, copy_record_key, copy_records

KEPT_SECONDS: Final = 90 * 86_400
TOKEN_SECONDS: Final = 8 * 3_600
_ROWS: Final = 50
_FORGOTTEN_AT_ONCE: Final = 20

IN_PROGRESS: Final = "IN_PROGRESS"
COMPLETED: Final = "COMPLETED"
FAILED: Final = "FAILED"


class Record(Struct, kw_only=True, frozen=True, omit_defaults=True):
    """What all kinds have: times are seconds since the epoch, `request` tells requests of one token apart."""

    arn: str
    table_arn: str
    table: str
    table_id: str
    token: str
    request: str
    started: float
    ended: float | None = None
    status: str = IN_PROGRESS
    failure_code: str | None = None
    failure_message: str | None = None

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.arn.rpartition("/")[2]


RecordT = TypeVar("RecordT", bound=Record)


class Ledger(Generic[RecordT]):
    """The records of one kind of copies."""

    def __init__(self, kind: str, record: type[RecordT]) -> None:
        self.kind = kind
        self._start, self._end = copy_records(kind)
        self._decode = msgspec.json.Decoder(record).decode
        self._encode = msgspec.json.Encoder().encode

    def get(self, reader: Reader, copy_id: str) -> RecordT | None:
        """A record by its id."""
        row = reader.get(COPIES, copy_record_key(self.kind, copy_id))
        return None if row is None else self._decode(row)

    def put(self, transaction: Transaction, record: RecordT) -> None:
        """Keep a record, new or changed."""
        transaction.put(COPIES, copy_record_key(self.kind, record.id), self._encode(record))

    def newest_first(self, reader: Reader, before: str | None = None) -> Iterator[RecordT]:
        """The records from the newest to the oldest; only those older than the one of the id `before`."""
        end = self._end if before is None else copy_record_key(self.kind, before)
        while rows := reader.scan(COPIES, self._start, end, limit=_ROWS, reverse=True):
            for _, row in rows:
                yield self._decode(row)
            end = rows[-1][0]

    def by_token(self, reader: Reader, token: str, now: float) -> RecordT | None:
        """The record that a request with this token made and that the token still stands for."""
        for record in self.newest_first(reader):
            if record.started < now - TOKEN_SECONDS:
                return None
            if record.token == token:
                return record
        return None

    def under_way(self, reader: Reader) -> list[RecordT]:
        """The records that have not ended: those with a job."""
        rows = [row for row in jobs.unfinished(reader) if row.kind == self.kind]
        found = [self.get(reader, row.payload["id"]) for row in rows]
        return [record for record in found if record is not None]

    def forget_old(self, transaction: Transaction, now: float) -> None:
        """Remove some records that are not shown any more."""
        rows = transaction.scan(COPIES, self._start, self._end, limit=_FORGOTTEN_AT_ONCE)
        for key, row in rows:
            record = self._decode(row)
            if record.ended is not None and record.started < now - KEPT_SECONDS:
                transaction.delete(COPIES, key)
