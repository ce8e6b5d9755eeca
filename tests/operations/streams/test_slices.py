"""A page of records is read in slices; what happens between two of them."""

import asyncio
import json

import pytest

from harness.handlers import NOON, opened
from stator import model
from stator.base.errors import ApiError
from stator.operations import REGISTRY, Call
from stator.tables import change_log, streams

NAME = "sliced"
CREATE = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}


class HandClock:
    """A clock that a test sets."""

    def __init__(self):
        self.time = NOON

    def now(self):
        return self.time


def asked(handlers, operation, **parameters):
    """What a handler of the streams gives: a reply, or one to wait for."""
    decoded = model.decode(operation).decode(json.dumps(parameters).encode())
    call = Call(handlers.database, "us-east-1", "localhost")
    return REGISTRY[f"DynamoDBStreams_20120810.{operation}"].handler(call, decoded)


def with_records(count, body):
    """Run a test's body on a stream with so many records, and an iterator at its beginning."""

    async def run():
        clock = HandClock()
        async with opened(None, 1, clock=clock) as handlers:
            shown = await handlers("CreateTable", CREATE)
            await put(handlers, 0, count)
            arn = shown["TableDescription"]["LatestStreamArn"]
            description = asked(handlers, "DescribeStream", StreamArn=arn)["StreamDescription"]
            start = asked(
                handlers,
                "GetShardIterator",
                StreamArn=arn,
                ShardId=description["Shards"][0]["ShardId"],
                ShardIteratorType="TRIM_HORIZON",
            )
            await body(handlers, clock, start["ShardIterator"])

    asyncio.run(run())


async def put(handlers, first, end):
    for number in range(first, end):
        await handlers("PutItem", {"TableName": NAME, "Item": {"pk": {"S": f"{number:04}"}}})


async def change_streams(handlers, change):
    """Change the only stream, in a transaction."""
    (record,) = streams.all_streams(handlers.database.engine.reader)
    await handlers.database.engine.write(lambda transaction: change(transaction, record))


def keys(reply):
    return [bytes(record["dynamodb"]["Keys"]).decode()[-7:-3] for record in reply["Records"]]


def numbers(first, end):
    return [f"{number:04}" for number in range(first, end)]


def test_a_short_page_is_answered_at_once():
    async def body(handlers, clock, iterator):
        assert keys(asked(handlers, "GetRecords", ShardIterator=iterator)) == numbers(0, 99)

    with_records(99, body)


def test_a_shard_that_is_closed_between_two_slices():
    """What follows its end is its child's, and is not read twice."""

    async def body(handlers, clock, iterator):
        reading = asked(handlers, "GetRecords", ShardIterator=iterator)
        clock.time += streams.SHARD_SECONDS
        now = clock.time
        await change_streams(handlers, lambda t, r: streams.roll(t, r.table, r.label, now))
        await put(handlers, 150, 160)
        reply = await reading
        assert keys(reply) == numbers(0, 150)
        assert "NextShardIterator" not in reply

    with_records(150, body)


def test_records_that_come_between_two_slices():
    async def body(handlers, clock, iterator):
        reading = asked(handlers, "GetRecords", ShardIterator=iterator)
        await put(handlers, 150, 160)
        assert keys(await reading) == numbers(0, 160)

    with_records(150, body)


def test_a_stream_that_is_forgotten_between_two_slices():
    async def body(handlers, clock, iterator):
        reading = asked(handlers, "GetRecords", ShardIterator=iterator)
        await change_streams(handlers, lambda t, r: streams.forget(t, r, None))
        with pytest.raises(ApiError, match="ResourceNotFoundException"):
            await reading

    with_records(150, body)


def test_what_is_trimmed_between_two_slices_was_read():
    async def body(handlers, clock, iterator):
        reading = asked(handlers, "GetRecords", ShardIterator=iterator)
        (record,) = streams.all_streams(handlers.database.engine.reader)
        horizon = clock.time + 1

        def trim(transaction):
            return change_log.trim(transaction, record.log, horizon, rows=50, size=1 << 20)

        await handlers.database.engine.write(trim)
        assert keys(await reading) == numbers(0, 150)

    with_records(150, body)
