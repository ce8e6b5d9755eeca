"""Items that have expired are deleted, a few in a transaction, in all tables by turns.

It is a task of its own, so that a great many items that expire at once hold up no other upkeep, and so small
in its steps that they hold up no requests.
"""

from functools import partial
from typing import Final

from stator.server.jobs.rounds import go_round
from stator.tables import time_to_live
from stator.tables.database import Database

_ITEMS_PER_TRANSACTION: Final = 25


async def delete_expired(database: Database, delay: float) -> None:
    """Work until cancelled, or until the storage is closed; items go `delay` seconds after their time."""
    await go_round("deleting expired items", partial(sweep, database, delay), database.clock)


async def sweep(database: Database, delay: float) -> None:
    """Delete all items that have expired by now."""
    engine, catalog = database.engine, database.catalog
    now = database.clock.now() - delay
    names = [
        name
        for name in engine.read(time_to_live.tables)
        if time_to_live.has_due(engine.reader, catalog, name, now)
    ]
    while names:
        names = [name for name in names if await _delete_some(database, name, now)]


async def _delete_some(database: Database, name: str, now: float) -> bool:
    """Delete some of a table's expired items; whether there may be more."""
    delete = partial(
        time_to_live.delete_due,
        catalog=database.catalog,
        name=name,
        now=now,
        limit=_ITEMS_PER_TRANSACTION,
        meter=database.meter,
    )
    return await database.engine.write(delete) == _ITEMS_PER_TRANSACTION
