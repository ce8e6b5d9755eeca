"""The collector: what workers have counted is stored, minute by minute, each count exactly once.

    block CLOSED ──> samples and marks, some in each transaction ──> counted in `totals` ──> block FREE

A minute is complete once every worker's book has left it; then the blocks of all of them are taken together.
The mark says which blocks were taken last, and how many of their samples are stored, if not all. Who goes on
after another one that was killed, or did not wait for its last transaction, finds by it what is stored, and
what is not free yet. Blocks are told by the run of the server, the worker and their serial, since
books go with the supervisor; what they hold then is lost with it.

Without books, nobody counts, and minutes end as the clock says. Where the clock was set back, minutes that
are still to come are over too, and those that come again are added to.
"""

import asyncio
import logging
from array import array
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from stator.monitoring.metrics import books as counts
from stator.monitoring.metrics import gauges
from stator.monitoring.metrics.names import FIVE_MINUTES, INDEX, MINUTE, TABLE
from stator.monitoring.metrics.points import Metric, Sample
from stator.monitoring.metrics.store import MetricsStore
from stator.storage.engine import Reader, Transaction
from stator.tables.book import CLOSED, FOR_EVER, FREE, OPEN, Block, Books
from stator.tables.catalog import Catalog
from stator.tables.database import Database
from stator.tables.keyspace import METRICS
from stator.tables.meter import SEPARATOR

MARK_KEY: Final = b"c"
RECENT_MINUTES: Final = 30  # for which a table that is not used any more is published as consuming nothing

_SAMPLES_AT_ONCE: Final = 1_000  # in a transaction: some ten milliseconds
_TOTALS_KEPT_MIN: Final = 5_000  # below which none are dropped

Totals = Mapping[tuple[int, str], Sequence[int]]
_Taken = tuple[int, Block]  # with the worker's number

_log = logging.getLogger("stator.jobs")


class Mark(Struct, array_like=True, frozen=True):
    """What was taken last: of which run, the worker and serial of each block; and the newest gauges' time.

    `stored` is how many of the samples of these blocks are stored; None: all of them.
    """

    run: bytes = b""
    blocks: tuple[tuple[int, int], ...] = ()
    gauged: int = 0
    stored: int | None = None


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Mark).decode


class Collector:
    """Collects the books of a server, in the process that writes.

    `closed_until` is the end of the newest minute that is complete and stored, in seconds since the epoch;
    `on_closed` are called with it when it has moved (back, too, if the clock was set back).
    """

    def __init__(self, database: Database, store: MetricsStore, books: Books | None) -> None:
        self._database = database
        self._store = store
        self._books = books
        self._mark = database.engine.read(_read_mark)
        self._closed = min(self._minute(), *(block.minute for _, block in self._blocks()), FOR_EVER)
        self._recent: dict[
            Metric, int
        ] = {}  # tables and indexes, and the minute in which they were used last
        self._totals: dict[tuple[int, str], array[int]] = {}
        self._totals_room = _TOTALS_KEPT_MIN
        self.on_closed: list[Callable[[int], None]] = []

    @property
    def closed_until(self) -> int:
        """The end of the newest minute that is complete and stored."""
        return self._closed * MINUTE

    @property
    def is_due(self) -> bool:
        """Whether `collect` would do anything."""
        return self._complete_until() != self._closed or self._is_gauge_due()

    async def collect(self) -> None:
        """Store what is complete. Raises StorageError; then nothing of it is stored, and nothing is lost."""
        until = self._complete_until()
        await self._take(until, gauged=self._is_gauge_due())
        if until != self._closed:
            self._closed = until
            for told in list(self.on_closed):
                told(self.closed_until)

    async def finish(self) -> None:
        """Store all that is counted, the unfinished minute too: nobody counts any more."""
        for book in self._books.books if self._books is not None else ():
            book.close()
        await self._take(FOR_EVER, gauged=False)

    def totals(self) -> Totals:
        """What was counted since this process began to collect, by kind and name, in cells as the meter's.

        The least and the most of values are not kept.
        """
        totals = {key: array("Q", cells) for key, cells in self._totals.items()}
        for _, block in self._blocks():
            _add(totals, block)
        return totals

    # Minutes.

    def _minute(self) -> int:
        return int(self._database.clock.now()) // MINUTE

    def _gauge_time(self) -> int:
        """When the present five minutes began."""
        return int(self._database.clock.now()) // FIVE_MINUTES * FIVE_MINUTES

    def _is_gauge_due(self) -> bool:
        return self._books is not None and self._gauge_time() != self._mark.gauged

    def _complete_until(self) -> int:
        """The first minute that is not complete."""
        until = self._minute()
        for book in self._books.books if self._books is not None else ():
            until = min(until, book.minute)
        return until

    def _is_over(self, minute: int, until: int) -> bool:
        """Whether nothing more is counted for a minute, all being complete that are before `until`."""
        return minute < until or minute > self._minute()

    # Blocks.

    def _blocks(self) -> Iterator[_Taken]:
        """All blocks with counts that were not taken."""
        if self._books is None:
            return
        known = set(self._mark.blocks) if self._is_marked and self._mark.stored is None else set()
        for worker, book in enumerate(self._books.books):
            for block in book.blocks:
                if block.state != FREE and (worker, block.serial) not in known:
                    yield worker, block

    @property
    def _is_marked(self) -> bool:
        """Whether the mark is of these books."""
        return self._books is not None and self._mark.run == self._books.run

    async def _take(self, until: int, *, gauged: bool) -> None:
        """Store the blocks of the minutes before `until`, and if wanted the gauges of now."""
        self._close_abandoned(until)
        await self._take_rest()
        self._free_taken()
        taken = [
            each
            for each in self._blocks()
            if each[1].state == CLOSED and self._is_over(each[1].minute, until)
        ]
        samples = await asyncio.to_thread(_counted, taken) + self._idle_samples(taken, until)
        gauge_time = self._gauge_time() if gauged else self._mark.gauged
        if gauged:
            samples += gauges.samples(self._database.engine.reader, self._database.catalog, gauge_time)
        if not samples and not taken:
            return
        run = b"" if self._books is None else self._books.run
        mark = Mark(run, tuple((worker, block.serial) for worker, block in taken), gauge_time)
        if await self._store_all(taken, samples, mark):
            self._free_taken()
            self._bound_totals()
        else:
            await self._take(until, gauged=gauged)

    async def _take_rest(self) -> None:
        """Store what is left of blocks that were being taken when that was broken off."""
        if not self._is_marked or self._mark.stored is None:
            return
        marked = set(self._mark.blocks)
        taken = [each for each in self._blocks() if (each[0], each[1].serial) in marked]
        samples = await asyncio.to_thread(_counted, taken)
        stored = self._mark.stored
        if not await self._store_all(taken, samples, replace(self._mark, stored=None), stored):
            await self._take_rest()

    async def _store_all(
        self, taken: Sequence[_Taken], samples: Sequence[Sample], mark: Mark, stored: int = 0
    ) -> bool:
        """Store all samples but those that are stored already: those of the blocks first, in their order.

        False if the mark that is found is another one than is known: then all begins anew with it.
        """
        for begin in range(stored, max(len(samples), stored + 1), _SAMPLES_AT_ONCE):
            end = begin + _SAMPLES_AT_ONCE
            done = mark if end >= len(samples) else replace(mark, gauged=self._mark.gauged, stored=end)
            some = partial(self._store_some, samples=samples[begin:end], known=self._mark, mark=done)
            self._mark = await self._database.engine.write(some)
            if self._mark != done:
                return False
        for _, block in taken:
            _add(self._totals, block)
        return True

    def _store_some(
        self, transaction: Transaction, samples: Sequence[Sample], known: Mark, mark: Mark
    ) -> Mark:
        """Store samples with a mark, unless another one than is known is found. The mark that is there."""
        found = _read_mark(transaction)
        if found != known:
            return found
        self._store.put(transaction, samples)
        transaction.put(METRICS, MARK_KEY, _encode(mark))
        return mark

    def _close_abandoned(self, until: int) -> None:
        """Close what workers have left open that are gone; who takes their place opens a block of his own."""
        for book in self._books.books if self._books is not None else ():
            if book.is_vacant:
                for block in book.blocks:
                    if block.state == OPEN and self._is_over(block.minute, until):
                        block.close()

    def _free_taken(self) -> None:
        """Free the blocks that the mark says are stored."""
        if self._books is None or not self._is_marked:
            return
        for worker, serial in self._mark.blocks:
            for block in self._books[worker].blocks:
                if block.serial == serial and block.state == CLOSED:
                    block.free()

    # Samples.

    def _idle_samples(self, taken: Sequence[_Taken], until: int) -> list[Sample]:
        """Samples of tables and indexes that were used lately, and not in the minutes that are taken."""
        by_minute = _by_minute(taken)
        # After a jump of the clock, minutes that nobody was in are complete too.
        minutes = range(max(self._closed, until - RECENT_MINUTES), until) if until != FOR_EVER else ()
        samples: list[Sample] = []
        for minute in sorted({*by_minute, *minutes}):
            blocks = by_minute.get(minute, [])
            used = counts.tables_in(blocks)
            samples += counts.idle(self._idle(used, minute), minute)
            self._recent |= dict.fromkeys(used, minute)
        return samples

    def _idle(self, used: set[Metric], minute: int) -> list[Metric]:
        """Tables and indexes that were used lately, and not in this minute; older ones are forgotten."""
        reader, catalog = self._database.engine.reader, self._database.catalog
        self._recent = {
            each: last
            for each, last in self._recent.items()
            if abs(minute - last) <= RECENT_MINUTES and _is_there(reader, catalog, dict(each.dimensions))
        }
        return [each for each in self._recent if each not in used]

    def _bound_totals(self) -> None:
        """Forget tables that are gone, now and then."""
        if len(self._totals) <= self._totals_room:
            return
        reader, catalog = self._database.engine.reader, self._database.catalog
        self._totals = {
            key: cells
            for key, cells in self._totals.items()
            if not key[1] or catalog.table(reader, key[1].split(SEPARATOR)[0]) is not None
        }
        self._totals_room = max(_TOTALS_KEPT_MIN, 2 * len(self._totals))


def _by_minute(taken: Sequence[_Taken]) -> dict[int, list[Block]]:
    found: dict[int, list[Block]] = {}
    for _, block in taken:
        found.setdefault(block.minute, []).append(block)
    return found


def _counted(taken: Sequence[_Taken]) -> list[Sample]:
    """The samples of blocks, minute by minute; a thread makes them, since there may be very many."""
    by_minute = _by_minute(taken)
    return [sample for minute in sorted(by_minute) for sample in counts.samples(by_minute[minute], minute)]


def _add(totals: dict[tuple[int, str], "array[int]"], block: Block) -> None:
    for entry in block.entries():
        cells = totals.get((entry.kind, entry.name))
        if cells is None:
            totals[entry.kind, entry.name] = array("Q", entry.cells)
        else:
            for cell, count in enumerate(entry.cells):
                if count:
                    cells[cell] += count


def _is_there(reader: Reader, catalog: Catalog, dimensions: Mapping[str, str]) -> bool:
    """Whether there is still a table, or an index, of these dimensions."""
    table = catalog.table(reader, dimensions[TABLE])
    if table is None:
        return False
    return INDEX not in dimensions or table.definition.index(dimensions[INDEX]) is not None


def _read_mark(reader: Reader) -> Mark:
    row = reader.get(METRICS, MARK_KEY)
    return Mark() if row is None else _decode(row)
