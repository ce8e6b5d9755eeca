"""Who is told of each request that this process has answered, as the settings want it: log and traces."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from stator.server.config import Settings
from stator.server.telemetry.request_log import RequestLog
from stator.tables.observation import Observer


class Watch(NamedTuple):
    """Those that are told, and what ends them."""

    observers: list[Observer]
    close: Callable[[], Awaitable[None]]


def watch(settings: Settings) -> Watch:
    """Watch the requests of this process, which may not fork from here on."""
    observers: list[Observer] = []
    if settings.slow_request or settings.log_level == "debug":
        observers.append(RequestLog(settings.slow_request))
    if not settings.traces:
        return Watch(observers, _nothing)
    from stator.server.telemetry.traces import Traces

    traces = Traces(settings.traces)
    return Watch([*observers, traces], traces.close)


async def _nothing() -> None:
    """Nothing is to be ended."""
