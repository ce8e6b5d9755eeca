"""Alarms are evaluated when a minute has closed or one of them was changed, and their actions carried out.

Where there are no alarms, nothing of all that is loaded.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from stator.base.clock import SystemClock
from stator.base.errors import StorageClosed, StorageError
from stator.storage.engine import Reader
from stator.tables.database import Database
from stator.tables.keyspace import ALARMS

_log = logging.getLogger("stator.jobs")

# How late the first alarm of all is seen, and the end of a period that suppresses actions.
_TICK_SECONDS: Final = 1.0
_TICK_SECONDS_MOVED: Final = 0.05  # where a test moves the clock
_TRIM_SECONDS: Final = 3600.0  # by the database's clock


async def keep_alarms(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    tick = _TICK_SECONDS if isinstance(database.clock, SystemClock) else _TICK_SECONDS_MOVED
    try:
        while database.monitoring.alarms is None and not database.engine.read(_is_used):
            await asyncio.sleep(tick)
    except StorageClosed:
        return
    keeper = AlarmKeeper(database)
    async with asyncio.TaskGroup() as group:
        group.create_task(keeper.dispatcher.run())
        group.create_task(keeper.run(tick))


class AlarmKeeper:
    """Has alarms evaluated: at the start, with each minute that closes, and when one is changed."""

    def __init__(self, database: Database) -> None:
        from stator.monitoring.alarms.alarms import alarms_of

        self._monitoring = database.monitoring
        self._alarms = alarms_of(database)
        self._until = 0  # the end of the newest minute that was evaluated
        self._trimmed = float("-inf")
        self.dispatcher = self._alarms.dispatcher

    async def run(self, tick: float) -> None:
        """Work until cancelled, or until the storage is closed; look at the clock every `tick` seconds."""
        changed = self._alarms.changed
        self._monitoring.on_closed.append(lambda _: changed.set())
        changed.set()
        refused = False
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(changed.wait(), tick)
            try:
                await self.step()
                refused = False
            except StorageClosed:
                return
            except StorageError:
                if not refused:
                    _log.exception("alarms are put off: the storage refused")
                refused = True
                changed.set()
                await asyncio.sleep(_TICK_SECONDS)

    async def step(self) -> None:
        """Do what there is to do now."""
        alarms, evaluator = self._alarms, self._alarms.evaluator
        now = self._monitoring.clock.now()
        if alarms.changed.is_set():
            alarms.changed.clear()
            await self._evaluate(now)
        elif now >= evaluator.next_hold:
            await evaluator.composites(now)
        if abs(now - self._trimmed) >= _TRIM_SECONDS:
            await evaluator.trim()
            self._trimmed = now

    async def _evaluate(self, now: float) -> None:
        alarms, evaluator = self._alarms, self._alarms.evaluator
        until = self._monitoring.closed_until
        closed = until != self._until
        if closed:
            await evaluator.minutes(until)
            self._until = until
        fresh = alarms.fresh
        if not fresh:
            if not closed:
                await evaluator.composites(now)
            return
        alarms.fresh = set()
        try:
            await evaluator.fresh(fresh, until)
        except BaseException:
            alarms.fresh |= fresh
            raise


def _is_used(reader: Reader) -> bool:
    """Whether there are alarms, or actions of former ones to be carried out."""
    return bool(reader.scan(ALARMS, b"a", b"e", limit=1))
