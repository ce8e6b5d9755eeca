"""Stator's HTTP stack with a constant behind it: everything that a GetItem costs, except the GetItem."""

import asyncio
import signal
import sys
from dataclasses import dataclass
from typing import Any

import uvloop

from benchmarks.bare import ITEM
from stator.base.clock import SystemClock
from stator.base.ids import RequestIds
from stator.protocol.http import ReplyWriter
from stator.protocol.pipeline import Pipeline
from stator.server.config import Settings
from stator.server.listener import Listener


@dataclass(frozen=True)
class Constant:
    """An operation that always answers the same."""

    name: str

    def handler(self, call: object, request: object) -> bytes:
        return ITEM


class NotRead:
    """The decoder of a request that nobody reads."""

    def decode(self, body: bytes) -> Any:
        return None


async def main(port: int) -> None:
    """Serve until told to stop."""
    clock = SystemClock()
    pipeline: Pipeline[object] = Pipeline(
        {f"DynamoDB_20120810.{name}": Constant(name) for name in ("GetItem", "ListTables")},
        decoder=lambda _: NotRead(),
        make_call=lambda region, host: object(),
        replies=ReplyWriter(clock, RequestIds()),
        clock=clock,
        region="us-east-1",
    )
    listener = Listener(pipeline, Settings(port=port))
    await listener.start()
    stopping = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopping.set)
    await stopping.wait()
    await listener.stop()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
