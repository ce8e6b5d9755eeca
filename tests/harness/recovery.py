"""Restores without a server: a clock that a test sets, the job that fills tables, and what tables hold."""

import asyncio
from typing import Any

from harness.handlers import NOON, Handlers
from harness.histories import position
from stator.copies import jobs
from stator.copies.jobs import run_of


class HandClock:
    """A clock that a test sets."""

    def __init__(self, time: float = NOON) -> None:
        self.time = time

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.time


async def run_copies(handlers: Handlers) -> None:
    """Run every job that copies a table, to its end."""
    while rows := handlers.database.engine.read(jobs.unfinished):
        await asyncio.gather(*(run_of(row.kind)(handlers.database, row) for row in rows))


async def enable(handlers: Handlers, table: str, **more: Any) -> dict[str, Any]:
    """Enable recovery; what is shown of it."""
    specification = {"PointInTimeRecoveryEnabled": True, **more}
    reply = await handlers(
        "UpdateContinuousBackups",
        {"TableName": table, "PointInTimeRecoverySpecification": specification},
    )
    return reply["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


async def described(handlers: Handlers, table: str) -> dict[str, Any]:
    """What is shown of a table's recovery."""
    reply = await handlers("DescribeContinuousBackups", {"TableName": table})
    return reply["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


async def restore(
    handlers: Handlers, source: str, target: str, time: float | None = None, **overrides: Any
) -> dict[str, Any]:
    """Ask for a restore to a time, or to the latest; its TableDescription."""
    when = {"UseLatestRestorableTime": True} if time is None else {"RestoreDateTime": time}
    request = {"SourceTableName": source, "TargetTableName": target, **when, **overrides}
    reply = await handlers("RestoreTableToPointInTime", request)
    return reply["TableDescription"]


async def contents(handlers: Handlers, table: str, index: str | None = None) -> list[dict[str, Any]]:
    """The items of a table or an index, in order of their keys."""
    request = {"TableName": table} | ({"IndexName": index} if index else {})
    return sorted(await handlers.items("Scan", request), key=position)
