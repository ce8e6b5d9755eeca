"""Metrics are collected as soon as a minute is complete, and old ones put together.

The round of collecting is short, since the minute also has to end where no requests come, and alarms wait for
it. Putting old points together takes as long as there are many, so it is a task of its own.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.monitoring.monitoring import Monitoring
from stator.server.jobs.rounds import go_round
from stator.tables.database import Database
from stator.tables.meter import Meter

_TICK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 1.0
# By the database's clock: from one time that old points are put together to the next, and from the start to
# the first.
_TRIM_SECONDS: Final = 3600.0
_FIRST_TRIM_SECONDS: Final = 300.0

_log = logging.getLogger("stator.jobs")


async def collect_metrics(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    async with asyncio.TaskGroup() as group:
        group.create_task(MetricsCollecting(database).run())
        group.create_task(
            go_round("putting old metrics together", MetricsTrimming(database).step, database.clock)
        )


class MetricsTrimming:
    """Puts old points together, and forgets the oldest, once an hour."""

    def __init__(self, database: Database) -> None:
        self._monitoring: Monitoring = database.monitoring
        self._trimmed = self._monitoring.clock.now() + _FIRST_TRIM_SECONDS - _TRIM_SECONDS

    async def step(self) -> None:
        """Do it if it is time."""
        now = self._monitoring.clock.now()
        if abs(now - self._trimmed) >= _TRIM_SECONDS:
            await self._monitoring.metrics.trim(now)
            self._trimmed = now


class MetricsCollecting:
    """Collects what was counted; `turned` is set when the process that collects has begun another minute."""

    def __init__(self, database: Database) -> None:
        self._monitoring: Monitoring = database.monitoring
        self._meter: Meter | None = database.meter
        self._turned = asyncio.Event()

    async def run(self) -> None:
        """Work until cancelled, or until the storage is closed."""
        if self._meter is not None:
            self._meter.turned = self._turned.set
        refused = False
        while True:
            try:
                await self._step()
                refused = False
            except StorageClosed:
                return
            except StorageError:
                if not refused:
                    _log.exception("metrics are not stored for now: the storage refused")
                refused = True
                await asyncio.sleep(_RETRY_SECONDS)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._turned.wait(), _TICK_SECONDS)
            self._turned.clear()

    async def _step(self) -> None:
        if self._meter is not None:
            self._meter.tick()
        if self._monitoring.collector.is_due:
            await self._monitoring.collector.collect()
