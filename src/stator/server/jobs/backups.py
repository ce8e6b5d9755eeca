"""System backups that are past their time are deleted."""

from typing import Final

from stator.server.jobs.rounds import go_round
from stator.storage.engine import Reader
from stator.tables.database import Database
from stator.tables.keyspace import COPIES, copy_records

_ROUND_SECONDS: Final = 10.0  # by the database's clock; their time is counted in days


async def expire_backups(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await go_round("deleting expired backups", BackupKeeper(database).keep, database.clock)


class BackupKeeper:
    """Goes round the system backups of a database's own."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._last_round = float("-inf")

    async def keep(self) -> None:
        """Go round, if time has passed since the last round."""
        now = self._database.clock.now()
        if abs(now - self._last_round) < _ROUND_SECONDS:
            return
        if self._database.engine.read(_any_expires):
            from stator.copies import backups  # A start-up does without.

            for arn in self._database.engine.read(lambda reader: backups.expired(reader, now)):
                await backups.remove_expired(self._database, arn)
        self._last_round = now


def _any_expires(reader: Reader) -> bool:
    start, end = copy_records("backup")
    return bool(reader.scan(COPIES, start, end, limit=1))
