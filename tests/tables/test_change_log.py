"""The change log by itself: positions, times, seeking and trimming, beside bodies that fail."""

import asyncio
from random import Random

import pytest

from stator.storage.memory import MemoryEngine
from stator.storage.open import open_engine
from stator.tables import change_log
from stator.tables.change_log import ChangeLog, first_position, position_of, sequence

SPACE = 20
UNLIMITED = 1 << 40


class HandClock:
    """A clock that a test sets."""

    def __init__(self):
        self.time = 1_000.0

    def now(self):
        return self.time


def append(log, transaction, name):
    log.append(transaction, name="INSERT", item_key=name.encode(), size=1)


def found(reader):
    return [(change.key.decode(), change.time) for _, change in change_log.changes(reader, SPACE, 0, None)]


def run(body):
    async def inner():
        engine, clock = MemoryEngine(), HandClock()
        try:
            await body(engine, ChangeLog(SPACE, clock), clock)
        finally:
            await engine.aclose()

    asyncio.run(inner())


def test_sequence_numbers():
    for position in (0, 1, first_position(1), first_position((1 << 63) - 1) + 0xFFFF):
        text = sequence(position)
        assert 21 <= len(text) <= 40
        assert position_of(text) == position
    for text in ("", "1", "0" * 25, "9" * 25, "x" * 25, "²" * 25, sequence(1)[1:], "1" + sequence(1)):
        assert position_of(text) is None


def test_changes_are_in_the_order_of_transactions_and_within_them():
    async def body(engine, log, clock):
        def three(transaction):
            for name in "bca":
                append(log, transaction, name)
            return transaction.id

        first = await engine.write(three)
        second = await engine.write(three)
        positions = [position for position, _ in change_log.changes(engine.reader, SPACE, 0, None)]
        assert positions == [first_position(id_) + number for id_ in (first, second) for number in range(3)]
        assert [name for name, _ in found(engine.reader)] == list("bcabca")

    run(body)


def test_a_body_that_fails_leaves_nothing():
    async def body(engine, log, clock):
        def fail(transaction):
            append(log, transaction, "never")
            raise ValueError

        def good(transaction):
            append(log, transaction, "a")
            append(log, transaction, "b")

        writes = [engine.write(each) for each in (good, fail, good)]
        results = await asyncio.gather(*writes, return_exceptions=True)
        assert isinstance(results[1], ValueError)
        assert [name for name, _ in found(engine.reader)] == list("abab")

    run(body)


def test_times_never_go_backwards():
    async def body(engine, log, clock):
        for time in (1_000.0, 900.0, 950.0, 1_001.0):
            clock.time = time
            await engine.write(lambda transaction: append(log, transaction, "x"))
        assert [time for _, time in found(engine.reader)] == [1_000.0, 1_000.0, 1_000.0, 1_001.0]
        clock.time = 1.0
        again = ChangeLog(SPACE, clock)  # as after a restart
        await engine.write(lambda transaction: append(again, transaction, "y"))
        assert found(engine.reader)[-1] == ("y", 1_001.0)

    run(body)


@pytest.mark.parametrize("seed", range(5))
def test_seeking(seed):
    source = Random(seed)

    async def body(engine, log, clock):
        def some(transaction):
            for _ in range(source.randint(0, 3)):
                append(log, transaction, "x")

        for _ in range(40):
            clock.time += source.choice((0, 0, 1, 10))
            await engine.write(some)
        rows = [
            (position, change.time) for position, change in change_log.changes(engine.reader, SPACE, 0, None)
        ]
        start, end = sorted(source.sample(range(rows[-1][0] + 5), 2))
        inside = [(position, time) for position, time in rows if start <= position < end]
        for time in range(990, int(clock.time) + 3):
            older = [position for position, at in inside if at < time]
            expected = older[-1] + 1 if older else start
            assert change_log.seek(engine.reader, SPACE, start, end, time) == expected

    run(body)


def test_trimming_takes_what_is_old_but_never_the_newest():
    async def body(engine, log, clock):
        for number in range(10):
            clock.time = 1_000.0 + number
            await engine.write(lambda transaction, n=number: append(log, transaction, str(n)))
        first = change_log.oldest(engine.reader, SPACE, 0, None)

        def trim(horizon, rows=100, size=UNLIMITED):
            return engine.write(
                lambda transaction: change_log.trim(transaction, SPACE, horizon, rows=rows, size=size)
            )

        assert await trim(1_000.0) is None
        assert await trim(1_001.0) == first[0] + 1
        assert [name for name, _ in found(engine.reader)] == [str(number) for number in range(1, 10)]
        assert await trim(5_000.0, rows=2)
        assert await trim(5_000.0, size=1)  # a row that is larger than the budget goes too
        assert [name for name, _ in found(engine.reader)] == [str(number) for number in range(4, 10)]
        assert await trim(5_000.0)
        assert [name for name, _ in found(engine.reader)] == ["9"]
        assert await trim(5_000.0) is None

    run(body)


def test_an_empty_log():
    async def body(engine, log, clock):
        assert change_log.newest(engine.reader, SPACE) is None
        assert change_log.seek(engine.reader, SPACE, 5, 50, 1.0) == 5
        assert change_log.read(engine.reader, SPACE, 0, None, limit=5, size=5) == ([], True)
        trimmed = await engine.write(lambda t: change_log.trim(t, SPACE, 1e9, rows=5, size=5))
        assert trimmed is None

    run(body)


def test_slices_tell_whether_something_follows():
    async def body(engine, log, clock):
        for name in "abc":
            await engine.write(lambda transaction, n=name: append(log, transaction, n))
        end = change_log.newest(engine.reader, SPACE)[0]

        def read(limit, size=UNLIMITED, end=None):
            changes, ended = change_log.read(engine.reader, SPACE, 0, end, limit=limit, size=size)
            return len(changes), ended

        assert [read(limit) for limit in (1, 3, 4)] == [(1, False), (3, False), (3, True)]
        assert read(9, size=1) == (1, False)
        assert read(9, end=end) == (2, True)

    run(body)


def test_positions_grow_over_kills_and_restarts(tmp_path):
    clock = HandClock()

    async def once(name):
        engine = open_engine(tmp_path / "data")
        log = ChangeLog(SPACE, clock)
        try:
            await engine.write(lambda transaction: append(log, transaction, name))
            return found(engine.reader)
        finally:
            await engine.aclose()

    for number in range(5):
        clock.time -= 100
        rows = asyncio.run(once(str(number)))
    assert rows == [(str(number), 900.0) for number in range(5)]
