"""Jobs that go their round every second, and more often where a test moves the clock."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from stator.base.clock import Clock, SystemClock
from stator.base.errors import StorageClosed, StorageError

_log = logging.getLogger("stator.jobs")

_PAUSE_SECONDS: Final = 1.0
# A test that has moved time would wait for nothing else but the next round.
_PAUSE_SECONDS_MOVED: Final = 0.05


async def pause(clock: Clock) -> None:
    """Wait for the next round of a job that goes by this clock."""
    await asyncio.sleep(_PAUSE_SECONDS if isinstance(clock, SystemClock) else _PAUSE_SECONDS_MOVED)


async def go_round(name: str, step: Callable[[], Awaitable[None]], clock: Clock) -> None:
    """Do a step over and over until cancelled, or until the storage is closed.

    A step that the storage refuses is tried again; that is logged once, until a step succeeds.
    """
    refused = False
    while True:
        try:
            await step()
            refused = False
        except StorageClosed:
            return
        except StorageError:
            if not refused:
                _log.exception("%s is put off: the storage refused", name)
            refused = True
        await pause(clock)
