"""Streams and change logs grow old: shards are rolled over, streams past their time forgotten, logs trimmed.

It is a task of its own, since there may be much to trim after a server was down for a while.
"""

import asyncio
from functools import partial
from typing import Final

from stator.server.jobs.rounds import go_round
from stator.storage.engine import Reader, Transaction
from stator.tables import aside, logs, streams
from stator.tables.database import Database
from stator.tables.logs import Retention
from stator.tables.streams import StreamRecord

_ROUND_SECONDS: Final = 10.0  # by the database's clock; ages are counted in hours
_STREAMS_PER_READ: Final = 50


async def keep_streams(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await go_round("keeping streams", StreamKeeper(database).keep, database.clock)


class StreamKeeper:
    """Goes round all streams and all logs, and does for each what its age asks for."""

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
        for log, _ in list(self._database.engine.read(logs.all_logs)):
            await self._trim(log, now)
            await asyncio.sleep(0)  # There may be thousands of logs with nothing to trim.
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

    async def _trim(self, log: int, now: float) -> None:
        engine = self._database.engine
        while (kept := self._retention(engine.reader, log, now)) is not None:
            if not logs.has_old_changes(engine.reader, log, kept):
                return
            await engine.write(partial(self._trim_some, log, now))

    def _trim_some(self, log: int, now: float, transaction: Transaction) -> None:
        kept = self._retention(transaction, log, now)
        if kept is not None:
            logs.trim(transaction, log, kept)

    def _retention(self, reader: Reader, log: int, now: float) -> Retention | None:
        """What may be trimmed of a log, by all who use it now; None if it is gone."""
        name = logs.find(reader, log).table
        if not name:
            return None
        table = self._database.catalog.table(reader, name)
        definitions = [*aside.tables(reader), *([table.definition] if table is not None else [])]
        users = [definition for definition in definitions if definition.log == log]
        return logs.retention(now, streamed=streams.uses(reader, name, log), users=users)

    def _forget(self, record: StreamRecord, transaction: Transaction) -> None:
        table = self._database.catalog.table(transaction, record.table)
        streams.forget(transaction, record, table.definition if table is not None else None)
