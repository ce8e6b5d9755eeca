"""What bodies see of each other, what stays of those that fail, and what orders them."""

import asyncio

import pytest

from stator.base.errors import StorageClosed


class Refused(Exception):
    """What a body raises when its condition fails."""


def refuse(transaction):
    transaction.put(5, b"refused", b"1")
    transaction.delete(5, b"a")
    raise Refused


def test_a_body_sees_its_own_writes(engine, write):
    write(lambda t: [t.put(5, bytes([n]), b"old") for n in range(1, 6)])

    def body(t):
        t.put(5, b"\2", b"new")
        t.put(5, b"\2\0", b"added")
        t.delete(5, b"\3")
        t.delete(5, b"absent")
        upwards = t.scan(5, b"\2", b"\5", limit=10)
        downwards = t.scan(5, b"\2", b"\5", limit=10, reverse=True)
        return upwards, downwards, t.get_many(5, [b"\2", b"\3", b"\4"]), t.scan(5, b"\2", None, limit=3)

    upwards, downwards, several, limited = write(body)[0]
    assert upwards == [(b"\2", b"new"), (b"\2\0", b"added"), (b"\4", b"old")]
    assert downwards == upwards[::-1]
    assert several == [b"new", None, b"old"]
    assert limited == upwards


def test_a_scan_over_own_writes_keeps_its_limits(engine, write):
    write(lambda t: [t.put(5, bytes([n]), b"old") for n in range(1, 200)])

    def body(t):
        for n in range(1, 150):
            t.delete(5, bytes([n]))
        t.put(5, b"\xfe", b"12345")
        return (
            [key for key, _ in t.scan(5, b"", None, limit=2)],
            [key for key, _ in t.scan(5, b"", None, limit=9, reverse=True, size=6)],
            t.scan(5, b"", None, limit=0),
        )

    assert write(body) == [([b"\x96", b"\x97"], [b"\xfe", b"\xc7"], [])]


def test_bodies_of_a_batch_see_earlier_ones(engine, write):
    def count(t):
        count = int(t.get(5, b"count") or b"0") + 1
        t.put(5, b"count", b"%d" % count)
        return count

    assert write(*[count] * 20) == list(range(1, 21))
    assert engine.reader.get(5, b"count") == b"20"


def test_a_body_that_raises_leaves_nothing(engine, write):
    write(lambda t: t.put(5, b"a", b"1"))
    results = write(
        refuse,
        lambda t: t.get_many(5, [b"a", b"refused"]),
        refuse,
        lambda t: t.put(5, b"b", b"2"),
    )
    assert [type(result) for result in results] == [Refused, list, Refused, type(None)]
    assert results[1] == [b"1", None]
    assert engine.reader.scan(5, b"", None, limit=10) == [(b"a", b"1"), (b"b", b"2")]


def test_an_exception_that_a_future_cannot_carry(engine, write):
    assert isinstance(write(lambda t: next(iter([])))[0], RuntimeError)


def test_one_failure_does_not_show_through_in_the_answers(engine):
    async def scenario():
        good, bad = engine.write(lambda t: t.put(5, b"a", b"1")), engine.write(refuse)
        with pytest.raises(Refused):
            await bad
        return good.done()  # an answer to the one means that the batch of both is durable

    assert asyncio.run(scenario())


def test_a_caller_that_goes_away_does_not_disturb_the_rest(engine):
    async def scenario():
        futures = [engine.write(lambda t, n=n: t.put(5, bytes([n]), b"v")) for n in range(1, 4)]
        futures[1].cancel()
        return await asyncio.gather(futures[0], futures[2])

    asyncio.run(scenario())
    assert {b"\1", b"\3"} <= {key for key, _ in engine.reader.scan(5, b"", None, limit=9)}


def test_generation(engine, write):
    before = engine.reader.generation

    def change_catalog(t):
        t.put(0, b"table", b"new")
        return t.generation

    write(lambda t: t.put(5, b"a", b"1"), lambda t: t.delete(5, b"b"))
    assert engine.reader.generation == before
    seen = write(lambda t: t.generation, change_catalog, lambda t: t.generation, refuse)
    assert seen[:3] == [before, None, None]
    after = engine.reader.generation
    assert after > before
    assert write(lambda t: t.generation) == [after]
    assert engine.read(lambda reader: reader.generation) == after


def test_a_refused_change_of_the_catalog_is_not_seen(engine, write):
    def refused_change(t):
        t.put(0, b"table", b"new")
        raise Refused

    before = engine.reader.generation
    assert write(refused_change, lambda t: t.generation)[1] == before
    assert engine.reader.generation == before


def test_generation_moves_before_the_answer(engine):
    async def scenario():
        before = engine.reader.generation
        await engine.write(lambda t: t.put(0, b"table", b"new"))
        return engine.reader.generation > before, engine.reader.get(0, b"table")

    assert asyncio.run(scenario()) == (True, b"new")


def test_ids_grow_and_batches_share_theirs(engine, write):
    def numbers(t):
        t.put(5, b"%d" % t.id, b"")
        return t.id, t.batch

    first, second = write(*[numbers] * 5), write(*[numbers] * 5)
    ids = [id_ for id_, _ in first + second]
    assert ids == sorted(set(ids))
    assert ids[0] > 0
    for batch in (first, second):
        assert len({number for _, number in batch}) == 1
    assert first[0][1] < second[0][1]


def test_many_concurrent_writers(engine):
    async def add(n):
        for _ in range(10):
            await engine.write(lambda t: t.put(5, b"n%d" % n, b"%d" % (int(t.get(5, b"n%d" % n) or 0) + 1)))

    async def scenario():
        await asyncio.gather(*map(add, range(100)))

    asyncio.run(scenario())
    assert {value for _, value in engine.reader.scan(5, b"", None, limit=1000)} == {b"10"}


def test_closing(engine):
    async def scenario():
        accepted = [engine.write(lambda t, n=n: t.put(5, bytes([n]), b"v") or n) for n in range(1, 4)]
        closing = asyncio.ensure_future(engine.aclose())
        assert await asyncio.gather(*accepted) == [1, 2, 3]
        await closing
        with pytest.raises(StorageClosed):
            await engine.write(lambda t: None)

    asyncio.run(scenario())


def test_closing_at_once(engine):
    async def scenario():
        waiting = engine.write(lambda t: t.put(5, b"a", b"1"))
        engine.close()
        with pytest.raises(StorageClosed):
            await waiting

    asyncio.run(scenario())
