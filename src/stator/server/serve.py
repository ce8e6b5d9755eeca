"""The life of a server: clock, storage, pipeline, sockets, jobs; then ready; then the same backwards.

A stop (SIGTERM, SIGINT) takes no new connections, finishes the requests that have begun to arrive, and closes
the storage last, so a write that was answered, and one that was not, are where they should be.

That is the life of one process. With several workers, each lives like this under a supervisor (`workers`).
"""

import asyncio
import os
import signal

from stator.server.application import Opener, open_application
from stator.server.assembly import (
    CannotStart,
    allow_files,
    announce,
    cannot_listen,
    end_jobs,
    make_clock,
    make_pipeline,
    new_loop,
    open_with,
    prepare,
    start_jobs,
)
from stator.server.config import Settings, worker_count
from stator.server.listener import Listener
from stator.server.memory import settle_down
from stator.server.telemetry import logs
from stator.server.telemetry.processes import Process

_FILES_BESIDES_CONNECTIONS = 256


def serve(settings: Settings, opener: Opener = open_application) -> int:
    """Serve until told to stop. The process's exit status: 0, or 1 if it could not start.

    The log is set up already (`telemetry.logs`).
    """
    allow_files(settings.max_connections + _FILES_BESIDES_CONNECTIONS)
    workers = worker_count(settings)
    try:
        prepare(settings)
        if workers > 1:
            from stator.server.workers.supervisor import supervise  # One worker does without.

            return supervise(settings, workers)
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(_serve(settings, opener))
    except CannotStart as error:
        logs.say(settings, str(error))
        return 1
    return 0


async def _serve(settings: Settings, opener: Opener) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    clock = make_clock(settings)
    application = await open_with(opener, settings, clock)
    try:
        pipeline = make_pipeline(application, settings, clock)
        listener = Listener(pipeline, settings)
        pipeline.reserved = application.own_replies(
            pipeline.serve, lambda: [Process("0", os.getpid(), listener.connections)]
        )
        try:
            port = await listener.start()
        except OSError as error:
            raise cannot_listen(settings, error) from None
        jobs = start_jobs(application)
        settle_down()
        announce(settings, port)
        await stopping.wait()
        await listener.stop()
        await end_jobs(jobs)
    finally:
        await application.close()
