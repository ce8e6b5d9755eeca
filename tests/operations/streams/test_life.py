"""Streams are enabled, disabled and enabled again; they outlive that, and their table.

Sources: "Enabling a stream" and "Disabling a stream" of the developer guide; "ListStreams" and
"StreamDescription" of the DynamoDB Streams API reference.
"""

import re

import pytest

from harness.process import eventually
from harness.streamed import new_table
from stator.storage.open import open_reader
from stator.tables import streams

HOUR = 3_600
DELAY = 5


def keys(table):
    return [record["dynamodb"]["Keys"]["pk"]["S"] for record in table.records()]


def listed(table, **parameters):
    return [stream["StreamArn"] for stream in table.streams.list_streams(**parameters)["Streams"]]


def test_a_description(streamed, timed):
    table = streamed("NEW_IMAGE", "pk sk")
    shown = table.described()
    label = shown.pop("StreamLabel")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}", label)
    assert table.arn == f"arn:aws:dynamodb:us-east-1:000000000000:table/{table.name}/stream/{label}"
    assert shown.pop("CreationRequestDateTime").timestamp() == timed.clock.now()
    assert len(shown.pop("Shards")) == 1
    assert shown == {
        "StreamArn": table.arn,
        "StreamStatus": "ENABLED",
        "StreamViewType": "NEW_IMAGE",
        "TableName": table.name,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
    }


def test_nothing_is_recorded_without_a_stream(streamed):
    table = streamed()
    table.disable()
    assert "StreamSpecification" not in table.items.describe_table(TableName=table.name)["Table"]
    table.put("a")
    assert table.records() == []


def test_a_disabled_stream_stays_readable_for_24_hours(streamed, timed):
    table = streamed("KEYS_ONLY")
    table.put("a")
    table.disable()
    table.put("b")
    shown = table.described()
    assert shown["StreamStatus"] == "DISABLED"
    assert "EndingSequenceNumber" in shown["Shards"][0]["SequenceNumberRange"]
    assert table.items.describe_table(TableName=table.name)["Table"]["LatestStreamArn"] == table.arn
    timed.clock.advance(24 * HOUR)
    assert keys(table) == ["a"]
    timed.clock.advance(1)
    assert listed(table, TableName=table.name) == []


def test_a_stream_outlives_its_table(streamed, timed):
    table = streamed()
    table.put("a")
    table.items.delete_table(TableName=table.name)
    assert table.described()["StreamStatus"] == "DISABLED"
    assert keys(table) == ["a"]
    assert listed(table, TableName=table.name) == [table.arn]
    timed.clock.advance(24 * HOUR + 1)
    assert listed(table, TableName=table.name) == []


def test_streams_of_one_table(streamed):
    """Each has a label of its own, even within a millisecond, and only its own changes."""
    first = streamed("KEYS_ONLY")
    first.put("a")
    first.disable()
    first.put("unseen")
    second = first.enable("NEW_IMAGE")
    second.put("b")
    second.disable()
    third = second.enable("OLD_IMAGE")
    third.put("b", n={"N": "1"})
    assert [keys(table) for table in (first, second, third)] == [["a"], ["b"], ["b"]]
    assert [table.described()["StreamViewType"] for table in (first, second, third)] == [
        "KEYS_ONLY",
        "NEW_IMAGE",
        "OLD_IMAGE",
    ]
    assert listed(first, TableName=first.name) == [first.arn, second.arn, third.arn]
    assert len({first.arn, second.arn, third.arn}) == 3
    old, new = (table.shards()[0]["SequenceNumberRange"] for table in (first, second))
    assert old["EndingSequenceNumber"] < new["StartingSequenceNumber"]


def test_a_table_made_again(streamed):
    """The streams of the old one are still there, also if it was made within the same millisecond."""
    old = streamed("KEYS_ONLY")
    old.put("old")
    description = old.items.delete_table(TableName=old.name)["TableDescription"]
    old.items.create_table(
        TableName=old.name,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=description["KeySchema"],
        AttributeDefinitions=description["AttributeDefinitions"],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
    )
    new = old._replace(arn=old.items.describe_table(TableName=old.name)["Table"]["LatestStreamArn"])
    new.put("new")
    assert new.arn != old.arn
    assert (keys(old), keys(new)) == (["old"], ["new"])
    assert listed(old, TableName=old.name) == [old.arn, new.arn]


def test_enabled_again_when_the_old_stream_is_gone(streamed, timed):
    table = streamed("KEYS_ONLY")
    table.put("a")
    table.disable()
    timed.clock.advance(25 * HOUR)
    again = table.enable()
    again.put("b")
    assert keys(again) == ["b"]
    assert listed(table, TableName=table.name) == [again.arn]


def test_a_list_in_pages(streamed):
    tables = [streamed() for _ in range(3)]
    arns = {table.arn for table in tables}
    found, parameters = [], {"Limit": 2}
    while True:
        page = tables[0].streams.list_streams(**parameters)
        found += [stream["StreamArn"] for stream in page["Streams"]]
        assert len(page["Streams"]) <= 2
        if "LastEvaluatedStreamArn" not in page:
            break
        parameters["ExclusiveStartStreamArn"] = page["LastEvaluatedStreamArn"]
    assert len(found) == len(set(found))
    assert arns <= set(found)
    (stream,) = tables[0].streams.list_streams(TableName=tables[0].name)["Streams"]
    assert stream == {
        "StreamArn": tables[0].arn,
        "TableName": tables[0].name,
        "StreamLabel": tables[0].arn.rpartition("/")[2],
    }
    assert listed(tables[0], TableName="no-such-table") == []
    assert listed(tables[0], TableName=tables[0].name, ExclusiveStartStreamArn=tables[0].arn) == []


def test_statuses_with_a_lifecycle_delay(start_server):
    server = start_server(memory=True, clock=1_700_000_000.0, lifecycle_delay=DELAY)
    table = new_table(server)
    arn = table.items.describe_table(TableName=table.name)["Table"]["LatestStreamArn"]

    def statuses():
        shown = table.items.describe_table(TableName=table.name)["Table"]["TableStatus"]
        return shown, table.described()["StreamStatus"]

    assert arn == table.arn
    assert statuses() == ("CREATING", "ENABLING")
    server.clock.advance(DELAY)
    assert statuses() == ("ACTIVE", "ENABLED")
    table.disable()
    assert statuses() == ("UPDATING", "DISABLING")
    server.clock.advance(DELAY)
    assert statuses() == ("ACTIVE", "DISABLED")
    table.enable()
    assert statuses() == ("UPDATING", "DISABLED")  # which is the old one


def test_nothing_is_left_of_old_streams(start_server):
    """Logs go with the last that uses them: a stream, or a table that may have another one."""
    server = start_server(clock=1_700_000_000.0)
    tables = [new_table(server) for _ in range(3)]
    for table in tables:
        table.put("a")
        table.disable()
    tables[1].items.delete_table(TableName=tables[1].name)
    server.clock.advance(25 * HOUR)
    for _ in eventually():
        with open_reader(server.data) as reader:
            if not list(streams.all_streams(reader)):
                break
    tables[2].items.delete_table(TableName=tables[2].name)  # after its stream
    tables[0].enable().put("b")
    server.check()


@pytest.mark.parametrize("view", ["KEYS_ONLY", "NEW_AND_OLD_IMAGES"])
def test_a_killed_server_goes_on_with_its_streams(start_server, view):
    server = start_server()
    table = new_table(server, view)
    table.put("a")
    server.kill()
    server.start()
    table.put("b")
    server.restart()
    table.put("c")
    assert keys(table) == ["a", "b", "c"]
    assert len(table.shards()) == 1
