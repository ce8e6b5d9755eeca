"""Times of records never go backwards, over clocks that are set back and over restarts."""

import itertools

from harness.streamed import new_table

HOUR = 3_600


def times(table):
    return [record["dynamodb"]["ApproximateCreationDateTime"].timestamp() for record in table.records()]


def test_a_clock_that_is_set_back(start_server):
    start = 1_700_000_000.0
    server = start_server(clock=start)
    table = new_table(server)
    table.put("a")
    server.clock.advance(-2 * HOUR)
    table.put("b")
    server.kill()
    server.start()
    table.put("c")
    server.clock.advance(3 * HOUR)
    table.put("d")
    assert times(table) == [start, start, start, start + HOUR]
    assert all(one <= two for one, two in itertools.pairwise(times(table)))


def test_a_clock_that_is_set_back_after_everything_was_trimmed(start_server):
    start = 1_700_000_000.0
    server = start_server(clock=start)
    table = new_table(server)
    table.put("a")
    server.clock.advance(30 * HOUR)
    assert table.records() == []
    server.restart()
    server.clock.advance(-31 * HOUR)
    table.put("b")
    server.clock.advance(HOUR)
    assert times(table) == [start, start]
    assert server.stop() == 0
    server.check()


def test_streams_enabled_while_the_clock_is_set_back(start_server):
    server = start_server(clock=1_700_000_000.0)
    first = new_table(server)
    first.put("a")
    first.disable()
    server.clock.advance(-HOUR)
    second = first.enable()
    second.put("b")
    assert second.arn > first.arn
    assert [len(table.records()) for table in (first, second)] == [1, 1]
    assert [shard["ShardId"] for table in (first, second) for shard in table.shards()]
    server.clock.advance(24 * HOUR)
    assert len(first.records()) == 1  # It is 23 hours old, though the clock has gone on by 24 since the end.
