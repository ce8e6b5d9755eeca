"""ListStreams and DescribeStream: which streams there are, and their shards."""

import re
from itertools import islice
from typing import Any, Final, NamedTuple

from stator.base.errors import ApiError, validation
from stator.base.limits import STREAMS_LISTED_MAX
from stator.model.requests import DescribeStreamInput, ListStreamsInput
from stator.operations.registry import STREAMS, Call, Reply, operation
from stator.storage.engine import Reader
from stator.tables import streams
from stator.tables.change_log import sequence
from stator.tables.streams import Shard, StreamRecord

_ARN: Final = re.compile(r"arn:[^:]+:dynamodb:[^:]*:([^:]*):table/([a-zA-Z0-9_.-]+)/stream/(.+)")


class StreamName(NamedTuple):
    """What a stream's ARN names."""

    account: str
    table: str
    label: str


def _name(arn: str) -> StreamName:
    """What an ARN names, of any region; raises ApiError if it is not a stream's."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise validation(f"Invalid StreamArn: {arn}")
    return StreamName(*match.groups())


def find_stream(call: Call, reader: Reader, arn: str) -> StreamRecord:
    """The stream of an ARN, of any region; raises ApiError if there is none."""
    account, table, label = _name(arn)
    record = None
    if account == call.database.account:
        record = streams.find(reader, table, label, call.database.clock.now())
    if record is None:
        raise ApiError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    return record


def stream_arn(call: Call, record: StreamRecord) -> str:
    """The ARN of a stream, in the caller's region."""
    return call.arn(f"table/{record.table}/stream/{record.label}")


@operation("ListStreams", access="control", service=STREAMS, from_snapshot=True)
def list_streams(call: Call, request: ListStreamsInput) -> Reply:
    """Streams, of all tables or of one; those whose table is gone are still there."""
    limit = request.Limit or STREAMS_LISTED_MAX
    after = None
    if request.ExclusiveStartStreamArn is not None:
        start = _name(request.ExclusiveStartStreamArn)
        after = (start.table, start.label)
    now = call.database.clock.now()
    kept = streams.all_streams(call.database.engine.reader, request.TableName, after)
    page = list(islice((record for record in kept if not streams.is_expired(record, now)), limit + 1))
    reply: dict[str, Any] = {
        "Streams": [
            {
                "StreamArn": stream_arn(call, record),
                "TableName": record.table,
                "StreamLabel": record.label,
            }
            for record in page[:limit]
        ]
    }
    if len(page) > limit:
        reply["LastEvaluatedStreamArn"] = stream_arn(call, page[limit - 1])
    return reply


@operation("DescribeStream", access="control", service=STREAMS, from_snapshot=True)
def describe_stream(call: Call, request: DescribeStreamInput) -> Reply:
    """A stream and a page of its shards, oldest first."""
    record = find_stream(call, call.database.engine.reader, request.StreamArn)
    now = call.database.clock.now()
    shards = _asked(request, streams.readable_shards(record, now))
    limit = request.Limit or STREAMS_LISTED_MAX
    description: dict[str, Any] = {
        "StreamArn": stream_arn(call, record),
        "StreamLabel": record.label,
        "StreamStatus": streams.status(record, now),
        "StreamViewType": record.view_type,
        "CreationRequestDateTime": round(record.created_at, 3),
        "TableName": record.table,
        "KeySchema": _key_schema(record),
        "Shards": [_shard(shard) for shard in shards[:limit]],
    }
    if len(shards) > limit:
        description["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": description}


def _asked(request: DescribeStreamInput, shards: list[Shard]) -> list[Shard]:
    """The shards that a request is about: all that follow one, and the children of one."""
    after = request.ExclusiveStartShardId
    position = next((number for number, shard in enumerate(shards, 1) if shard.id == after), 0)
    following = shards[position:]
    if request.ShardFilter is None or request.ShardFilter.ShardId is None:
        return following
    return [shard for shard in following if shard.parent == request.ShardFilter.ShardId]


def _key_schema(record: StreamRecord) -> list[dict[str, str]]:
    return [
        *({"AttributeName": name, "KeyType": "HASH"} for name in record.keys.hash),
        *({"AttributeName": name, "KeyType": "RANGE"} for name in record.keys.range),
    ]


def _shard(shard: Shard) -> dict[str, Any]:
    span = {"StartingSequenceNumber": sequence(shard.start)}
    if shard.end is not None:
        span["EndingSequenceNumber"] = sequence(shard.end - 1)
    shown: dict[str, Any] = {"ShardId": shard.id, "SequenceNumberRange": span}
    if shard.parent is not None:
        shown["ParentShardId"] = shard.parent
    return shown
