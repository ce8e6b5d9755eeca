"""GetShardIterator and GetRecords: reading a shard from a position on."""

from collections.abc import Callable
from hashlib import blake2b
from typing import Any, Final

from msgspec import Raw

from stator.base.errors import ApiError, validation
from stator.base.limits import STREAM_PAGE_BYTES_MAX, STREAM_RECORDS_MAX
from stator.model.requests import GetRecordsInput, GetShardIteratorInput
from stator.operations.registry import STREAMS, Call, Reply, operation
from stator.operations.streams import iterators
from stator.operations.streams.iterators import Iterator
from stator.operations.streams.streams import find_stream
from stator.storage.engine import Reader
from stator.tables import change_log, streams
from stator.tables.change_log import Change, position_of, sequence
from stator.tables.streams import Shard, StreamRecord

_EVENT_ID_BYTES: Final = 16
_TRIMMED: Final = "The data you are trying to access has been trimmed"
_SERVICE: Final = {"type": "Service", "principalId": "dynamodb.amazonaws.com"}


@operation("GetShardIterator", access="read", service=STREAMS)
def get_shard_iterator(call: Call, request: GetShardIteratorInput) -> Reply:
    """An iterator that stands where the request says."""
    reader = call.database.engine.reader
    record = find_stream(call, reader, request.StreamArn)
    shard = _shard(record, request.ShardId)
    position = _START[request.ShardIteratorType](call, reader, record, shard, request)
    return {"ShardIterator": _iterator(call, request.StreamArn, shard, position)}


def _shard(record: StreamRecord, name: str) -> Shard:
    shard = next((shard for shard in record.shards if shard.id == name), None)
    if shard is None:
        raise ApiError(
            "ResourceNotFoundException", f"Requested resource not found: Shard: {name} not found in stream"
        )
    return shard


def _iterator(call: Call, arn: str, shard: Shard, position: int) -> str:
    iterator = Iterator(arn, shard.id, position, call.database.clock.now())
    return iterators.write(iterator, call.database.secret)


def _trim_horizon(
    call: Call, reader: Reader, record: StreamRecord, shard: Shard, _request: GetShardIteratorInput
) -> int:
    return streams.horizon(reader, record, shard, call.database.clock.now())


def _latest(
    _call: Call, reader: Reader, record: StreamRecord, shard: Shard, _request: GetShardIteratorInput
) -> int:
    return streams.next_position(reader, record, shard)


def _at_sequence(
    call: Call, reader: Reader, record: StreamRecord, shard: Shard, request: GetShardIteratorInput
) -> int:
    if request.SequenceNumber is None:
        raise validation(f"SequenceNumber is required for ShardIteratorType {request.ShardIteratorType}")
    position = position_of(request.SequenceNumber)
    if position is None or position < shard.start or (shard.end is not None and position >= shard.end):
        raise validation(
            f"Invalid SequenceNumber: {request.SequenceNumber} is not within the range of shard {shard.id}"
        )
    if position < streams.horizon(reader, record, shard, call.database.clock.now()):
        raise ApiError("TrimmedDataAccessException", _TRIMMED)
    return position


def _after_sequence(
    call: Call, reader: Reader, record: StreamRecord, shard: Shard, request: GetShardIteratorInput
) -> int:
    return _at_sequence(call, reader, record, shard, request) + 1


def _at_timestamp(
    call: Call, reader: Reader, record: StreamRecord, shard: Shard, request: GetShardIteratorInput
) -> int:
    if request.Timestamp is None:
        raise validation("Timestamp is required for ShardIteratorType AT_TIMESTAMP")
    start = streams.horizon(reader, record, shard, call.database.clock.now())
    end = streams.next_position(reader, record, shard)
    return change_log.seek(reader, record.log, start, end, request.Timestamp)


_Start = Callable[[Call, Reader, StreamRecord, Shard, GetShardIteratorInput], int]
_START: Final[dict[str, _Start]] = {
    "TRIM_HORIZON": _trim_horizon,
    "LATEST": _latest,
    "AT_SEQUENCE_NUMBER": _at_sequence,
    "AFTER_SEQUENCE_NUMBER": _after_sequence,
    "AT_TIMESTAMP": _at_timestamp,
}


@operation("GetRecords", access="read", service=STREAMS)
def get_records(call: Call, request: GetRecordsInput) -> Reply:
    """The records from an iterator on, and the iterator to go on with; none at the end of a closed shard."""
    database = call.database
    now = database.clock.now()
    reader = database.engine.reader
    iterator = iterators.read(request.ShardIterator, database.secret, now)
    record = find_stream(call, reader, iterator.arn)
    shard = _shard(record, iterator.shard)
    horizon = streams.horizon(reader, record, shard, now)
    if iterator.position < horizon and horizon > shard.start:
        raise ApiError("TrimmedDataAccessException", _TRIMMED)
    limit = request.Limit or STREAM_RECORDS_MAX
    changes = change_log.read(
        reader, record.log, iterator.position, shard.end, limit=limit, size=STREAM_PAGE_BYTES_MAX
    )
    reply: dict[str, Any] = {"Records": [_record(call, record, *change) for change in changes]}
    position = changes[-1][0] + 1 if changes else iterator.position
    if shard.end is None or change_log.read(reader, record.log, position, shard.end, limit=1, size=1):
        reply["NextShardIterator"] = _iterator(call, iterator.arn, shard, position)
    return reply


def _record(call: Call, record: StreamRecord, position: int, change: Change) -> dict[str, Any]:
    """A record as AWS shows it."""
    shown: dict[str, Any] = {
        "ApproximateCreationDateTime": int(change.time),
        "Keys": Raw(change.keys),
    }
    if change.new is not None:
        shown["NewImage"] = Raw(change.new)
    if change.old is not None:
        shown["OldImage"] = Raw(change.old)
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
