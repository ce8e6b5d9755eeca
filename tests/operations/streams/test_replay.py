"""A stream replayed from its beginning makes its table, whatever wrote to it and however the server ended.

Clients write at once: single items, batches and transactions over keys that they share; and items expire.
Meanwhile a reader follows the stream as a worker of the KCL does, from shard to shard, and is started anew
from its checkpoints now and then. What it has read has no gap and nothing twice.
"""

import itertools
from collections.abc import Callable

import pytest

from harness.feed import Follower, records, replayed
from harness.load import Load, contents
from harness.process import ServerProcess, eventually
from harness.streamed import Streamed, new_table

HOUR = 3_600


@pytest.fixture
def server(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    return start_server(clock=1_700_000_000.0)


@pytest.fixture
def table(server: ServerProcess) -> Streamed:
    table = new_table(server)
    table.items.update_time_to_live(
        TableName=table.name, TimeToLiveSpecification={"AttributeName": "ttl", "Enabled": True}
    )
    return table


def drained(follower: Follower) -> Follower:
    """All that is there now has been read; each shard may need several pages."""
    while follower.poll():
        pass
    return follower


def test_a_worker_under_load(server: ServerProcess, table: Streamed) -> None:
    follower = Follower(table.streams, table.arn, limit=100)
    load = Load(server, table.name, seed=1)
    for turn in range(1, 4):
        load.reach(turn * 150)
        follower.poll()
        shards = len(table.shards())
        server.clock.advance(4 * HOUR)
        for _ in eventually():
            follower.poll()
            if len(table.shards()) > shards:
                break
        follower.forget_iterators()
    load.end()
    for _ in eventually():
        drained(follower)
        if contents(table) == replayed(follower.records):
            break
    numbers = [record["dynamodb"]["SequenceNumber"] for record in follower.records]
    assert numbers == sorted(set(numbers))
    assert len(table.shards()) == 4
    by_ttl = [record for record in follower.records if "userIdentity" in record]
    assert {record["eventName"] for record in by_ttl} == {"REMOVE"}
    assert server.stop() == 0
    server.check()


def test_a_replay_after_kills(server: ServerProcess, table: Streamed) -> None:
    follower = Follower(table.streams, table.arn)
    for seed in range(4):
        load = Load(server, table.name, seed)
        load.reach(120 + 40 * seed)
        server.kill()
        load.end()
        server.check()
        server.start()
        server.clock.advance(60)
        follower.forget_iterators()
        drained(follower)
    for _ in eventually():
        drained(follower)
        if contents(table) == replayed(follower.records):
            break
    whole = records(table.streams, table.arn)
    assert [record["eventID"] for record in whole] == [record["eventID"] for record in follower.records]
    for one, two in itertools.pairwise(whole):
        times = [record["dynamodb"]["ApproximateCreationDateTime"] for record in (one, two)]
        assert times == sorted(times)
