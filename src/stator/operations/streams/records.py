"""GetShardIterator and GetRecords: reading a shard from a position on.

A page of records is collected in slices, between which other requests are answered. Each slice looks its
shard up again: the shard may be closed meanwhile, and what follows its end belongs to its child.
"""

import asyncio
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from msgspec import Raw

from stator.base.errors import ApiError, validation
from stator.base.limits import STREAM_PAGE_BYTES_MAX, STREAM_RECORDS_MAX
from stator.model.requests import GetRecordsInput, GetShardIteratorInput
from stator.operations.registry import STREAMS, Call, Reply, operation
from stator.operations.streams import iterators
from stator.operations.streams.iterators import Iterator
from stator.operations.streams.streams import find_stream
from stator.operations.subjects import named_stream
from stator.storage.engine import Reader
from stator.tables import capture, change_log, stored, streams
from stator.tables.change_log import Change, position_of, sequence
from stator.tables.meter import RETURNED_BYTES, RETURNED_RECORDS, Meter, name_of
from stator.tables.streams import Shard, StreamRecord

_EVENT_ID_BYTES: Final = 16
_SLICE_RECORDS: Final = 100
_SLICE_BYTES: Final = 256 * 1024
_TRIMMED: Final = "The data you are trying to access has been trimmed"
# The names of members are the service model's; Lambda hands them to functions as `type` and `principalId`.
_SERVICE: Final = {"Type": "Service", "PrincipalId": "dynamodb.amazonaws.com"}


class _Place(NamedTuple):
    """A shard of a stream, as it is at a moment."""

    reader: Reader
    record: StreamRecord
    shard: Shard
    now: float

    @property
    def horizon(self) -> int:
        """The first position that may still be read."""
        return streams.horizon(self.reader, self.record, self.shard, self.now)

    @property
    def end(self) -> int:
        """The position behind all that is there."""
        return streams.next_position(self.reader, self.record, self.shard)

    def refuse_trimmed(self, position: int) -> None:
        """Refuse (ApiError) to read from a position where something is past its time."""
        if streams.is_trimmed(self.reader, self.record, self.shard, position, self.now):
            raise ApiError("TrimmedDataAccessException", _TRIMMED)


def _place(call: Call, arn: str, shard_id: str) -> _Place:
    """The shard of a stream; raises ApiError if there is no such stream or shard."""
    reader, now = call.database.engine.reader, call.database.clock.now()
    record = find_stream(call, reader, arn)
    for shard in streams.readable_shards(record, now):
        if shard.id == shard_id:
            return _Place(reader, record, shard, now)
    raise ApiError("ResourceNotFoundException", "Requested resource not found: Shard does not exist")


# Iterators.


@operation("GetShardIterator", access="read", service=STREAMS)
def get_shard_iterator(call: Call, request: GetShardIteratorInput) -> Reply:
    """An iterator that stands where the request says."""
    place = _place(call, request.StreamArn, request.ShardId)
    position = _START[request.ShardIteratorType](place, request)
    return {"ShardIterator": _iterator(call, request.StreamArn, request.ShardId, position)}


def _iterator(call: Call, arn: str, shard_id: str, position: int) -> str:
    iterator = Iterator(arn, shard_id, position, call.database.clock.now())
    return iterators.write(iterator, call.database.secret)


def _trim_horizon(place: _Place, _request: GetShardIteratorInput) -> int:
    return place.horizon


def _latest(place: _Place, _request: GetShardIteratorInput) -> int:
    return place.end


def _at_sequence(place: _Place, request: GetShardIteratorInput) -> int:
    if request.SequenceNumber is None:
        raise validation(f"SequenceNumber is required for ShardIteratorType {request.ShardIteratorType}")
    position = position_of(request.SequenceNumber)
    start = place.shard.start
    # What an empty shard is said to start with is a sequence number to start from.
    if position is None or not start <= position < max(place.end, start + 1):
        raise validation(
            f"Invalid SequenceNumber: {request.SequenceNumber} is not within the range of shard "
            f"{place.shard.id}"
        )
    place.refuse_trimmed(position)
    return position


def _after_sequence(place: _Place, request: GetShardIteratorInput) -> int:
    return _at_sequence(place, request) + 1


def _at_timestamp(place: _Place, request: GetShardIteratorInput) -> int:
    if request.Timestamp is None:
        raise validation("Timestamp is required for ShardIteratorType AT_TIMESTAMP")
    return change_log.seek(place.reader, place.record.log, place.horizon, place.end, request.Timestamp)


_START: Final[dict[str, Callable[[_Place, GetShardIteratorInput], int]]] = {
    "TRIM_HORIZON": _trim_horizon,
    "LATEST": _latest,
    "AT_SEQUENCE_NUMBER": _at_sequence,
    "AFTER_SEQUENCE_NUMBER": _after_sequence,
    "AT_TIMESTAMP": _at_timestamp,
}


# Records.


@operation("GetRecords", access="read", service=STREAMS)
def get_records(call: Call, request: GetRecordsInput) -> Reply | Awaitable[Reply]:
    """The records from an iterator on, and the iterator to go on with; none at the end of a closed shard."""
    database = call.database
    iterator = iterators.read(request.ShardIterator, database.secret, database.clock.now())
    page = _Page(call, iterator, request.Limit or STREAM_RECORDS_MAX)
    return page.reply() if page.step() else _read_on(page)


async def _read_on(page: "_Page") -> Reply:
    while True:
        await asyncio.sleep(0)
        if page.step():
            return page.reply()


class _Page:
    """A page of records being collected: at most `limit`, and at most 1 MB unless there is only one."""

    def __init__(self, call: Call, iterator: Iterator, limit: int) -> None:
        self._call = call
        self._iterator = iterator
        self._limit = limit
        self._position = iterator.position
        self._room = STREAM_PAGE_BYTES_MAX
        self._records: list[dict[str, Any]] = []
        self._shard_ended = False

    def step(self) -> bool:
        """Read one slice; whether the page is complete."""
        place = _place(self._call, self._iterator.arn, self._iterator.shard)
        if not self._records:
            place.refuse_trimmed(self._position)
        changes, ended = change_log.read(
            place.reader,
            place.record.log,
            self._position,
            place.shard.end,
            limit=min(_SLICE_RECORDS, self._limit - len(self._records)),
            size=_SLICE_BYTES,
        )
        for position, change in changes:
            if self._records and change.size > self._room:
                return True
            self._room -= change.size
            self._records.append(_record(self._call, place.record, position, change))
            self._position = position + 1
        self._shard_ended = ended and place.shard.end is not None
        return ended or len(self._records) == self._limit

    def reply(self) -> Reply:
        """The reply, once the page is complete."""
        self._tell()
        reply: dict[str, Any] = {"Records": self._records}
        if not self._shard_ended:
            reply["NextShardIterator"] = _iterator(
                self._call, self._iterator.arn, self._iterator.shard, self._position
            )
        return reply

    def _tell(self) -> None:
        """Tell the meter how much the page has."""
        meter: Meter | None = self._call.database.meter
        if meter is not None:
            table, label = named_stream(self._iterator.arn)
            name = name_of(table, "GetRecords", label)
            meter.value(RETURNED_RECORDS, name, len(self._records))
            meter.value(RETURNED_BYTES, name, STREAM_PAGE_BYTES_MAX - self._room)


def _record(call: Call, record: StreamRecord, position: int, change: Change) -> dict[str, Any]:
    """A record as AWS shows it."""
    shown: dict[str, Any] = {
        "ApproximateCreationDateTime": int(change.time),
        "Keys": Raw(change.keys),
    }
    # The log may keep an old image for recovery that is none of the stream's business.
    if change.new is not None and record.view_type in capture.WITH_NEW:
        shown["NewImage"] = Raw(stored.json_of(change.new))
    if change.old is not None and record.view_type in capture.WITH_OLD:
        shown["OldImage"] = Raw(stored.json_of(change.old))
    shown |= {
        "SequenceNumber": sequence(position),
        "SizeBytes": change.size,
        "StreamViewType": record.view_type,
    }
    event: dict[str, Any] = {
        "eventID": _event_id(record, position),
        "eventName": change.name,
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": call.region,
        "dynamodb": shown,
    }
    if change.service:
        event["userIdentity"] = _SERVICE
    return event


def _event_id(record: StreamRecord, position: int) -> str:
    """The same 32 hexadecimal digits whenever the record is read."""
    name = f"{record.table}/{record.label}/{position}"
    return blake2b(name.encode(), digest_size=_EVENT_ID_BYTES).hexdigest()
