"""Alarms on a database of the test's own, with no server between: operations, metrics, time, and the job."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from inspect import isawaitable
from pathlib import Path
from typing import Any

from harness.handlers import opened
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.alarms import alarms_of
from stator.monitoring.metrics.points import Metric, Sample, metric, of_values
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.services import CLOUDWATCH, ServiceCall, ServiceError, handler_of
from stator.server.jobs.alarms import AlarmKeeper
from stator.tables.database import Database

NOON = 1_800_000_000  # a full minute
REGION = "us-east-1"
ORDERS = metric("Shop", "Orders", {"Store": "1"})


class Hands:
    """A clock that is moved by hand."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def now(self) -> float:
        return self.seconds


class Stage:
    """What the job and the operations find: the part of `Monitoring` that alarms use."""

    def __init__(self, metrics: MetricsStore, clock: Hands, actions: Sequence[Action]) -> None:
        self.alarms: Any = None
        self.actions = actions
        self.metrics = metrics
        self.clock = clock
        self.on_closed: list[Any] = []

    @property
    def closed_until(self) -> int:
        return int(self.clock.now()) // 60 * 60


class World:
    """A database with alarms. Time moves by `wait`, and only then are alarms evaluated, or by `settle`."""

    def __init__(self, database: Database, stage: Stage) -> None:
        self.database = database
        self.stage = stage
        self.alarms = alarms_of(database)
        self.clock = stage.clock
        self.call = ServiceCall(database, REGION, "key")
        self._keeper = AlarmKeeper(database)

    async def __call__(self, operation: str, **request: Any) -> Any:
        """The reply to a request. Raises ServiceError."""
        handler = handler_of(CLOUDWATCH, operation)
        assert handler is not None
        reply = handler(self.call, request)
        return await reply if isawaitable(reply) else reply

    async def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error of a request: its shape and its text."""
        try:
            await self(operation, **request)
        except ServiceError as error:
            return error.shape, error.message
        raise AssertionError("it was not refused")

    async def put(self, name: str = "high", **members: Any) -> None:
        """Make an alarm on ORDERS: more than 10 of them in a minute."""
        asked = {
            "AlarmName": name,
            "Namespace": ORDERS.namespace,
            "MetricName": ORDERS.name,
            "Dimensions": [{"Name": "Store", "Value": "1"}],
            "Statistic": "Sum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 10.0,
            "ComparisonOperator": "GreaterThanThreshold",
            **members,
        }
        await self("PutMetricAlarm", **{key: value for key, value in asked.items() if value is not None})

    async def measured(self, *values: float, of: Metric = ORDERS, unit: str = "Count", ago: int = 60) -> None:
        """Have values in the minute that began `ago` seconds before the last full one."""
        await self.stage.metrics.add(
            Sample(of, unit, self.stage.closed_until - ago, of_values({value: 1.0})) for value in values
        )

    async def wait(self, seconds: float = 60) -> None:
        """Let time pass, and what is to be evaluated be evaluated."""
        self.clock.seconds += seconds
        self.alarms.changed.set()
        await self.settle()

    async def settle(self) -> None:
        """Have evaluated what waits for it."""
        await self._keeper.step()

    async def minute(self, *values: float, of: Metric = ORDERS) -> None:
        """Let a minute pass in which there were these values."""
        self.clock.seconds += 60
        await self.measured(*values, of=of)
        self.alarms.changed.set()
        await self.settle()

    async def shown(self, name: str = "high", kind: str = "MetricAlarm") -> dict[str, Any]:
        """An alarm, as DescribeAlarms shows it."""
        reply = await self("DescribeAlarms", AlarmNames=[name], AlarmTypes=[kind])
        (alarm,) = reply[f"{kind}s"]
        return dict(alarm)

    async def state(self, name: str = "high", kind: str = "MetricAlarm") -> str:
        """The state of an alarm."""
        return str((await self.shown(name, kind))["StateValue"])

    async def history(self, name: str = "high", kind: str = "MetricAlarm", **asked: Any) -> list[str]:
        """The summaries of an alarm's history, oldest first."""
        reply = await self(
            "DescribeAlarmHistory",
            AlarmName=name,
            AlarmTypes=[kind],
            ScanBy="TimestampAscending",
            **asked,
        )
        return [entry["HistorySummary"] for entry in reply["AlarmHistoryItems"]]


@asynccontextmanager
async def alarming(
    data: Path | None = None, *, actions: Sequence[Action] = (), at: float = NOON + 5
) -> AsyncIterator[World]:
    """A world on the database in `data` (None: in memory)."""
    clock = Hands(at)
    async with opened(data, seed=7, clock=clock) as handlers:
        database = handlers.database
        database.monitoring = stage = Stage(MetricsStore(database.engine), clock, actions)
        yield World(database, stage)
