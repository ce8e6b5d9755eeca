"""Upkeep: filling new indexes, freeing dropped spaces, folding counters, forgetting what no longer holds.

One task does them in small transactions, so that requests are answered in between. It sleeps until a table
change wakes it (`Database.work`). Every second it looks after the counters besides, so that a reader of a
count has few commits to add up, and after deleted tables and old tokens. Each step leaves the database whole:
the next start goes on from there.
"""

import asyncio
import logging
from functools import partial
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.server.jobs.streams import StreamKeeper
from stator.tables import backfill, counters, removal, tokens
from stator.tables.database import Database

_log = logging.getLogger("stator.jobs")

_IDLE_SECONDS: Final = 1.0
_RECLAIM_ROWS: Final = 1_000
_TOKEN_ROWS: Final = 1_000


async def upkeep(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    database.work.set()  # A stop may have left something to go on with.
    streams = StreamKeeper(database)
    while True:
        try:
            async with asyncio.timeout(_IDLE_SECONDS):
                await database.work.wait()
            woken = True
        except TimeoutError:
            woken = False
        database.work.clear()
        try:
            await remove_gone_tables(database)
            if woken:
                await fill_indexes(database)
                await reclaim(database)
            await fold_counters(database)
            await trim_tokens(database)
            await streams.keep()
        except StorageClosed:
            return
        except StorageError:
            _log.exception("upkeep is put off: the storage refused")
            database.work.set()
            await asyncio.sleep(_IDLE_SECONDS)


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


async def remove_gone_tables(database: Database) -> None:
    """Remove the definitions of tables that are not even shown any more."""
    if database.engine.read(removal.is_pending):
        await database.engine.write(partial(removal.remove_gone, catalog=database.catalog))


async def fold_counters(database: Database) -> None:
    """Fold what commits have added into the sums."""
    if database.engine.read(counters.is_pending):
        while await database.engine.write(counters.fold):
            await asyncio.sleep(0)


async def trim_tokens(database: Database) -> None:
    """Delete the tokens of transactions that no longer hold."""
    trim = partial(tokens.trim, now=database.clock.now(), rows=_TOKEN_ROWS)
    while await database.engine.write(trim):
        await asyncio.sleep(0)
