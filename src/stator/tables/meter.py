"""The meter of one worker: what requests consume and come to, counted into its book, minute by minute.

Counting is one look-up and one or two words of memory that grow, so it may lie on the way of every request.
Nothing is lost with the process (`stator.tables.book`). What the counts become is no business of this module:
see `stator.monitoring.metrics`.

    kind                   name                             cells
    READ_UNITS, WRITE_…    table, index ("": the table)     UNITS: 33 of requests that consumed 0, ½, 1 … 16
                                                            units; how many consumed more, their half units,
                                                            the least and the most of one
    LATENCIES              table, operation, stream label   LATENCY: of requests, by duration (`bucket`)
    most others            see below                        COUNT: one
    RETURNED_…, FILL_…     see below                        VALUES: how many, their sum, the least, the most

The minute is that in which something is counted, by the server's clock. The clock is read when a request
begins or ends after the time for which the present second lasts; one that a test moves is read for every
count. So whoever wants to know the second of a request need not read a clock again (`Meter.second`).
"""

import logging
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final

from stator.base.clock import Clock, SystemClock
from stator.tables.book import OPEN, Block, Book
from stator.tables.observation import Observer

READ_UNITS: Final = 1  # table, index
WRITE_UNITS: Final = 2  # table, index
LATENCIES: Final = 3  # table, operation, stream label
THROTTLES: Final = 4  # table, index, direction, cause
THROTTLED_REQUESTS: Final = 5  # table, operation
SYSTEM_ERRORS: Final = 6  # table, operation
USER_ERRORS: Final = 7  # nothing
CONDITION_FAILURES: Final = 8  # table
CONFLICTS: Final = 9  # table
EXPIRED_ITEMS: Final = 10  # table
RETURNED_ITEMS: Final = 11  # table, operation
RETURNED_RECORDS: Final = 12  # table, operation, stream label
RETURNED_BYTES: Final = 13  # table, operation, stream label
FILL_PROGRESS: Final = 14  # table, index: per cent
FILL_UNITS: Final = 15  # table, index

SEPARATOR: Final = "\0"  # of the parts of a name

UNITS_EXACT: Final = 32  # half units: so many and fewer have a cell each
UNITS_CELLS: Final = UNITS_EXACT + 1 + 4

_STEPS: Final = 8  # buckets of an octave
_FINE: Final = 4096  # microseconds, below which a table gives the bucket
_LATENCY_CELLS: Final = 8 + 23 * _STEPS  # up to 2 ** 26 microseconds, 67 seconds
_COUNT_CELLS: Final = 1
_VALUES_CELLS: Final = 4

_CHECK_SECONDS: Final = 0.25  # for which a second is taken to last, at most: clocks are set
_MINUTE_SECONDS: Final = 60

_log = logging.getLogger("stator.meter")


def _fine_buckets() -> bytes:
    """The buckets of up to `_FINE` microseconds: exact below 8, then eight to an octave."""
    return bytes(
        us if us < _STEPS else (us.bit_length() - 4) * _STEPS + (us >> (us.bit_length() - 4))
        for us in range(_FINE)
    )


_BUCKETS: Final = _fine_buckets()


def bucket(microseconds: int) -> int:
    """The cell of a duration."""
    shifted = 0
    while microseconds >= _FINE:
        microseconds >>= 1
        shifted += _STEPS
    return min(_BUCKETS[microseconds] + shifted, _LATENCY_CELLS - 1)


def bucket_middle(cell: int) -> float:
    """The duration in microseconds that stands for those of a cell: off by 1/16 at the most."""
    if cell < _STEPS:
        return float(cell)
    octave, step = divmod(cell - _STEPS, _STEPS)
    width = 1 << octave
    return (_STEPS + step) * width + (width - 1) / 2


def name_of(*parts: str) -> str:
    """A name of several parts; those at the end that are empty are left out."""
    return SEPARATOR.join(parts).rstrip(SEPARATOR)


class Meter:
    """Counts for one worker; `observers` are told of each request that this process has answered.

    `turned` is called when another minute has begun. `totals` gives what was counted since the start by all
    workers together, where that is known (`stator.monitoring.metrics.collector`).
    """

    def __init__(self, book: Book, clock: Clock) -> None:
        self.observers: list[Observer] = []
        self.turned: Callable[[], None] | None = None
        self.totals: Callable[[], Any] | None = None
        self._book = book
        self._clock = clock
        self._is_exact = not isinstance(clock, SystemClock)
        self._minute = int(clock.now()) // _MINUTE_SECONDS
        self.second = int(clock.now())  # when a request has begun or ended last
        self._until = 0.0  # by `perf_counter`: so long it lasts
        # Where the cells of a name are in the block's words.
        self._places: list[dict[str, int]] = [{} for _ in range(FILL_UNITS + 1)]
        self._reads = self._places[READ_UNITS]
        self._writes = self._places[WRITE_UNITS]
        self._latencies: list[dict[str, int]] = []
        book.enter(self._minute)
        self._block: Block = book.open(self._minute) or book.spare()
        self._words: Any = self._block.words
        self._is_lossy = False  # told that something of this minute is lost

    # The minute.

    def start(self) -> float:
        """The time at which a request begins, by `perf_counter`."""
        now = perf_counter()
        if now >= self._until:
            self._look(now)
        return now

    def tick(self) -> None:
        """Look at the clock, so that the minute ends where no requests come, too."""
        self._look(perf_counter())

    def close(self) -> None:
        """Count no more, and let all that was counted be collected."""
        self._book.leave()
        self._begin(self._book.spare())
        self._is_lossy = True  # Nobody needs to be told.

    def _look(self, now: float) -> None:
        time = self._clock.now()
        second = int(time)
        self.second = second
        minute = second // _MINUTE_SECONDS
        if minute != self._minute:
            self._turn(minute)
        if not self._is_exact:
            self._until = now + min(second + 1 - time, _CHECK_SECONDS)

    def _turn(self, minute: int) -> None:
        """Go on in another minute."""
        self._minute = minute
        block = self._block
        if block.is_empty and block.state == OPEN:
            block.rename(minute)
        else:
            block.close()
            self._begin(self._book.open(minute) or self._book.spare())
        self._book.reached(minute)
        if self.turned is not None:
            self.turned()

    def _begin(self, block: Block) -> None:
        self._block = block
        self._words = block.words
        self._is_lossy = False
        for places in self._places:
            places.clear()
        for places in self._latencies:
            places.clear()

    # Counting.

    def reads(self, name: str, half_units: int) -> None:
        """Count half read units that a request has consumed of a table or, by both names, of an index."""
        if self._is_exact:
            self.tick()
        place = self._reads.get(name)
        if place is None:
            place = self._place(self._reads, READ_UNITS, name, UNITS_CELLS)
        if half_units <= UNITS_EXACT:
            self._words[place + half_units] += 1
        else:
            self._value(place + UNITS_EXACT + 1, half_units)

    def writes(self, name: str, half_units: int) -> None:
        """Count half write units that a request has consumed of a table or, by both names, of an index."""
        if self._is_exact:
            self.tick()
        place = self._writes.get(name)
        if place is None:
            place = self._place(self._writes, WRITE_UNITS, name, UNITS_CELLS)
        if half_units <= UNITS_EXACT:
            self._words[place + half_units] += 1
        else:
            self._value(place + UNITS_EXACT + 1, half_units)

    def new_places(self) -> dict[str, int]:
        """A map from what requests to one operation call a table, to where their latencies are counted."""
        places: dict[str, int] = {}
        self._latencies.append(places)
        return places

    def answered(self, places: dict[str, int], named: str, started: float) -> bool:
        """Count how long a request took that has `start`ed then. False if `find_place` must come first."""
        now = perf_counter()
        if now >= self._until:
            self._look(now)
        place = places.get(named)
        if place is None:
            return False
        microseconds = int((now - started) * 1e6)
        if microseconds < _FINE:
            self._words[place + _BUCKETS[microseconds]] += 1
        else:
            self._words[place + bucket(microseconds)] += 1
        return True

    def find_place(self, places: dict[str, int], named: str, name: str) -> None:
        """Have latencies of what requests call so counted under a name, until the minute is over."""
        known = self._places[LATENCIES]
        place = known.get(name)
        places[named] = self._place(known, LATENCIES, name, _LATENCY_CELLS) if place is None else place

    def count(self, kind: int, name: str = "", times: int = 1) -> None:
        """Count something that has happened."""
        if self._is_exact:
            self.tick()
        places = self._places[kind]
        place = places.get(name)
        if place is None:
            place = self._place(places, kind, name, _COUNT_CELLS)
        self._words[place] += times

    def value(self, kind: int, name: str, value: int) -> None:
        """Count something that is a whole number, such as how many items a page has."""
        if self._is_exact:
            self.tick()
        places = self._places[kind]
        place = places.get(name)
        if place is None:
            place = self._place(places, kind, name, _VALUES_CELLS)
        self._value(place, value)

    def _value(self, place: int, value: int) -> None:
        words = self._words
        if words[place] == 0:
            words[place + 2] = words[place + 3] = value
        elif value < words[place + 2]:
            words[place + 2] = value
        elif value > words[place + 3]:
            words[place + 3] = value
        words[place + 1] += value
        words[place] += 1

    def _place(self, places: dict[str, int], kind: int, name: str, cells: int) -> int:
        """Make an entry; where its cells are. What finds no room is counted where nobody looks."""
        place = self._block.add(kind, name, cells)
        if place == 0:
            place = self._block.nowhere
        if not self._is_lossy and (place == self._block.nowhere or self._block.state != OPEN):
            self._is_lossy = True
            _log.warning("some metrics of this minute are lost: there is no room for them")
        places[name] = place
        return place
