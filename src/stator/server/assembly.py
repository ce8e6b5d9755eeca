"""What a process of a server is made of: its clock, its loop, what it serves, and the words around that.

A server is one process (`serve`), or several (`workers`); both are put together from these parts.
"""

import asyncio
import logging
import resource
from pathlib import Path

from stator import __version__
from stator.base.clock import Clock, FileClock, SystemClock
from stator.base.errors import StorageError
from stator.base.ids import RequestIds
from stator.protocol.http import ReplyWriter
from stator.protocol.pipeline import Pipeline
from stator.server.application import Application, Opener, data_directory
from stator.server.config import Settings
from stator.server.telemetry import logs

_log = logging.getLogger("stator.server")


class CannotStart(Exception):
    """Why the server does not start, in one sentence."""


def make_clock(settings: Settings) -> Clock:
    """The system's clock, or the one that a test moves. Raises CannotStart."""
    if not settings.test_clock:
        return SystemClock()
    try:
        return FileClock(Path(settings.test_clock))
    except (OSError, ValueError) as error:
        raise CannotStart(f"the test clock {settings.test_clock} cannot be used: {error}") from None


def prepare(settings: Settings) -> None:
    """Load what only some settings need, once for all processes to come. Raises CannotStart."""
    if settings.metrics == "off" and (settings.traces or settings.slow_request):
        raise CannotStart("traces and slow_request go by what is counted, so metrics must be on.")
    if settings.traces:
        from stator.formats.extras import MissingExtra, need

        try:
            need("stator.server.telemetry.traces", "telemetry")
        except MissingExtra as error:
            raise CannotStart(f"traces cannot be made: {error}.") from None


async def open_with(opener: Opener, settings: Settings, clock: Clock) -> Application:
    """What is served. Raises CannotStart."""
    try:
        return await opener(settings, clock)
    except StorageError as error:
        raise CannotStart(f"{error}.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart(f"{data_directory(settings)} cannot be used: {reason}.") from None


def make_pipeline(application: Application, settings: Settings, clock: Clock) -> Pipeline[object]:
    """What answers requests to an application."""
    pipeline = Pipeline(
        application.operations,
        decoder=application.decoder,
        make_call=application.make_call,
        replies=ReplyWriter(clock, RequestIds()),
        clock=clock,
        region=settings.region,
        strict=settings.auth_headers == "strict",
        meter=application.requests,
    )
    pipeline.others = application.others
    return pipeline


def start_jobs(application: Application) -> list["asyncio.Task[None]"]:
    """Start the background jobs; one that ends by itself is a bug, and logged."""
    jobs = application.start_jobs()
    for job in jobs:
        job.add_done_callback(_job_ended)
    return jobs


async def end_jobs(jobs: list["asyncio.Task[None]"]) -> None:
    """Stop the background jobs."""
    for job in jobs:
        job.cancel()
    await asyncio.gather(*jobs, return_exceptions=True)


def _job_ended(job: "asyncio.Task[None]") -> None:
    if not job.cancelled() and (error := job.exception()) is not None:
        _log.error("bug: background job %s ended", job.get_name(), exc_info=error)


def new_loop() -> asyncio.AbstractEventLoop:
    """An event loop, of the fast kind where there is one."""
    try:
        import uvloop
    except ImportError:  # not on every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def allow_files(wanted: int) -> None:
    """Let the process open `wanted` files, as far as the system lets us say so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    room = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))


# Words.


def cannot_listen(settings: Settings, error: OSError) -> CannotStart:
    """Why nobody can be let in."""
    where = f"{_bracketed(settings.host)}:{settings.port}"
    return CannotStart(f"cannot listen on {where}: {error.strerror or error}.")


def ready_line(settings: Settings, port: int) -> str:
    """What is printed once the server answers."""
    directory = data_directory(settings)
    place = f"data in {directory}" if directory else "data in memory, lost when it stops"
    unsafe = "signatures and policies are not checked" + (", files are not encrypted" if directory else "")
    return (
        f"Stator {__version__} is ready at http://{_bracketed(settings.host)}:{port} ({place}). "
        f"All regions and access keys see the same tables; {unsafe}."
    )


def announce(settings: Settings, port: int) -> None:
    """Say that the server answers, and who else may reach it."""
    if not _loopback(settings.host):
        logs.say(
            settings,
            f"{settings.host} can be reached from other machines, "
            "and whoever reaches it can read and change everything.",
            warning=True,
        )
    print(ready_line(settings, port), flush=True)  # noqa: T201


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
