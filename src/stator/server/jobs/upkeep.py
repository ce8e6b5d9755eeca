"""Upkeep: filling new indexes, freeing dropped spaces, folding counters, and forgetting old tokens.

One task does them in small transactions, so that requests are answered in between. It sleeps until a table
change wakes it (`Database.work`), and looks after counters and tokens every few seconds besides.
"""

import asyncio
import logging
from functools import partial
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.tables import backfill, counters, tokens
from stator.tables.database import Database

_log = logging.getLogger("stator.jobs")

_IDLE_SECONDS: Final = 5.0
_RECLAIM_ROWS: Final = 1_000
_TOKEN_ROWS: Final = 1_000


async def upkeep(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    database.work.set()  # A stop may have left something to go on with.
    while True:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await database.work.wait()
        except TimeoutError:
            pass
        database.work.clear()
        try:
            await fill_indexes(database)
            await reclaim(database)
            await database.engine.write(counters.fold)
            await trim_tokens(database)
        except StorageClosed:
            return
        except StorageError:
            _log.exception("upkeep is put off: the storage refused")


async def fill_indexes(database: Database) -> None:
    """Fill every index that is waiting to be filled."""
    while (job := database.engine.read(backfill.pending)) is not None:
        fill = partial(backfill.fill_chunk, catalog=database.catalog, space=job.space)
        while await database.engine.write(fill):
            await asyncio.sleep(0)


async def reclaim(database: Database) -> None:
    """Free the room of dropped spaces."""
    while await database.engine.reclaim(_RECLAIM_ROWS):
        await asyncio.sleep(0)


async def trim_tokens(database: Database) -> None:
    """Delete the tokens of transactions that no longer hold."""
    trim = partial(tokens.trim, now=database.clock.now(), rows=_TOKEN_ROWS)
    while await database.engine.write(trim):
        await asyncio.sleep(0)
