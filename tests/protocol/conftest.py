"""A pipeline without a server."""

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.local import FakeCall, Later, fake_pipeline
from harness.wire import Reply, parse_one
from stator.base.clock import FileClock
from stator.protocol.pipeline import Pipeline
from stator.protocol.reader import RequestReader

NOW = 1_784_456_000.0  # 2026-07-19T10:13:20Z

Ask = Callable[[bytes], Reply]


@pytest.fixture
def clock(tmp_path: Path) -> FileClock:
    return FileClock.create(tmp_path / "clock", NOW)


@pytest.fixture
def later() -> Later:
    return Later()


@pytest.fixture
def pipeline(later: Later, clock: FileClock) -> "Pipeline[FakeCall]":
    return fake_pipeline(later, clock)


def asker(pipeline: "Pipeline[FakeCall]") -> Ask:
    """Asks a pipeline for the reply to a request's bytes."""

    def ask(data: bytes) -> Reply:
        (request,) = RequestReader().feed(data)
        reply = pipeline.handle(request)
        assert isinstance(reply, bytes)
        return parse_one(reply, bodiless=request.method == b"HEAD")

    return ask


@pytest.fixture
def ask(pipeline: "Pipeline[FakeCall]") -> Ask:
    return asker(pipeline)


@pytest.fixture
def ask_strictly(later: Later, clock: FileClock) -> Ask:
    return asker(fake_pipeline(later, clock, strict=True))
