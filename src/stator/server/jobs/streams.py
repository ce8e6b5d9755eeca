"""Streams grow old: shards are rolled over, logs trimmed, and streams past their time forgotten.

It is a task of its own, since there may be much to trim after a server was down for a while.
"""

import asyncio
from functools import partial
from typing import Final

from stator.server.jobs.rounds import go_round
from stator.storage.engine import Transaction
from stator.tables import streams
from stator.tables.database import Database
from stator.tables.streams import StreamRecord

_ROUND_SECONDS: Final = 10.0  # by the database's clock; ages are counted in hours
_STREAMS_PER_READ: Final = 50


async def keep_streams(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await go_round("keeping streams", StreamKeeper(database).keep)


class StreamKeeper:
    """Goes round all streams, and does for each what its age asks for."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_round = float("-inf")

    async def keep(self) -> None:
        """Go round, if time has passed since the last round."""
        now = self._database.clock.now()
        if abs(now - self._last_round) < _ROUND_SECONDS:
            return
        after: tuple[str, str] | None = None
        while found := self._some(after):
            for record in found:
                await self._tend(record, now)
            after = (found[-1].table, found[-1].label)
            await asyncio.sleep(0)
        self._last_round = now

    def _some(self, after: tuple[str, str] | None) -> list[StreamRecord]:
        return streams.some_streams(self._database.engine.reader, after, _STREAMS_PER_READ)

    async def _tend(self, record: StreamRecord, now: float) -> None:
        engine = self._database.engine
        if streams.is_expired(record, now):
            await engine.write(partial(self._forget, record))
            self._database.work.set()  # The log's room is to be freed.
            return
        if streams.rolls_over(record, now):
            await engine.write(partial(streams.roll, table=record.table, label=record.label, now=now))
        while streams.has_old_changes(engine.reader, record.log, now):
            await engine.write(partial(streams.trim, log=record.log, now=now))

    def _forget(self, record: StreamRecord, transaction: Transaction) -> None:
        table = self._database.catalog.table(transaction, record.table)
        streams.forget(transaction, record, table.definition if table is not None else None)
