"""A front without a server, whose operations do what a test says."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from harness.local import Later, fake_pipeline
from harness.wire import Reply, parse_one
from stator.base.clock import FileClock
from stator.base.ids import RandomIds, RequestIds
from stator.model.services.catalogue import service_model
from stator.operations.services import Handler, ServiceCall
from stator.protocol.reader import RequestReader
from stator.protocol.services.front import Front
from stator.storage.open import open_engine
from stator.tables.database import Database

ACCOUNT = "123456789012"


@dataclass
class Stage:
    """A pipeline and its front. Each operation notes what it is asked, and answers or raises `outcome`."""

    clock: FileClock
    strict: bool = False
    asked: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    calls: list[ServiceCall] = field(default_factory=list)
    outcome: Any = None

    def __post_init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self.database = self.loop.run_until_complete(
            Database.open(open_engine(None), clock=self.clock, ids=RandomIds(), account=ACCOUNT)
        )
        self.pipeline = fake_pipeline(Later(), self.clock, strict=self.strict)
        self.pipeline.others = Front(
            self.database, RequestIds(), region="us-east-1", strict=self.strict, handlers=self.handler
        ).answer

    def handler(self, service: str, name: str) -> Handler | None:
        if service_model(service).operation(name) is None:
            return None

        def handle(call: ServiceCall, request: dict[str, Any]) -> Any:
            self.calls.append(call)
            self.asked.append((service, name, request))
            if isinstance(self.outcome, BaseException):
                raise self.outcome
            return self.outcome

        return handle

    def ask(self, data: bytes) -> Reply:
        """The reply to a request's bytes."""
        (request,) = RequestReader().feed(data)
        reply = self.pipeline.handle(request)
        if not isinstance(reply, bytes):
            done = self.loop.run_until_complete(asyncio.wait([self.loop.create_task(reply)]))[0]
            reply = self.pipeline.finish(request, done.pop())
        return parse_one(reply)

    def close(self) -> None:
        self.loop.run_until_complete(self.database.engine.aclose())
        self.loop.close()


@pytest.fixture
def stage(clock: FileClock) -> Iterator[Stage]:
    stage = Stage(clock)
    yield stage
    stage.close()


@pytest.fixture
def make_stage(clock: FileClock) -> Iterator[Callable[..., Stage]]:
    stages: list[Stage] = []

    def make(**options: Any) -> Stage:
        stages.append(Stage(clock, **options))
        return stages[-1]

    yield make
    for stage in stages:
        stage.close()
