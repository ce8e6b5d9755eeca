"""Copies of tables are made: every unfinished job (`stator.copies.jobs`) is run, a few at a time.

The rows of the jobs tell what is to be done; all that is kept here is which of them are being run. A stop
cancels them, and the next start runs them again from their beginning.
"""

import asyncio
import logging
from typing import Final

from stator.base.errors import StorageClosed, StorageError
from stator.copies import jobs
from stator.copies.jobs import JobRow, run_of
from stator.tables.database import Database

_log = logging.getLogger("stator.jobs")

_AT_ONCE: Final = 4
_RETRY_SECONDS: Final = 1.0


async def make_copies(database: Database) -> None:
    """Work until cancelled, or until the storage is closed."""
    await CopyRunner(database).run()


class CopyRunner:
    """Runs the jobs of a database; `failed` are those that met a bug, and wait for the next start."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._running: dict[str, asyncio.Task[None]] = {}
        self.failed: set[str] = set()

    async def run(self) -> None:
        """Run what is unfinished, whenever `Database.copies` is set or a job has ended."""
        event = self._database.copies
        event.set()
        try:
            while True:
                await event.wait()
                event.clear()
                try:
                    self._start_some()
                except StorageClosed:
                    return
                except StorageError:
                    _log.exception("copies of tables are put off: the storage refused")
                    event.set()
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            running = list(self._running.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    def _start_some(self) -> None:
        for row in self._database.engine.read(jobs.unfinished):
            if len(self._running) == _AT_ONCE:
                return
            if row.id not in self._running and row.id not in self.failed:
                self._running[row.id] = asyncio.create_task(self._run(row), name=f"{row.kind} {row.id}")

    async def _run(self, row: JobRow) -> None:
        try:
            await run_of(row.kind)(self._database, row)
        except StorageClosed:
            return
        except StorageError:
            _log.exception("%s %s is put off: the storage refused", row.kind, row.id)
            await asyncio.sleep(_RETRY_SECONDS)
        except Exception:
            _log.exception("%s %s failed, and is tried again at the next start", row.kind, row.id)
            self.failed.add(row.id)
        finally:
            del self._running[row.id]
            self._database.copies.set()
