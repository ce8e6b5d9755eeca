"""Jobs that go their round every second."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final

from stator.base.errors import StorageClosed, StorageError

_log = logging.getLogger("stator.jobs")

_PAUSE_SECONDS: Final = 1.0


async def go_round(name: str, step: Callable[[], Awaitable[None]]) -> None:
    """Do a step every second until cancelled, or until the storage is closed.

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
        await asyncio.sleep(_PAUSE_SECONDS)
