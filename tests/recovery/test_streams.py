"""One log serves streams and recovery, and neither sees what only the other asked for."""

import asyncio
import json

import pytest

from harness.handlers import opened
from harness.histories import CREATE, NAME
from harness.recovery import HandClock, contents, enable, restore, run_copies
from stator import model
from stator.operations import REGISTRY
from stator.server.jobs.construction import reclaim
from stator.server.jobs.streams import StreamKeeper
from stator.tables import logs, streams
from stator.tables.check import check

DAY = 86_400.0
KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}
VIEWS = {
    "KEYS_ONLY": set(),
    "NEW_IMAGE": {"NewImage"},
    "OLD_IMAGE": {"OldImage"},
    "NEW_AND_OLD_IMAGES": {"NewImage", "OldImage"},
}


async def stream_records(handlers):
    """All records of the table's stream, as GetRecords shows them."""

    async def ask(operation, request):
        decoded = model.decode(operation).decode(json.dumps(request).encode())
        reply = REGISTRY[f"DynamoDBStreams_20120810.{operation}"].handler(handlers._call, decoded)
        return reply if isinstance(reply, dict) else await reply

    arn = (await handlers("DescribeTable", {"TableName": NAME}))["Table"]["LatestStreamArn"]
    found = []
    description = await ask("DescribeStream", {"StreamArn": arn})
    for shard in description["StreamDescription"]["Shards"]:
        request = {"StreamArn": arn, "ShardId": shard["ShardId"], "ShardIteratorType": "TRIM_HORIZON"}
        iterator = (await ask("GetShardIterator", request))["ShardIterator"]
        found += (await ask("GetRecords", {"ShardIterator": iterator}))["Records"]
    return found

    return json.dumps(request).encode()


@pytest.mark.parametrize("view", VIEWS)
def test_a_stream_shows_what_its_view_type_asks_for(view):
    async def history(recovery):
        clock = HandClock()
        async with opened(None, 1, clock=clock) as handlers:
            stream = {"StreamEnabled": True, "StreamViewType": view}
            await handlers("CreateTable", CREATE | {"StreamSpecification": stream})
            if recovery:
                await enable(handlers, NAME)
            for more in ({"n": {"SS": ["x", "y"]}}, {"n": {"SS": ["y", "x"]}}, {"n": {"N": "1"}}):
                # The second is equal to the first: for a stream nothing has changed.
                await handlers("PutItem", {"TableName": NAME, "Item": KEY | more})
            clock.time += 10
            then = clock.time - 5
            await handlers("DeleteItem", {"TableName": NAME, "Key": KEY})
            if recovery:
                await restore(handlers, NAME, "restored", then)
                await run_copies(handlers)
                assert await contents(handlers, "restored") == [KEY | {"n": {"N": "1"}}]
            assert check(handlers.database.engine.reader).problems == []
            return [record["dynamodb"] for record in await stream_records(handlers)]

    plain, recorded = asyncio.run(history(False)), asyncio.run(history(True))
    assert len(plain) == 3
    for one, other in zip(plain, recorded, strict=True):
        assert one["SizeBytes"] == other["SizeBytes"]
        assert one.keys() == other.keys()
        assert (one.keys() & {"NewImage", "OldImage"}) <= VIEWS[view]


def test_a_log_goes_with_the_last_that_uses_it():
    async def body():
        clock = HandClock()
        async with opened(None, 1, clock=clock) as handlers:
            reader, keeper = handlers.database.engine.reader, StreamKeeper(handlers.database)
            stream = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}
            await handlers("CreateTable", CREATE | {"StreamSpecification": stream})
            await enable(handlers, NAME)
            await handlers("PutItem", {"TableName": NAME, "Item": KEY})
            await restore(handlers, NAME, "restored")
            await handlers("DeleteTable", {"TableName": NAME})
            # The table is gone, a restore still reads it, and its stream is readable for a day.
            assert len(list(logs.all_logs(reader))) == 1
            await run_copies(handlers)
            assert [record.table for record in streams.all_streams(reader)] == [NAME]
            assert len(list(logs.all_logs(reader))) == 1
            assert check(reader).problems == []
            clock.time += DAY + 60
            await keeper.keep()
            assert list(logs.all_logs(reader)) == []
            await reclaim(handlers.database)
            assert check(reader).problems == []

    asyncio.run(body())


def test_what_a_period_kept_goes_when_only_a_stream_is_left():
    async def body():
        clock = HandClock()
        async with opened(None, 1, clock=clock) as handlers:
            reader, keeper = handlers.database.engine.reader, StreamKeeper(handlers.database)
            stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
            await handlers("CreateTable", CREATE | {"StreamSpecification": stream})
            await enable(handlers, NAME)
            for number in range(6):
                await handlers("PutItem", {"TableName": NAME, "Item": KEY | {"n": {"N": str(number)}}})
                clock.time += DAY / 2
                await keeper.keep()
            ((log, _),) = logs.all_logs(reader)
            assert len(reader.scan(log, b"\0", None, limit=10)) == 6
            assert len(await stream_records(handlers)) == 2
            disabled = {"PointInTimeRecoveryEnabled": False}
            await handlers(
                "UpdateContinuousBackups",
                {"TableName": NAME, "PointInTimeRecoverySpecification": disabled},
            )
            clock.time += 60
            await keeper.keep()
            assert len(reader.scan(log, b"\0", None, limit=10)) == 1
            assert check(reader).problems == []

    asyncio.run(body())
