"""Metrics are collected as soon as a minute is complete, and old ones put together.

The round is short, since the minute also has to end where no requests come, and alarms wait for it.
"""

import asyncio
import logging
from contextlib import suppress
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.monitoring.monitoring import Monitoring
from stator.tables.database import Database
from stator.tables.meter import Meter

_TICK_SECONDS: Final = 0.25
_RETRY_SECONDS: Final = 1.0
_TRIM_SECONDS: Final = 3600.0  # by the database's clock

_log = logging.getLogger("stator.jobs")


async def collect_metrics(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await MetricsKeeper(database).run()


class MetricsKeeper:
    """Collects what was counted; `turned` is set when the process that collects has begun another minute."""

    def __init__(self, database: Database) -> None:
        self._monitoring: Monitoring = database.monitoring
        self._meter: Meter | None = database.meter
        self._trimmed = self._monitoring.clock.now()
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
        now = self._monitoring.clock.now()
        if abs(now - self._trimmed) >= _TRIM_SECONDS:
            self._trimmed = now
            await self._monitoring.metrics.trim(now)
