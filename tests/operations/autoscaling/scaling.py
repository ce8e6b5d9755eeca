"""Application Auto Scaling on a database of the test's own: handlers and the job, with no server between."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from inspect import isawaitable
from types import SimpleNamespace
from typing import Any

from harness.handlers import NOON, Handlers, opened
from stator.base.clock import FileClock
from stator.monitoring.metrics.points import Sample, metric, of_values
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.services import AUTO_SCALING, ServiceCall, ServiceError, handler_of
from stator.server.jobs.scaling import Scaler

TABLE = "orders"
READ = "dynamodb:table:ReadCapacityUnits"
WRITE = "dynamodb:table:WriteCapacityUnits"
INDEX_READ = "dynamodb:index:ReadCapacityUnits"
START = NOON  # The start of a minute.
MINUTE = 60


def units(read: int, write: int) -> dict[str, int]:
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": write}


def of(dimension: str = READ, resource: str = f"table/{TABLE}") -> dict[str, Any]:
    """The members that name what is scaled."""
    return {"ServiceNamespace": "dynamodb", "ResourceId": resource, "ScalableDimension": dimension}


def tracking(
    target: float = 70.0, kind: str = "DynamoDBReadCapacityUtilization", **members: Any
) -> dict[str, Any]:
    """The members of a target tracking policy."""
    return {
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": target,
            "PredefinedMetricSpecification": {"PredefinedMetricType": kind},
            **members,
        },
    }


class AutoScaling:
    """Calls operations of both services, lets minutes pass, and does what the job does."""

    def __init__(self, dynamodb: Handlers, clock: FileClock) -> None:
        self.dynamodb = dynamodb
        self.clock = clock
        self.database = dynamodb.database
        self.metrics = MetricsStore(self.database.engine)
        self.database.monitoring = SimpleNamespace(metrics=self.metrics, closed_until=int(START))
        self._scaler = Scaler(self.database)

    async def __call__(self, operation: str, **request: Any) -> Any:
        """The reply, or the ServiceError raised."""
        handler = handler_of(AUTO_SCALING, operation)
        assert handler is not None
        reply = handler(ServiceCall(self.database, "us-east-1", "AKIDEXAMPLE"), request)
        return await reply if isawaitable(reply) else reply

    async def refused(self, operation: str, **request: Any) -> tuple[str, str]:
        """The error's shape and text."""
        try:
            reply = await self(operation, **request)
        except ServiceError as error:
            return error.shape, error.message
        raise AssertionError(f"{operation} was answered: {reply}")

    async def create_table(self, read: int = 10, write: int = 10, **members: Any) -> None:
        key = [{"AttributeName": "id", "KeyType": "HASH"}]
        request = {
            "TableName": TABLE,
            "KeySchema": key,
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "ProvisionedThroughput": units(read, write),
        }
        await self.dynamodb("CreateTable", request | members)

    async def capacity(self) -> tuple[int, int]:
        """What is provisioned for reads and writes of the table."""
        table = (await self.dynamodb("DescribeTable", {"TableName": TABLE}))["Table"]
        provisioned = table["ProvisionedThroughput"]
        return provisioned["ReadCapacityUnits"], provisioned["WriteCapacityUnits"]

    async def register(self, least: int, most: int, **members: Any) -> Any:
        return await self("RegisterScalableTarget", **(of() | members), MinCapacity=least, MaxCapacity=most)

    async def put_policy(self, **members: Any) -> Any:
        return await self("PutScalingPolicy", **{**of(), "PolicyName": "p", **tracking(), **members})

    async def activities(self, **members: Any) -> list[dict[str, Any]]:
        return (await self("DescribeScalingActivities", ServiceNamespace="dynamodb", **members))[
            "ScalingActivities"
        ]

    async def measure(
        self,
        value: float,
        name: str = "ConsumedReadCapacityUnits",
        dimensions: Mapping[str, str] | None = None,
        namespace: str = "AWS/DynamoDB",
    ) -> None:
        """Add a sample to the minute that is now."""
        measured = metric(namespace, name, {"TableName": TABLE} if dimensions is None else dimensions)
        minute = int(self.clock.now() // MINUTE * MINUTE)
        await self.metrics.add([Sample(measured, "Count", minute, of_values({value: 1.0}))])

    async def pass_minutes(self, *consumed: float) -> None:
        """Let a minute pass for each, in which so many read units were consumed a second."""
        for each in consumed:
            if each:
                await self.measure(each * MINUTE)
            self.clock.advance(MINUTE)
            await self.work()

    async def work(self) -> None:
        """Close the minutes that are past, and do what the job does each second."""
        self.database.monitoring.closed_until = int(self.clock.now() // MINUTE * MINUTE)
        await self._scaler.step()


@asynccontextmanager
async def auto_scaling(directory: Any, **settings: Any) -> AsyncIterator[AutoScaling]:
    """All of that on a database in memory."""
    clock = FileClock.create(directory / "clock", START)
    async with opened(None, 7, clock=clock, **settings) as dynamodb:
        yield AutoScaling(dynamodb, clock)
