"""Shards: one is open at a time; it rolls over, and its child names it.

Sources: "DescribeStream", "Shard" and "ShardFilter" of the DynamoDB Streams API reference; shards of about
four hours as users of AWS see them.
"""

import itertools

import pytest

from harness.process import eventually

HOUR = 3_600


def roll(table, timed):
    """Let four hours pass, and wait for the new shard."""
    before = {shard["ShardId"] for shard in table.shards()}
    timed.clock.advance(4 * HOUR)
    for _ in eventually():
        if {shard["ShardId"] for shard in table.shards()} - before:
            return


@pytest.fixture
def rolled(streamed, timed):
    """A table with three shards, each with a change named after its number."""
    table = streamed("KEYS_ONLY")
    table.put("0")
    for number in (1, 2):
        roll(table, timed)
        table.put(str(number))
    return table


def keys(page):
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in page["Records"]]


def test_a_new_stream_has_one_open_shard(streamed):
    (shard,) = streamed().shards()
    assert 28 <= len(shard["ShardId"]) <= 65
    assert "ParentShardId" not in shard
    assert shard["SequenceNumberRange"].keys() == {"StartingSequenceNumber"}


def test_children_follow_their_parents(rolled):
    shards = rolled.shards()
    assert [shard.get("ParentShardId") for shard in shards] == [None, *(s["ShardId"] for s in shards[:-1])]
    for parent, child in itertools.pairwise(shards):
        start, end = (
            int(parent["SequenceNumberRange"][f"{name}SequenceNumber"]) for name in ("Starting", "Ending")
        )
        assert start <= end < int(child["SequenceNumberRange"]["StartingSequenceNumber"])
    assert "EndingSequenceNumber" not in shards[-1]["SequenceNumberRange"]
    assert len({shard["ShardId"] for shard in shards}) == 3


def test_each_shard_has_its_own_changes(rolled):
    for number, shard in enumerate(rolled.shards()):
        page = rolled.read(rolled.iterator(shard=number))
        assert keys(page) == [str(number)]
        ended = "EndingSequenceNumber" in shard["SequenceNumberRange"]
        assert ("NextShardIterator" in page) is not ended
        numbers = [record["dynamodb"]["SequenceNumber"] for record in page["Records"]]
        assert all(number >= shard["SequenceNumberRange"]["StartingSequenceNumber"] for number in numbers)


def test_latest_of_a_closed_shard_is_its_end(rolled):
    assert rolled.read(rolled.iterator("LATEST", shard=0)).keys() & {"Records", "NextShardIterator"} == {
        "Records"
    }


def test_an_iterator_goes_over_the_closing_of_its_shard(streamed, timed):
    table = streamed("KEYS_ONLY")
    table.put("a")
    timed.clock.advance(4 * HOUR - 60)  # not yet
    iterator = table.iterator("LATEST")
    table.put("b")
    timed.clock.advance(60)
    for _ in eventually():
        if len(table.shards()) == 2:
            break
    table.put("c")
    page = table.read(iterator)
    assert keys(page) == ["b"]
    assert "NextShardIterator" not in page


def test_the_ending_number_of_a_shard(rolled):
    """It need not be a record's: a reader may start there, and finds the end."""
    end = rolled.shards()[0]["SequenceNumberRange"]["EndingSequenceNumber"]
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        page = rolled.read(rolled.iterator(kind, shard=0, SequenceNumber=end))
        assert page["Records"] == []
        assert "NextShardIterator" not in page


def test_a_full_page_that_ends_a_shard(rolled):
    page = rolled.read(rolled.iterator(shard=0), Limit=1)
    assert keys(page) == ["0"]
    rest = rolled.read(page["NextShardIterator"])
    assert rest["Records"] == []
    assert "NextShardIterator" not in rest


def test_pages_of_shards(rolled):
    assert rolled.shards(Limit=1) == rolled.shards(Limit=2) == rolled.shards()
    first = rolled.described(Limit=2)
    assert [shard["ShardId"] for shard in first["Shards"]][-1] == first["LastEvaluatedShardId"]
    assert "LastEvaluatedShardId" not in rolled.described(Limit=3)


def test_children_of_one_shard(rolled):
    shards = rolled.shards()
    for parent, children in zip(shards, [shards[1:2], shards[2:], []], strict=True):
        filter_ = {"Type": "CHILD_SHARDS", "ShardId": parent["ShardId"]}
        assert rolled.described(ShardFilter=filter_)["Shards"] == children
    nobody = {"Type": "CHILD_SHARDS", "ShardId": "shardId-00000000000000000000-00000000"}
    assert rolled.described(ShardFilter=nobody)["Shards"] == []


def test_shards_go_24_hours_after_they_were_closed(rolled, timed):
    first, second, third = (shard["ShardId"] for shard in rolled.shards())
    timed.clock.advance(16 * HOUR)  # 20 hours after the first was closed, 16 after the second
    assert [shard["ShardId"] for shard in rolled.shards()][:3] == [first, second, third]
    timed.clock.advance(4 * HOUR + 1)
    remaining = rolled.shards()
    assert remaining[0]["ShardId"] == second
    assert remaining[0]["ParentShardId"] == first  # which is gone
    rolled.disable()
    timed.clock.advance(24 * HOUR - 1)
    assert len(rolled.shards()) == 1


def test_shards_by_the_dozen(streamed, timed):
    table = streamed("KEYS_ONLY")
    for _ in range(9):
        roll(table, timed)
    names = [shard["ShardId"] for shard in table.shards()]
    assert 6 <= len(names) <= 8
    assert names == sorted(names)
