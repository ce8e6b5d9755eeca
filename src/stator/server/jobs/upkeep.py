"""Upkeep: counters are folded, and what no longer holds is forgotten, every second.

Each step is a few small transactions, so that requests are answered in between, and leaves the database
whole: the next start goes on from there.
"""

import asyncio
import logging
from functools import partial
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.server.jobs.rounds import pause
from stator.tables import counters, removal, tokens
from stator.tables.database import Database

_log = logging.getLogger("stator.jobs")

_BUSY_PAUSE_SECONDS: Final = 0.25  # a reader of a count adds up the commits since the last fold
_TOKEN_ROWS: Final = 1_000


async def upkeep(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    while True:
        busy = False
        try:
            busy = await fold_counters(database)
            await remove_gone_tables(database)
            await trim_tokens(database)
        except StorageClosed:
            return
        except StorageError:
            _log.exception("upkeep is put off: the storage refused")
        await (asyncio.sleep(_BUSY_PAUSE_SECONDS) if busy else pause(database.clock))


async def fold_counters(database: Database) -> bool:
    """Fold what commits have added into the sums. True if there were many."""
    if not database.engine.read(counters.is_pending):
        return False
    many = False
    while await database.engine.write(counters.fold):
        many = True
        await asyncio.sleep(0)
    return many


async def remove_gone_tables(database: Database) -> None:
    """Remove the definitions of tables that are not even shown any more."""
    if database.engine.read(removal.is_pending):
        await database.engine.write(partial(removal.remove_gone, catalog=database.catalog))


async def trim_tokens(database: Database) -> None:
    """Delete the tokens of transactions that no longer hold."""
    trim = partial(tokens.trim, now=database.clock.now(), rows=_TOKEN_ROWS)
    while await database.engine.write(trim):
        await asyncio.sleep(0)
