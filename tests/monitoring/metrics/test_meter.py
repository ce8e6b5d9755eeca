"""What a worker counts lands in its book: in the right minute, in bounds, and whatever becomes of it."""

import logging
from random import Random

import pytest

from harness.metrics import Hand
from stator.base.clock import SystemClock
from stator.tables.book import CLOSED, FOR_EVER, FREE, OPEN, Book
from stator.tables.meter import (
    RETURNED_ITEMS,
    SEPARATOR,
    UNITS_EXACT,
    USER_ERRORS,
    Meter,
    bucket,
    bucket_middle,
    name_of,
)

NOON = 1_800_000_000.0
MINUTE = int(NOON) // 60


def counts(book: Book, state: int = CLOSED) -> dict[int, dict[tuple[int, str], list[int]]]:
    """What is in the blocks of a state, by minute."""
    found: dict[int, dict[tuple[int, str], list[int]]] = {}
    for block in book.blocks:
        if block.state == state:
            for entry in block.entries():
                of_minute = found.setdefault(block.minute, {})
                assert (entry.kind, entry.name) not in of_minute
                of_minute[entry.kind, entry.name] = list(entry.cells)
    return found


def test_what_is_counted_belongs_to_the_minute_of_the_clock() -> None:
    clock, book = Hand(NOON), Book(blocks=8)
    meter = Meter(book, clock)
    expected = {}
    for times in (3, 1, 5):
        for _ in range(times):
            meter.count(USER_ERRORS)
        expected[int(clock.now()) // 60] = {(USER_ERRORS, ""): [times]}
        clock.advance(120)  # Without a look at it in between.
    meter.tick()
    assert counts(book) == expected
    assert book.minute == int(clock.now()) // 60


def test_a_minute_without_counts_takes_no_block() -> None:
    clock, book = Hand(NOON), Book(blocks=2)
    meter = Meter(book, clock)
    for _ in range(5):
        clock.advance(60)
        meter.tick()
    assert [block.state for block in book.blocks] == [OPEN, FREE]
    assert (book.blocks[0].minute, book.minute) == (MINUTE + 5, MINUTE + 5)


def test_units_are_exact_up_to_sixteen_and_summed_above() -> None:
    clock, book = Hand(NOON), Book(blocks=2)
    meter = Meter(book, clock)
    for units in (0.5, 0.5, 1.0, 16.0, 16.5, 128.0, 20.0):
        meter.reads("orders", int(units * 2))
        meter.writes(name_of("orders", "by-day"), int(units * 2))
    found = counts(book, OPEN)[MINUTE]
    exact = {1: 2, 2: 1, UNITS_EXACT: 1}
    cells = [exact.get(half, 0) for half in range(UNITS_EXACT + 1)] + [3, 33 + 256 + 40, 33, 256]
    assert found == {(1, "orders"): cells, (2, f"orders{SEPARATOR}by-day"): cells}


def test_values_have_their_number_sum_least_and_most() -> None:
    book = Book(blocks=2)
    meter = Meter(book, Hand(NOON))
    for value in (7, 0, 12, 3):
        meter.value(RETURNED_ITEMS, "orders", value)
    assert counts(book, OPEN)[MINUTE][RETURNED_ITEMS, "orders"] == [4, 22, 0, 12]


def test_durations_are_kept_to_within_a_sixteenth() -> None:
    random = Random(7)
    for microseconds in [*range(5000), *(int(2 ** random.uniform(0, 26)) for _ in range(5000))]:
        cell = bucket(microseconds)
        assert abs(bucket_middle(cell) - microseconds) <= microseconds / 16
        assert bucket(microseconds + 1) in (cell, cell + 1)
    assert bucket(10**12) == bucket(2**26 - 1)


def test_latencies_are_counted_by_what_requests_call_a_table() -> None:
    clock, book = Hand(NOON), Book(blocks=4)
    meter = Meter(book, clock)
    places = meter.new_places()
    name = name_of("orders", "GetItem")
    for _ in range(2):
        for named in ("orders", "arn:orders", "orders"):
            started = meter.start()
            if not meter.answered(places, named, started):
                meter.find_place(places, named, name)
                assert meter.answered(places, named, started)
        clock.advance(60)
    meter.tick()
    found = counts(book)
    assert [{key: sum(cells) for key, cells in found[minute].items()} for minute in sorted(found)] == [
        {(3, name): 3},
        {(3, name): 3},
    ]


def test_a_block_that_is_full_counts_what_it_has(caplog: pytest.LogCaptureFixture) -> None:
    book = Book(blocks=2, block_words=512)
    meter = Meter(book, Hand(NOON))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            for number in range(40):
                meter.reads(f"table-{number}", 2)
    found = counts(book, OPEN)[MINUTE]
    assert 1 < len(found) < 40
    assert all(cells[2] == 3 for cells in found.values())
    assert len(caplog.records) == 1, "told once a minute"


def test_without_a_free_block_a_minute_is_lost_and_no_other(caplog: pytest.LogCaptureFixture) -> None:
    clock, book = Hand(NOON), Book(blocks=2, block_words=512)
    meter = Meter(book, clock)
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            meter.count(USER_ERRORS)
            clock.advance(60)
            meter.tick()
    assert len(caplog.records) == 1
    assert counts(book) == {MINUTE + n: {(USER_ERRORS, ""): [1]} for n in range(2)}
    for block in book.blocks:
        block.free()
    clock.advance(60)
    meter.count(USER_ERRORS)
    clock.advance(60)
    meter.tick()
    assert counts(book) == {MINUTE + 4: {(USER_ERRORS, ""): [1]}}


def test_a_freed_block_begins_empty() -> None:
    clock, book = Hand(NOON), Book(blocks=1, block_words=512)
    meter = Meter(book, clock)
    for number in range(3):
        meter.reads("a-table-with-a-long-name", 2)
        meter.close()
        [block] = book.blocks
        assert counts(book)[block.minute][1, "a-table-with-a-long-name"][2] == 1
        block.free()
        clock.advance(60)
        meter = Meter(book, clock)
        assert (block.minute, block.serial, block.is_empty) == (MINUTE + number + 1, number + 2, True)


def test_who_takes_the_place_of_a_dead_worker_goes_on_in_its_book() -> None:
    clock, book = Hand(NOON), Book(blocks=4)
    Meter(book, clock).count(USER_ERRORS, times=5)  # and is killed
    book.vacate()
    assert book.minute == FOR_EVER
    meter = Meter(book, clock)
    meter.count(USER_ERRORS, times=2)
    clock.advance(60)
    meter.tick()
    of_minute = [block for block in book.blocks if block.state == CLOSED and block.minute == MINUTE]
    assert [[list(entry.cells) for entry in block.entries()] for block in of_minute] == [[[5]], [[2]]]
    assert len({block.serial for block in book.blocks if block.state != FREE}) == 3


def test_the_systems_clock_is_looked_at_again_by_the_end_of_the_minute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A request that begins in another minute counts there, although nobody has ticked."""
    now = [NOON + 59.99]
    monkeypatch.setattr(SystemClock, "now", lambda _: now[0])
    book = Book(blocks=2)
    meter = Meter(book, SystemClock())
    started = meter.start()
    now[0] += 0.02
    while meter.start() < started + 0.011:
        pass
    meter.count(USER_ERRORS)
    assert counts(book, OPEN) == {MINUTE + 1: {(USER_ERRORS, ""): [1]}}
