"""What a server serves, wired by hand: settings and a clock in; operations, jobs and an end out."""

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stator.base.clock import Clock
from stator.base.errors import StorageError
from stator.protocol.pipeline import Decoder, Operation, OtherServices, Reserved, no_others, nothing_reserved
from stator.server.config import Settings
from stator.server.telemetry.processes import Processes

if TYPE_CHECKING:
    from stator.operations.request_meter import RequestMeter
    from stator.storage.engine import Engine
    from stator.tables.book import Books
    from stator.tables.database import Database

Serve = Callable[[Mapping[str, Operation]], None]


@dataclass(frozen=True, slots=True)
class Application:
    """What the life of a server needs to know of what it serves.

    `operations`, `decoder` and `make_call` are the pipeline's. `start_jobs` starts the background jobs, which
    may be cancelled at any point. `own_replies` is given what makes the pipeline serve other operations, and
    what lists the server's processes, and gives what answers requests to the server itself. `others` answers
    requests to other AWS services. `requests` is told of each request, if anybody counts them; `tick` is for
    processes without jobs, several times a second. `close` ends the storage, after the last request.
    """

    operations: Mapping[str, Operation]
    decoder: Callable[[str], Decoder]
    make_call: Callable[[str, str], Any]
    start_jobs: Callable[[], list["asyncio.Task[None]"]]
    close: Callable[[], Awaitable[None]]
    own_replies: Callable[[Serve, Processes], Reserved] = lambda *_: nothing_reserved
    others: OtherServices = no_others
    requests: "RequestMeter | None" = None
    tick: Callable[[], None] = lambda: None


Opener = Callable[[Settings, Clock], Awaitable[Application]]


def data_directory(settings: Settings) -> Path | None:
    """The directory of the data; None if it is kept in memory."""
    return None if settings.memory else Path(settings.data).expanduser().resolve()


def backups_directory(settings: Settings) -> Path | None:
    """The directory of backups; None if it goes with the process, as data in memory does."""
    if settings.backups:
        return Path(settings.backups).expanduser().resolve()
    data = data_directory(settings)
    return None if data is None else data / "backups"


def buckets_of(settings: Settings, temporary: Path) -> Any:
    """Where S3 buckets are found (`stator.copies.places`). Raises StorageError if that cannot be."""
    if settings.s3_endpoint:
        from stator.copies.s3_endpoint import EndpointBuckets
        from stator.formats.extras import MissingExtra

        try:
            return EndpointBuckets(settings.s3_endpoint, settings.region)
        except MissingExtra as error:
            raise StorageError(f"s3_endpoint cannot be used: {error}") from None
    from stator.copies.folders import FolderBuckets

    root = Path(settings.s3_root).expanduser().resolve() if settings.s3_root else None
    return FolderBuckets(root or (data_directory(settings) or temporary) / "s3", settings.account)


def alarm_actions_of(settings: Settings) -> tuple[Any, ...]:
    """What is done when alarms change (`stator.monitoring.alarms.actions`). Raises StorageError."""
    if not settings.alarm_actions:
        return ()
    from stator.monitoring.alarms.actions import BadActions, load

    try:
        return load(Path(settings.alarm_actions).expanduser())
    except BadActions as error:
        raise StorageError(f"alarm_actions cannot be used: {error}") from None


def _temporary_directory() -> Path:
    """A directory that is not there yet, under a name that nobody can guess."""
    return Path(os.environ.get("TMPDIR") or "/tmp") / f"stator-{os.urandom(16).hex()}"  # noqa: S108


async def open_application(
    settings: Settings,
    clock: Clock,
    engine_of: Callable[[Path | None], "Engine"] | None = None,
    *,
    books: "Books | None" = None,
    number: int = 0,
) -> Application:
    """Open the database and everything above it. Raises StorageError and OSError if it cannot be used.

    `engine_of` opens the engine on a data directory; by default it is the only process there. `number` is the
    worker's, of whom the first writes, and `books` are what they count in.
    """
    # Imported here, so that what is only about sockets or settings does without a database.
    from stator import model
    from stator.operations import REGISTRY, Call
    from stator.operations.dynamodb.transactions.conflicts import guarded
    from stator.server import counting
    from stator.server.admin import Admin
    from stator.server.others import OthersHere
    from stator.server.snapshots import Snapshots
    from stator.server.telemetry.scrape import Scrapes
    from stator.server.telemetry.watching import watch
    from stator.storage.open import open_engine
    from stator.tables.book import Books

    data, temporary = data_directory(settings), _temporary_directory()
    engine = (engine_of or open_engine)(data)
    try:
        database = await _open_database(settings, clock, engine, temporary)
        if books is None and settings.metrics == "on":
            books = Books()
        requests = counting.begin(database, books, number, writes=number == 0)
        if database.monitoring is not None:
            database.monitoring.actions = alarm_actions_of(settings)
    except BaseException:
        engine.close()
        raise
    watching = watch(settings)
    if database.meter is not None:
        database.meter.observers += watching.observers
    operations = REGISTRY if database.in_flight is None else guarded(REGISTRY)
    return Application(
        operations=operations,
        decoder=model.decode,
        make_call=lambda region, host: Call(database, region, host),
        start_jobs=partial(_start_jobs, database, settings),
        others=OthersHere(database, settings),
        requests=requests,
        tick=lambda: None if database.meter is None else database.meter.tick(),
        close=partial(_close_all, partial(counting.end, database), engine.aclose, watching.close, temporary),
        own_replies=lambda serve, processes: (
            Admin(
                operations,
                serve,
                Snapshots(engine, data),
                Scrapes(settings, database, data, processes).answer,
            ).answer
        ),
    )


def _start_jobs(database: "Database", settings: Settings) -> list["asyncio.Task[None]"]:
    """Start what is done in the background, in the process that writes."""
    from stator.server.jobs.alarms import keep_alarms
    from stator.server.jobs.backups import expire_backups
    from stator.server.jobs.construction import construction
    from stator.server.jobs.copies import make_copies
    from stator.server.jobs.expiry import delete_expired
    from stator.server.jobs.metrics import collect_metrics
    from stator.server.jobs.scaling import scale
    from stator.server.jobs.streams import keep_streams
    from stator.server.jobs.upkeep import upkeep

    return [
        asyncio.create_task(upkeep(database), name="upkeep"),
        asyncio.create_task(construction(database), name="construction"),
        asyncio.create_task(delete_expired(database, settings.ttl_delay), name="expiry"),
        asyncio.create_task(keep_streams(database), name="streams"),
        asyncio.create_task(make_copies(database), name="copies"),
        asyncio.create_task(expire_backups(database), name="backups"),
        asyncio.create_task(collect_metrics(database), name="metrics"),
        asyncio.create_task(keep_alarms(database), name="alarms"),
        asyncio.create_task(scale(database), name="scaling"),
    ]


async def _open_database(settings: Settings, clock: Clock, engine: "Engine", temporary: Path) -> "Database":
    """The database in an engine, as the settings want it; what is kept nowhere else is in `temporary`."""
    from stator.base.ids import RandomIds
    from stator.tables.database import Database
    from stator.tables.in_flight import InFlight
    from stator.tables.throttle import Throttle

    database = await Database.open(
        engine,
        clock=clock,
        ids=RandomIds(),
        account=settings.account,
        lifecycle_delay=settings.lifecycle_delay,
        backups=backups_directory(settings) or temporary,
    )
    database.buckets = buckets_of(settings, temporary)
    data = data_directory(settings)
    database.logs = None if data is None else data / "logs"
    if settings.transaction_conflicts == "on":
        database.in_flight = InFlight()
    if settings.throttle:
        database.throttle = Throttle(clock)
    return database


async def _close_all(
    end_count: Callable[[], Awaitable[None]],
    close: Callable[[], Awaitable[None]],
    end_watch: Callable[[], Awaitable[None]],
    directory: Path,
) -> None:
    """Close the storage, and delete a directory that goes with it; nobody counts or watches any more."""
    await end_count()
    await close()
    await end_watch()
    if directory.exists():
        import shutil  # Few servers come here.

        shutil.rmtree(directory, ignore_errors=True)
