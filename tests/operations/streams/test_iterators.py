"""Where iterators stand, for how long they hold, and what is refused.

Sources: "GetShardIterator" and "GetRecords" of the DynamoDB Streams API reference; texts of AWS as users
report them.
"""

import base64

import pytest
from botocore.exceptions import ClientError

from harness import feed
from harness.actions import pk
from harness.streamed import new_table

MINUTE, HOUR = 60, 3_600
TRIMMED = "The data you are trying to access has been trimmed"


def refusal(call, *arguments, **members):
    """The error's name and text."""
    with pytest.raises(ClientError) as caught:
        call(*arguments, **members)
    error = caught.value.response["Error"]
    return error["Code"], error["Message"]


def keys(records):
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]


def sequence(record):
    return record["dynamodb"]["SequenceNumber"]


@pytest.fixture
def abc(streamed):
    """A table with the changes a, b and c in its stream."""
    table = streamed("KEYS_ONLY")
    for name in "abc":
        table.put(name)
    return table


def test_trim_horizon_and_latest(abc):
    latest = abc.iterator("LATEST")
    assert keys(abc.read(abc.iterator("TRIM_HORIZON"))["Records"]) == ["a", "b", "c"]
    assert abc.read(latest)["Records"] == []
    abc.put("d")
    assert keys(abc.read(latest)["Records"]) == ["d"]


def test_sequence_numbers(abc):
    numbers = [sequence(record) for record in abc.records()]
    at = [abc.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=number) for number in numbers]
    after = [abc.iterator("AFTER_SEQUENCE_NUMBER", SequenceNumber=number) for number in numbers]
    assert [keys(abc.read(iterator)["Records"]) for iterator in at] == [["a", "b", "c"], ["b", "c"], ["c"]]
    assert [keys(abc.read(iterator)["Records"]) for iterator in after] == [["b", "c"], ["c"], []]


def test_the_starting_number_of_a_shard(streamed):
    table = streamed()
    start = table.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"]
    iterator = table.iterator("AT_SEQUENCE_NUMBER", SequenceNumber=start)
    assert table.read(iterator)["Records"] == []
    table.put("a")
    assert len(table.read(iterator)["Records"]) == 1


def test_timestamps(streamed, timed):
    table = streamed()
    moments = []
    for name in "abc":
        moments.append(timed.clock.now())
        table.put(name)
        timed.clock.advance(10)

    def read(moment):
        return keys(table.read(table.iterator("AT_TIMESTAMP", Timestamp=moment))["Records"])

    assert read(moments[0] - HOUR) == ["a", "b", "c"]
    assert read(moments[0]) == ["a", "b", "c"]
    assert read(moments[0] + 0.001) == ["b", "c"]
    assert read(moments[2]) == ["c"]
    assert read(moments[2] + 1) == []
    assert read(moments[2] + HOUR) == []
    table.put("d")
    assert read(timed.clock.now()) == ["d"]


def test_an_iterator_may_be_used_again(abc):
    iterator = abc.iterator()
    assert abc.read(iterator)["Records"] == abc.read(iterator)["Records"]


def test_iterators_hold_for_15_minutes(abc, timed):
    iterator = abc.iterator()
    timed.clock.advance(15 * MINUTE - 1)
    reply = abc.read(iterator)
    assert len(reply["Records"]) == 3
    timed.clock.advance(1)
    name, _ = refusal(abc.read, iterator)
    assert name == "ExpiredIteratorException"
    assert abc.read(reply["NextShardIterator"])["Records"] == []


def test_iterators_survive_a_restart(start_server):
    server = start_server()
    table = new_table(server)
    table.put("a")
    iterator = table.iterator()
    server.kill()
    server.start()
    assert keys(table.read(iterator)["Records"]) == ["a"]


def test_made_up_iterators(abc):
    good = abc.iterator()
    data = bytearray(base64.urlsafe_b64decode(good))
    data[-2] ^= 1
    for text in ("x", "é", "AAAA", good[:-4], base64.urlsafe_b64encode(bytes(data)).decode()):
        assert refusal(abc.read, text) == ("ValidationException", "Invalid ShardIterator")


def test_an_iterator_of_a_stream_that_is_gone(abc, timed):
    abc.disable()
    timed.clock.advance(24 * HOUR - 5 * MINUTE)
    shard = abc.shards()[0]["ShardId"]
    iterator = abc.iterator()
    timed.clock.advance(6 * MINUTE)
    missing = ("ResourceNotFoundException", f"Requested resource not found: Stream: {abc.arn} not found")
    assert refusal(abc.read, iterator) == missing
    assert refusal(feed.iterator, abc.streams, abc.arn, shard) == missing
    assert refusal(abc.described) == missing


def test_streams_and_shards_that_are_not_there(abc):
    name, text = "ResourceNotFoundException", "Requested resource not found: "
    for arn in (
        abc.arn[:-1] + "x",
        abc.arn.replace(abc.name, "absent"),
        abc.arn.replace("000000000000", "1" * 12),
    ):
        assert refusal(feed.shards, abc.streams, arn) == (name, f"{text}Stream: {arn} not found")
    shard = "shardId-00000000000000000000-00000000"
    assert refusal(feed.iterator, abc.streams, abc.arn, shard) == (name, text + "Shard does not exist")
    assert refusal(feed.shards, abc.streams, "arn:aws:dynamodb:us-east-1:000000000000:table/x")[0] == (
        "ValidationException"
    )


def test_numbers_that_are_not_of_the_shard(abc, streamed):
    numbers = [int(sequence(record)) for record in abc.records()]
    start = int(abc.shards()[0]["SequenceNumberRange"]["StartingSequenceNumber"])
    for number in (start - 1, numbers[-1] + 1, 10**30, 10**23):
        name, text = refusal(abc.iterator, "AFTER_SEQUENCE_NUMBER", SequenceNumber=str(number))
        assert name == "ValidationException"
        assert "Invalid SequenceNumber" in text
    assert refusal(abc.iterator, "AT_SEQUENCE_NUMBER", SequenceNumber="x" * 25)[0] == "ValidationException"


@pytest.mark.parametrize("kind", ["AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER", "AT_TIMESTAMP"])
def test_types_that_need_more(abc, kind):
    name, text = refusal(abc.iterator, kind)
    assert name == "ValidationException"
    assert kind in text


@pytest.mark.parametrize("limit", [0, 1001])
def test_limits_of_a_page(abc, limit):
    assert refusal(abc.read, abc.iterator(), Limit=limit)[0] == "ValidationException"


def test_what_is_older_than_24_hours_is_trimmed(streamed, timed):
    table = streamed("KEYS_ONLY")
    for name in "abc":
        table.put(name)
        timed.clock.advance(10 * MINUTE)
    numbers = [sequence(record) for record in table.records()]
    timed.clock.advance(24 * HOUR - 30 * MINUTE)
    early = table.iterator()
    assert keys(table.read(early)["Records"]) == ["a", "b", "c"]
    timed.clock.advance(1)  # a is too old, b is not
    assert keys(table.records()) == ["b", "c"]
    assert refusal(table.read, early) == ("TrimmedDataAccessException", TRIMMED)
    for kind in ("AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"):
        shard = table.shards()[0]["ShardId"]
        get = (feed.iterator, table.streams, table.arn, shard, kind)
        assert refusal(*get, SequenceNumber=numbers[0]) == ("TrimmedDataAccessException", TRIMMED)
        assert get[0](*get[1:], SequenceNumber=numbers[1])
    timed.clock.advance(HOUR)
    assert table.records() == []
    table.items.put_item(TableName=table.name, Item=pk("d"))
    assert keys(table.records()) == ["d"]
