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

    table: str
    label: str


def find_stream(call: Call, reader: Reader, arn: str) -> StreamRecord:
    """The stream of an ARN, of any region; raises ApiError if there is none."""
    match = _ARN.fullmatch(arn)
    if match is None:
        raise validation(f"Invalid StreamArn: {arn}")
    account, table, label = match.groups()
    record = None
    if account == call.database.account:
        record = streams.find(reader, table, label, call.database.clock.now())
    if record is None:
        raise ApiError("ResourceNotFoundException", f"Requested resource not found: Stream: {arn} not found")
    return record


def stream_arn(call: Call, record: StreamRecord) -> str:
    """The ARN of a stream, in the caller's region."""
    return call.arn(f"table/{record.table}/stream/{record.label}")


@operation("ListStreams", access="control", service=STREAMS)
def list_streams(call: Call, request: ListStreamsInput) -> Reply:
    """Streams, of all tables or of one."""
    limit = request.Limit or STREAMS_LISTED_MAX
    after = StreamName("", "")
    if request.ExclusiveStartStreamArn is not None:
        match = _ARN.fullmatch(request.ExclusiveStartStreamArn)
        if match is None:
            raise validation(f"Invalid StreamArn: {request.ExclusiveStartStreamArn}")
        after = StreamName(match[2], match[3])
    found = (
        record
        for record in streams.streams(call.database.engine.reader, call.database.clock.now())
        if (record.table, record.label) > after and request.TableName in (None, record.table)
    )
    page = list(islice(found, limit + 1))
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


@operation("DescribeStream", access="control", service=STREAMS)
def describe_stream(call: Call, request: DescribeStreamInput) -> Reply:
    """A stream and a page of its shards, oldest first."""
    record = find_stream(call, call.database.engine.reader, request.StreamArn)
    shards = streams.readable_shards(record, call.database.clock.now())
    if request.ShardFilter is not None and request.ShardFilter.ShardId is not None:
        shards = [shard for shard in shards if shard.parent == request.ShardFilter.ShardId]
    if request.ExclusiveStartShardId is not None:
        shards = [shard for shard in shards if shard.id > request.ExclusiveStartShardId]
    limit = request.Limit or STREAMS_LISTED_MAX
    description: dict[str, Any] = {
        "StreamArn": stream_arn(call, record),
        "StreamLabel": record.label,
        "StreamStatus": "ENABLED" if record.closed_at is None else "DISABLED",
        "StreamViewType": record.view_type,
        "CreationRequestDateTime": round(record.created_at, 3),
        "TableName": record.table,
        "KeySchema": _key_schema(record),
        "Shards": [_shard(shard) for shard in shards[:limit]],
    }
    if len(shards) > limit:
        description["LastEvaluatedShardId"] = shards[limit - 1].id
    return {"StreamDescription": description}


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
