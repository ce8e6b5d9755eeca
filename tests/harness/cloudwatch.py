"""CloudWatch's operations on a database of the test's own in memory, with no server between.

Requests are held to the shapes of the service's model, as the front of a server does it, and handed on.
"""

import asyncio
from inspect import isawaitable
from random import Random
from types import SimpleNamespace
from typing import Any

from stator.base.errors import ApiError
from stator.base.ids import RandomIds
from stator.model.services.catalogue import service_model
from stator.model.services.rules import check
from stator.model.services.shapes import shape_of
from stator.model.services.values import typed
from stator.monitoring.metrics.store import MetricsStore
from stator.operations.services import CLOUDWATCH, ServiceCall, ServiceError, handler_of
from stator.storage.open import open_engine
from stator.tables.database import Database

NOON = 1_800_000_000.0  # a Friday, 08:00 UTC


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.seconds = NOON

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.seconds


class Cloud:
    """The operations; times of requests and replies are seconds since the epoch."""

    def __init__(self) -> None:
        self.clock = Hands()
        self._runner = asyncio.Runner()
        self._engine = open_engine(None)
        self._call = ServiceCall(self._runner.run(self._open()), "us-east-1", "key")

    async def _open(self) -> Database:
        database = await Database.open(
            self._engine, clock=self.clock, ids=RandomIds(Random(1)), account="000000000000"
        )
        database.monitoring = SimpleNamespace(metrics=MetricsStore(self._engine))
        return database

    @property
    def store(self) -> MetricsStore:
        store: MetricsStore = self._call.database.monitoring.metrics
        return store

    def run(self, awaitable: Any) -> Any:
        """What a coroutine returns."""
        return self._runner.run(awaitable)

    def __call__(self, operation: str, **request: Any) -> dict[str, Any]:
        """The reply to a request. Raises ApiError and ServiceError."""
        return dict(self._runner.run(self._answer(operation, request)))

    async def _answer(self, operation: str, request: dict[str, Any]) -> Any:
        model = service_model(CLOUDWATCH).operation(operation)
        assert model is not None
        shape = shape_of(CLOUDWATCH, model.input)
        values = typed(shape, request)
        check(model, shape, "ValidationException", values)
        handler = handler_of(CLOUDWATCH, operation)
        assert handler is not None
        reply = handler(self._call, values)
        reply = await reply if isawaitable(reply) else reply
        if model.output is not None:
            typed(shape_of(CLOUDWATCH, model.output), reply)
        return reply

    def refused(self, operation: str, **request: Any) -> tuple[str, str | None]:
        """The error of a request: its shape and its text."""
        try:
            self(operation, **request)
        except ServiceError as error:
            return error.shape, error.message
        except ApiError as error:
            return error.name, error.message
        raise AssertionError("it was not refused")

    def put(self, name: str, values: dict[int, float], namespace: str = "shop", **datum: Any) -> None:
        """Publish values of a metric, each so many seconds after NOON."""
        data = [
            {"MetricName": name, "Value": value, "Timestamp": NOON + seconds, **datum}
            for seconds, value in values.items()
        ]
        self("PutMetricData", Namespace=namespace, MetricData=data)

    def close(self) -> None:
        """End it."""
        self._runner.run(self._engine.aclose())
        self._runner.close()
