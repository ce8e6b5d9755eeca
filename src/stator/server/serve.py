"""The life of a server: clock, storage, pipeline, sockets, jobs; then ready; then the same backwards.

A stop (SIGTERM, SIGINT) takes no new connections, finishes the requests that have begun to arrive, and closes
the storage last, so a write that was answered, and one that was not, are where they should be.
"""

import asyncio
import gc
import logging
import resource
import signal
import sys
from pathlib import Path

from stator import __version__
from stator.base.clock import Clock, FileClock, SystemClock
from stator.base.errors import StorageError
from stator.base.ids import RequestIds
from stator.protocol.http import ReplyWriter
from stator.protocol.pipeline import Pipeline
from stator.server.application import Application, Opener, data_directory, open_application
from stator.server.config import Settings
from stator.server.listener import Listener

_log = logging.getLogger("stator.server")

_FILES_BESIDES_CONNECTIONS = 256


class CannotStart(Exception):
    """Why the server does not start, in one sentence."""


def serve(settings: Settings, opener: Opener = open_application) -> int:
    """Serve until told to stop. The process's exit status: 0, or 1 if it could not start."""
    logging.basicConfig(
        level=settings.log_level.upper(), format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    _allow_files(settings.max_connections + _FILES_BESIDES_CONNECTIONS)
    try:
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(_serve(settings, opener))
    except CannotStart as error:
        print(f"stator: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


async def _serve(settings: Settings, opener: Opener) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    clock = _clock(settings)
    application = await _open(settings, clock, opener)
    try:
        pipeline = Pipeline(
            application.operations,
            decoder=application.decoder,
            make_call=application.make_call,
            replies=ReplyWriter(clock, RequestIds()),
            clock=clock,
            region=settings.region,
            strict=settings.auth_headers == "strict",
        )
        pipeline.reserved = application.own_replies(pipeline.serve)
        listener = Listener(pipeline, settings)
        port = await _listen(listener, settings)
        jobs = application.start_jobs()
        for job in jobs:
            job.add_done_callback(_job_ended)
        # What a start-up makes lives as long as the process: the collector need not look at it again.
        gc.collect()
        gc.freeze()
        _announce(settings, port)
        await stopping.wait()
        await listener.stop()
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
    finally:
        await application.close()


def ready_line(settings: Settings, port: int) -> str:
    """What is printed once the server answers."""
    directory = data_directory(settings)
    place = f"data in {directory}" if directory else "data in memory, lost when it stops"
    unsafe = "signatures and policies are not checked" + (", files are not encrypted" if directory else "")
    return (
        f"Stator {__version__} is ready at http://{_bracketed(settings.host)}:{port} ({place}). "
        f"All regions and access keys see the same tables; {unsafe}."
    )


def _announce(settings: Settings, port: int) -> None:
    if not _loopback(settings.host):
        print(  # noqa: T201
            f"stator: warning: {settings.host} can be reached from other machines, "
            "and whoever reaches it can read and change everything.",
            file=sys.stderr,
            flush=True,
        )
    print(ready_line(settings, port), flush=True)  # noqa: T201


def _clock(settings: Settings) -> Clock:
    if not settings.test_clock:
        return SystemClock()
    try:
        return FileClock(Path(settings.test_clock))
    except (OSError, ValueError) as error:
        raise CannotStart(f"the test clock {settings.test_clock} cannot be used: {error}") from None


async def _open(settings: Settings, clock: Clock, opener: Opener) -> Application:
    try:
        return await opener(settings, clock)
    except StorageError as error:
        raise CannotStart(f"{error}.") from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise CannotStart(f"{data_directory(settings)} cannot be used: {reason}.") from None


async def _listen(listener: Listener, settings: Settings) -> int:
    try:
        return await listener.start()
    except OSError as error:
        where = f"{_bracketed(settings.host)}:{settings.port}"
        raise CannotStart(f"cannot listen on {where}: {error.strerror or error}.") from None


def _job_ended(job: "asyncio.Task[None]") -> None:
    if not job.cancelled() and (error := job.exception()) is not None:
        _log.error("bug: background job %s ended", job.get_name(), exc_info=error)


def _new_loop() -> asyncio.AbstractEventLoop:
    try:
        import uvloop
    except ImportError:  # not on every platform
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()


def _allow_files(wanted: int) -> None:
    """Let the process open `wanted` files, as far as the system lets us say so."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    room = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (room, hard))


def _loopback(host: str) -> bool:
    return host in ("localhost", "::1") or host.startswith("127.")


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
