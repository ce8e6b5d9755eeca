"""A server on a thread of the test, whose operations the test controls."""

import asyncio
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import msgspec
import uvloop

from harness.wire import PATIENCE_SECONDS, Wire
from stator.base.clock import Clock, SystemClock
from stator.base.errors import ApiError, serialization
from stator.base.ids import RequestIds
from stator.protocol.http import ReplyWriter
from stator.protocol.pipeline import Pipeline
from stator.server.config import Settings
from stator.server.listener import Listener

NewLoop = Callable[[], asyncio.AbstractEventLoop]


@dataclass(frozen=True)
class FakeCall:
    """What the fake operations are given."""

    region: str
    host: str


@dataclass(frozen=True)
class FakeOperation:
    """An operation that is not in any model."""

    name: str
    handler: Callable[[FakeCall, Any], Any]


class AnyObject:
    """Decodes any JSON object to a dict."""

    def decode(self, body: bytes) -> dict[str, Any]:
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise serialization() from None


@dataclass
class Later:
    """Requests to `Later` wait here, each with the future of its reply."""

    begun: "queue.Queue[tuple[Any, asyncio.Future[Any]]]" = field(default_factory=queue.Queue)

    def handler(self, call: FakeCall, request: Any) -> "asyncio.Future[Any]":
        future = asyncio.get_running_loop().create_future()
        self.begun.put((request, future))
        return future

    def answer(self, result: Any = None) -> Any:
        """Answer the one that began first, once it did, with `result` or an echo. What it asked."""
        request, future = self.begun.get(timeout=PATIENCE_SECONDS)
        future.get_loop().call_soon_threadsafe(future.set_result, request if result is None else result)
        return request


def echo(call: FakeCall, request: Any) -> dict[str, Any]:
    """The request, and who asked."""
    return {"request": request, "region": call.region, "host": call.host}


async def soon(call: FakeCall, request: Any) -> dict[str, Any]:
    """The request, a turn of the loop later."""
    await asyncio.sleep(0)
    return echo(call, request)


def letters(call: FakeCall, request: Any) -> bytes:
    """A reply of the length asked for."""
    return b'"%b"' % (b"x" * (request["length"] - 2))


def refuse(call: FakeCall, request: Any) -> bytes:
    """The error asked for."""
    raise ApiError(request["name"], request["message"], request.get("fields"))


def bug(call: FakeCall, request: Any) -> bytes:
    """No reply at all."""
    raise RuntimeError("a secret of the implementation")


def operations(later: Later) -> dict[str, FakeOperation]:
    """Operations that do what tests need."""
    handlers = {
        "Echo": echo,
        "Soon": soon,
        "Later": later.handler,
        "Letters": letters,
        "Refuse": refuse,
        "Bug": bug,
    }
    return {f"DynamoDB_20120810.{name}": FakeOperation(name, handler) for name, handler in handlers.items()}


def fake_pipeline(later: Later, clock: Clock, *, strict: bool = False) -> "Pipeline[FakeCall]":
    """A pipeline to those operations."""
    return Pipeline(
        operations(later),
        decoder=lambda _: AnyObject(),
        make_call=FakeCall,
        replies=ReplyWriter(clock, RequestIds()),
        clock=clock,
        region="us-east-1",
        strict=strict,
    )


class LocalServer:
    """A listener with those operations, on a loop of its own."""

    def __init__(self, *, new_loop: NewLoop = uvloop.new_event_loop, **settings: Any) -> None:
        self.later = Later()
        self._settings = Settings(port=0, memory=True, **settings)
        self._ready = threading.Event()
        self._stop = asyncio.Event()
        self._told = False
        self._failures: list[dict[str, Any]] = []
        self._thread = threading.Thread(target=self._run, args=[new_loop])
        self._thread.start()
        assert self._ready.wait(PATIENCE_SECONDS)

    def _run(self, new_loop: NewLoop) -> None:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._loop.set_exception_handler(lambda _, context: self._failures.append(context))
        listener = Listener(fake_pipeline(self.later, SystemClock()), self._settings)
        self.port = await listener.start()
        self._ready.set()
        await self._stop.wait()
        await listener.stop()

    def connect(self, receive_bytes: int | None = None) -> Wire:
        """A connection to it."""
        return Wire("127.0.0.1", self.port, receive_bytes)

    def begin_stop(self) -> None:
        """Tell it to stop."""
        self._told = True
        self._loop.call_soon_threadsafe(self._stop.set)

    def close(self) -> None:
        """Stop it, and fail if the loop had anything to complain about."""
        if not self._told:
            self.begin_stop()
        self._thread.join(PATIENCE_SECONDS)
        assert not self._thread.is_alive()
        assert self._failures == []
