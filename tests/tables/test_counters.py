"""Counters: what commits add, before and after it is folded, and what remains of a space that is gone."""

import asyncio

import pytest

from harness.compiled import pure_python
from stator.storage.open import open_engine
from stator.tables import counters
from stator.tables.counters import Count
from stator.tables.keyspace import COUNTERS

ONE, TWO, GONE = 16, 17, 18


async def counted(engine):
    for space in (ONE, TWO, GONE):
        await engine.write(lambda transaction, space=space: counters.begin(transaction, space))


def adding(*changes):
    return lambda transaction: counters.add(transaction, changes)


def rows(engine):
    return engine.reader.scan(COUNTERS, b"", None, limit=10_000)


@pytest.fixture
def engine():
    return open_engine(None)


def test_commits_are_added_up(engine):
    async def scenario():
        await counted(engine)
        for _ in range(5):
            await engine.write(adding((ONE, 1, 10), (TWO, 0, 3)))
        await engine.write(adding((ONE, -1, -10)))
        before = counters.count(engine.reader, [ONE, TWO])
        assert not await engine.write(counters.fold)
        after = counters.count(engine.reader, [ONE, TWO])
        await engine.write(adding((ONE, 1, 7)))
        return before, after, counters.count(engine.reader, [ONE, TWO])

    before, after, later = asyncio.run(scenario())
    assert before == after == {ONE: Count(4, 40), TWO: Count(0, 15)}
    assert later == {ONE: Count(5, 47), TWO: Count(0, 15)}


@pure_python
def test_bodies_of_one_commit_share_a_row(engine, monkeypatch):
    # A batch ends after some milliseconds of bodies; however slow the machine, this one holds all of them.
    monkeypatch.setattr("stator.storage.group.BATCH_SECONDS", 60.0)

    async def scenario():
        await counted(engine)
        known = len(rows(engine))
        await asyncio.gather(*(engine.write(adding((ONE, 1, 1), (TWO, 1, 2))) for _ in range(20)))
        assert len(rows(engine)) == known + 1
        return counters.count(engine.reader, [ONE, TWO])

    assert asyncio.run(scenario()) == {ONE: Count(20, 20), TWO: Count(20, 40)}


def test_many_commits_are_folded_in_several_steps(engine):
    async def scenario():
        await counted(engine)
        known = len(rows(engine))
        for _ in range(1_200):
            await engine.write(adding((ONE, 1, 2)))
        assert counters.is_pending(engine.reader)
        steps = 1
        while await engine.write(counters.fold):
            steps += 1
        assert not counters.is_pending(engine.reader)
        assert len(rows(engine)) == known
        return steps, counters.count(engine.reader, [ONE])

    steps, count = asyncio.run(scenario())
    assert steps > 2
    assert count == {ONE: Count(1_200, 2_400)}


def test_nothing_remains_of_a_space_that_is_gone(engine):
    async def scenario():
        await counted(engine)
        await engine.write(adding((GONE, 1, 1), (ONE, 1, 1)))
        await engine.write(lambda transaction: counters.forget(transaction, GONE))
        await engine.write(counters.fold)
        return list(counters.counted(engine.reader)), counters.count(engine.reader, [ONE])

    assert asyncio.run(scenario()) == ([ONE, TWO], {ONE: Count(1, 1)})


def test_a_fold_that_changes_nothing_writes_nothing(engine):
    async def scenario():
        await counted(engine)
        before = rows(engine)
        await engine.write(adding((ONE, 1, 1)))
        await engine.write(adding((ONE, -1, -1)))
        await engine.write(counters.fold)
        assert rows(engine) == before

    asyncio.run(scenario())
