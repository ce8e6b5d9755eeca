"""A database with the jobs that copy tables, and with a directory for backups."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from harness.handlers import Handlers, opened
from harness.wire import PATIENCE_SECONDS
from stator.copies import jobs
from stator.server.jobs.construction import reclaim
from stator.server.jobs.copies import CopyRunner
from stator.tables.check import check


@asynccontextmanager
async def copying(data: Path | None, backups: Path, seed: int, **settings: Any) -> AsyncIterator[Handlers]:
    """Handlers as `opened` gives them, while jobs run. At the end everything agrees."""
    async with opened(data, seed, backups=backups, **settings) as handlers:
        runner = CopyRunner(handlers.database)
        task = asyncio.create_task(runner.run())
        try:
            yield handlers
            await idle(handlers)
            assert runner.failed == set()
            await reclaim(handlers.database)
            report = handlers.database.engine.read(check)
            assert report.problems == []
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


async def idle(handlers: Handlers) -> None:
    """Wait until no job is left."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while handlers.database.engine.read(jobs.unfinished):
            await asyncio.sleep(0.001)


async def backed_up(handlers: Handlers, table: str, name: str = "backup") -> str:
    """The ARN of a new backup that is made."""
    reply = await handlers("CreateBackup", {"TableName": table, "BackupName": name})
    await idle(handlers)
    arn: str = reply["BackupDetails"]["BackupArn"]
    return arn


async def restored(handlers: Handlers, arn: str, table: str, **overrides: Any) -> None:
    """Make a table from a backup, and wait until it is filled."""
    await handlers("RestoreTableFromBackup", {"BackupArn": arn, "TargetTableName": table, **overrides})
    await idle(handlers)
