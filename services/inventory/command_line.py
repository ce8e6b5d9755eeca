"""The commands of a service: serve, project, rebuild and check."""

import argparse
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from signal import SIGTERM, signal
from typing import Any, Final

from fastapi import FastAPI

from services.common import app, telemetry
from services.common.command_line import Command, main
from services.common.health import routes as health_routes
from services.common.items import serialize
from services.common.service import prepare
from services.common.time_ids import RandomIds, SystemClock
from services.inventory import audit
from services.inventory.event_log import HEAD
from services.inventory.service import Definition, Service
from services.inventory.settings import Settings, load
from services.inventory.tables import events_table, read_table

VERSION: Final = "1.0.0"


def run(definition: Definition[Any], arguments: list[str] | None = None) -> int:
    """Run a command of a service; the exit status."""
    commands = {
        "serve": Command(partial(_serve, definition), "answer requests, and follow the streams"),
        "project": Command(partial(_project, definition), "only follow the streams", _once_option),
        "rebuild": Command(partial(_rebuild, definition), "make all views anew from the events"),
        "check": Command(partial(_check, definition), "compare heads, views and notes with the events"),
    }
    return main(f"services.inventory.{definition.name.replace('-', '_')}", commands, arguments)


def make(definition: Definition[Any], settings: Settings) -> Service[Any]:
    """A service in this process."""
    return Service(definition, prepare(definition.name, settings), SystemClock(), RandomIds())


def make_app(service: Service[Any], settings: Settings) -> FastAPI:
    """Its application."""
    name = service.name
    health = health_routes(
        "/health",
        name,
        service.database,
        {
            events_table(name): serialize({"id": "health", "timestamp": HEAD}),
            read_table(name): serialize({"id": "health"}),
        },
    )
    made = app.make_app(
        service.definition.title,
        VERSION,
        [service.definition.routes(service), health],
        variables=service.database.variables("the tables (python -m services.inventory create-tables)"),
        lifespan=partial(_followers, service, settings),
    )
    telemetry.instrument(made, settings.server)
    return made


@asynccontextmanager
async def _followers(service: Service[Any], settings: Settings, _: FastAPI) -> AsyncIterator[None]:
    stop = threading.Event()
    threads = _start(service, settings, stop) if settings.projectors == "inside" else []
    yield
    stop.set()
    for thread in threads:
        thread.join()


def _start(service: Service[Any], settings: Settings, stop: threading.Event) -> list[threading.Thread]:
    threads = [
        threading.Thread(
            target=follower.run,
            args=[stop, settings.poll_milliseconds / 1000],
            name=follower.projection.name,
        )
        for follower in service.followers()
    ]
    for thread in threads:
        thread.start()
    return threads


def _serve(definition: Definition[Any], _: argparse.Namespace) -> int:
    settings = load(definition.settings)
    service = make(definition, settings)
    port = definition.port if settings.port is None else settings.port
    app.serve(make_app(service, settings), name=definition.name, host=settings.server.host, port=port)
    return 0


def _once_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="stop when there is nothing new")


def _project(definition: Definition[Any], options: argparse.Namespace) -> int:
    settings = load(definition.settings)
    service = make(definition, settings)
    if options.once:
        followers = list(service.followers())
        new = True
        while new:
            new = False
            for follower in followers:
                new |= follower.step()
        return 0
    stop = threading.Event()
    signal(SIGTERM, lambda *_: stop.set())
    threads = _start(service, settings, stop)
    print(f"{definition.name} follows {', '.join(thread.name for thread in threads)}", flush=True)
    try:
        for thread in threads:
            thread.join()
    finally:
        stop.set()
    return 0


def _rebuild(definition: Definition[Any], _: argparse.Namespace) -> int:
    service = make(definition, load(definition.settings))
    for projection in (service.view, *service.copies.values()):
        print(f"{definition.name}: {projection.rebuild()} views of {projection.name} are made anew.")
    return 0


def _check(definition: Definition[Any], _: argparse.Namespace) -> int:
    service = make(definition, load(definition.settings))
    wrong = list(audit.problems(service))
    for problem in wrong:
        print(problem, file=sys.stderr)
    if not wrong:
        print(f"{definition.name}: heads, views and notes agree with the events.")
    return 1 if wrong else 0
