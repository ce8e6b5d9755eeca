"""A dropped space is empty at once; its room comes back in small steps."""

import asyncio

ENTRIES = 50


def fill(t, space=5):
    for n in range(1, ENTRIES + 1):
        t.put(space, bytes([n]), b"v" * n * 100)


def reclaim(engine, rows):
    async def step():
        return await engine.reclaim(rows)

    return asyncio.run(step())


def test_a_dropped_space_is_empty(engine, write):
    write(fill, lambda t: fill(t, 6))
    write(lambda t: t.drop_space(5))
    assert engine.reader.scan(5, b"", None, limit=9) == []
    assert engine.reader.get(5, b"\1") is None
    assert write(lambda t: (t.get(5, b"\1"), t.scan(5, b"", None, limit=9))) == [(None, [])]
    assert len(engine.reader.scan(6, b"", None, limit=99)) == ENTRIES


def test_the_rest_of_the_batch_sees_it_empty(engine, write):
    write(fill)

    def drop(t):
        t.put(5, b"new", b"1")
        t.drop_space(5)
        return t.get(5, b"new"), t.get(5, b"\1")

    look = lambda t: (t.get(5, b"\1"), t.get_many(5, [b"\2"]), t.scan(5, b"", None, limit=9))  # noqa: E731
    assert write(drop, look) == [(None, None), (None, [None], [])]


def test_a_drop_that_is_refused(engine, write):
    write(fill)

    def refused(t):
        t.drop_space(5)
        raise ValueError

    write(refused)
    assert len(engine.reader.scan(5, b"", None, limit=99)) == ENTRIES


def test_a_dropped_space_is_not_written_again(engine, write):
    def wrong(t):
        t.drop_space(5)
        t.put(5, b"a", b"1")

    assert isinstance(write(wrong)[0], AssertionError)


def test_dropping_the_catalog_moves_the_generation(engine, write):
    before = engine.reader.generation
    assert write(lambda t: t.drop_space(0) or t.generation) == [None]
    assert engine.reader.generation > before


def test_reclaiming_ends(engine, write):
    write(fill, lambda t: fill(t, 6), lambda t: fill(t, 7))
    write(lambda t: t.drop_space(5), lambda t: t.drop_space(7))
    steps = 0
    while reclaim(engine, 10):
        steps += 1
        assert steps < 100
    assert not reclaim(engine, 10)
    assert len(engine.reader.scan(6, b"", None, limit=99)) == ENTRIES
