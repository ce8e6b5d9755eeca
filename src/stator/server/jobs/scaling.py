"""Provisioned tables are scaled: each minute by what was consumed, and at the times of scheduled actions.

Only the process that writes does this. A clock that jumps ahead, as a test's does, has the minutes that it
passed over looked at one after the other, but no more than an hour of them: a decision depends on 15.
"""

import asyncio
from functools import partial
from typing import Final

from stator.server.jobs.rounds import go_round
from stator.storage.engine import Reader
from stator.tables.database import Database
from stator.tables.keyspace import SCALING

_MINUTE: Final = 60
_MINUTES_AT_ONCE: Final = 60


async def scale(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await go_round("scaling tables", Scaler(database).step, database.clock)


class Scaler:
    """Looks every second whether a minute has been closed or a scheduled action is due."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._evaluated: int | None = None

    async def step(self) -> None:
        """Do what is to be done by now."""
        if self._database.engine.read(_is_unused):
            self._evaluated = None
            return
        await self._carry_out_scheduled()
        if self._database.monitoring is not None:
            await self._evaluate(self._database.monitoring.closed_until)

    async def _carry_out_scheduled(self) -> None:
        from stator.operations.autoscaling import schedules  # Few servers scale anything.

        database = self._database
        for moment, action in schedules.due(database.engine.reader, database.clock.now()):
            carry_out = partial(schedules.carry_out, database, action.place, action.name, moment)
            await database.engine.write(carry_out)

    async def _evaluate(self, until: int) -> None:
        """Look at the minutes that were closed since the last time; at first, at the newest only."""
        from stator.monitoring.scaling import store
        from stator.operations.autoscaling.evaluation import evaluate

        if not until:  # No minute has been closed yet.
            return
        # A clock that was set back begins anew.
        self._evaluated = until - _MINUTE if self._evaluated is None else min(self._evaluated, until)
        start = max(self._evaluated, until - _MINUTES_AT_ONCE * _MINUTE)
        for minute in range(start + _MINUTE, until + 1, _MINUTE):
            for _, target in list(store.TARGETS.all(self._database.engine.reader)):
                await evaluate(self._database, target.place, minute)
                await asyncio.sleep(0)  # There may be thousands.
            self._evaluated = minute


def _is_unused(reader: Reader) -> bool:
    return not reader.scan(SCALING, b"t", b"u", limit=1)
