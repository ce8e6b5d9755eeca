"""The past of a table, read beside writes: every item once, as it was; held for as long as it is read."""

import asyncio
from random import Random

import pytest

from harness.handlers import opened
from harness.histories import CREATE, NAME, drawn
from harness.recovery import HandClock
from stator.copies import jobs
from stator.copies.held_walk import HeldWalk
from stator.copies.past import PastItems, SourceGone, hold, release
from stator.copies.seen import Seen
from stator.server.jobs.construction import reclaim
from stator.server.jobs.streams import StreamKeeper
from stator.tables import change_log, slices, stored
from stator.tables.check import check

OWNER = "a job"


def run(body, seed=1, **settings):
    async def inner():
        clock = HandClock()
        async with opened(None, seed, clock=clock, **settings) as handlers:
            await handlers("CreateTable", CREATE)
            await body(handlers, clock)

    asyncio.run(inner())


async def write(handlers, source, count):
    for one in drawn(source, count):
        await handlers.outcome(one.operation, one.request)


def items(handlers):
    """The items as they lie, by key; None if there is no table."""
    database = handlers.database
    table = database.catalog.table(database.engine.reader, NAME)
    return {} if table is None else dict(slices.rows(database.engine.reader, table.space))


async def held(handlers):
    """Hold the table as it is now; a way to read it."""
    database = handlers.database

    def body(transaction):
        table = database.catalog.table(transaction, NAME)
        jobs.begin(transaction, OWNER, "test", {})
        return table.definition.id, hold(transaction, database.catalog, table, OWNER)

    table_id, position = await database.engine.write(body)
    return table_id, PastItems(database, NAME, table_id, position)


async def released(handlers, table_id):
    database = handlers.database

    def body(transaction):
        release(transaction, database.catalog, NAME, table_id, OWNER)
        jobs.end(transaction, OWNER)

    await database.engine.write(body)


@pytest.mark.parametrize("seed", range(8))
def test_each_item_comes_once_and_as_it_was(seed, monkeypatch):
    monkeypatch.setattr(HeldWalk, "slice_rows", 1 + seed % 4)
    source = Random(seed)

    async def body(handlers, clock):
        await write(handlers, source, 30)
        expected = items(handlers)
        table_id, reader = await held(handlers)
        await write(handlers, source, source.choice((0, 20)))
        found = []
        async for batch in reader.batches():
            found += batch
            await write(handlers, source, source.choice((0, 1, 3)))
        assert len(found) == len(expected)
        assert dict(found) == expected
        await released(handlers, table_id)
        assert check(handlers.database.engine.reader).problems == []

    run(body, seed)


def test_a_deleted_table_stays_until_it_is_released(monkeypatch):
    monkeypatch.setattr(HeldWalk, "slice_rows", 2)
    source = Random(5)

    async def body(handlers, clock):
        await write(handlers, source, 40)
        expected = items(handlers)
        first = handlers.database.catalog.table(handlers.database.engine.reader, NAME).definition
        table_id, reader = await held(handlers)
        await write(handlers, source, 10)
        found = []
        batches = reader.batches()
        found += await anext(batches)
        await handlers("DeleteTable", {"TableName": NAME})
        await handlers("CreateTable", CREATE)  # A younger table of the same name is another.
        await write(handlers, source, 10)
        async for batch in batches:
            found += batch
        assert dict(found) == expected
        assert len(found) == len(expected)
        assert check(handlers.database.engine.reader).problems == []
        await released(handlers, table_id)
        await reclaim(handlers.database)
        assert not list(slices.rows(handlers.database.engine.reader, first.space))
        assert check(handlers.database.engine.reader).problems == []

    run(body)


def test_what_nobody_holds_is_gone():
    async def body(handlers, clock):
        table_id, reader = await held(handlers)
        await released(handlers, table_id)
        await handlers("DeleteTable", {"TableName": NAME})
        with pytest.raises(SourceGone):
            await anext(reader.batches())
        assert check(handlers.database.engine.reader).problems == []

    run(body)


def test_a_hold_keeps_the_log_and_its_end_lets_go():
    source = Random(3)

    async def body(handlers, clock):
        await write(handlers, source, 10)
        expected = items(handlers)
        table_id, reader = await held(handlers)
        await write(handlers, source, 10)
        keeper = StreamKeeper(handlers.database)
        clock.time += 400 * 86_400.0
        await keeper.keep()
        assert {key: value async for batch in reader.batches() for key, value in batch} == expected
        await released(handlers, table_id)
        clock.time += 60.0
        await keeper.keep()
        definition = handlers.database.catalog.table(handlers.database.engine.reader, NAME).definition
        assert len(list(change_log.changes(handlers.database.engine.reader, definition.log, 0, None))) == 1
        await write(handlers, source, 10)
        assert len(list(change_log.changes(handlers.database.engine.reader, definition.log, 0, None))) == 1

    run(body)


def test_old_images_are_kept_as_they_lay():
    """What a restore puts back is the stored form itself, byte for byte."""

    async def body(handlers, clock):
        item = {"pk": {"S": "a"}, "sk": {"N": "1.50"}, "l": {"SS": ["y", "x"]}}
        await handlers("PutItem", {"TableName": NAME, "Item": item | {"l": {"S": "x"}}})
        ((key, before),) = items(handlers).items()
        _, reader = await held(handlers)
        await handlers("DeleteItem", {"TableName": NAME, "Key": {"pk": {"S": "a"}, "sk": {"N": "15e-1"}}})
        assert [batch async for batch in reader.batches()] == [[(key, before)]]
        assert stored.unpack(before)["sk"] == {"N": "1.5"}

    run(body)


def test_a_set_that_becomes_large():
    keys = [b"%d" % number for number in range(1_000)]
    seen = Seen(in_memory_max=64)
    for key in keys:
        assert key not in seen
        assert seen.add(key)
        assert not seen.add(key)
    assert all(key in seen for key in keys)
    assert b"other" not in seen
    seen.close()
    assert keys[0] not in seen
