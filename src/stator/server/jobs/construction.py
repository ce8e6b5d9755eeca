"""Construction: new indexes are filled, and the room of what was dropped is freed.

It sleeps until a change of a table wakes it (`Database.work`). Both may take long, so both go on in small
transactions, between which requests are answered, and a start goes on with what a stop has left.
"""

import asyncio
import logging
from functools import partial
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.base.pace import Pace
from stator.storage.engine import Transaction
from stator.tables import backfill
from stator.tables.database import Database

_log = logging.getLogger("stator.jobs")

_RETRY_SECONDS: Final = 1.0
# In a transaction, at the least and at the most.
_FILL_ITEMS: Final = (20, 200)
_RECLAIM_ROWS: Final = (50, 1_000)
_COMMIT_WEIGHT: Final = 3.0  # of which the entries themselves are a third
_RECLAIM_ROW_SECONDS: Final = 10e-6


async def construction(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    database.work.set()
    while True:
        await database.work.wait()
        database.work.clear()
        try:
            await fill_indexes(database)
            await reclaim(database)
        except StorageClosed:
            return
        except StorageError:
            _log.exception("construction is put off: the storage refused")
            database.work.set()
            await asyncio.sleep(_RETRY_SECONDS)


async def fill_indexes(database: Database) -> None:
    """Fill every index that is waiting to be filled."""
    pace = Pace(least=_FILL_ITEMS[0], most=_FILL_ITEMS[1], weight=_COMMIT_WEIGHT)
    while (job := database.engine.read(backfill.pending)) is not None:
        while await database.engine.write(partial(_fill_chunk, database, job.space, pace)):
            await pace.rest()


def _fill_chunk(database: Database, space: int, pace: Pace, transaction: Transaction) -> bool:
    with pace.step():
        return backfill.fill_chunk(transaction, database.catalog, space, pace.size, database.meter)


async def reclaim(database: Database) -> None:
    """Free the room of dropped spaces."""
    pace = Pace(least=_RECLAIM_ROWS[0], most=_RECLAIM_ROWS[1])
    while await database.engine.reclaim(pace.size):
        pace.spend(pace.size * _RECLAIM_ROW_SECONDS)
        await pace.rest()
