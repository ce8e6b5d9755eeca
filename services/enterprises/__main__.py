"""The command: `python -m services.enterprises [serve | create-table [--local] | migrate [--dry-run]]`."""

import argparse
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing

from fastapi import APIRouter, FastAPI

from services.common import health, telemetry
from services.common.app import make_app, serve
from services.common.command_line import Command, create_tables, local_option, main
from services.common.dynamodb import Database
from services.common.errors import ServiceError
from services.common.service import prepare
from services.common.settings import name_of
from services.common.time_ids import SystemClock
from services.enterprises import api, migrate_command
from services.enterprises.diagnosis import Diagnosis
from services.enterprises.dynamodb_store import EnterprisesDynamoDBService
from services.enterprises.postgres_store import EnterprisesPostgresService
from services.enterprises.settings import POSTGRES, Settings, load
from services.enterprises.tables import key_of, table

NAME = "enterprises"
HEALTH = "/health"
TABLE_VARIABLE = name_of(Settings, "table")


def make(settings: Settings, database: Database) -> FastAPI:
    """The application, over the database that the settings choose."""
    if settings.mode == POSTGRES:
        return _app(settings, database, EnterprisesPostgresService(settings.postgres))
    return _app(settings, database, EnterprisesDynamoDBService(database, settings))


def _app(
    settings: Settings, database: Database, store: EnterprisesPostgresService | EnterprisesDynamoDBService
) -> FastAPI:
    if isinstance(store, EnterprisesDynamoDBService):
        diagnosis = Diagnosis(settings, database, store)
        # No enterprise has it: ids are UUIDs.
        check = health.routes(HEALTH, NAME, database, {settings.table: key_of(HEALTH)})
    else:
        diagnosis = Diagnosis(settings, database, None)
        check = _postgres_health(settings, store)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        with closing(store):
            yield

    app = make_app(
        "Enterprises",
        "1.0.0",
        [check, api.router],
        variables=database.variables(TABLE_VARIABLE),
        state={NAME: api.Parts(store, SystemClock(), diagnosis)},
        lifespan=lifespan,
    )
    telemetry.instrument(app, settings.server)
    return app


def _postgres_health(settings: Settings, store: EnterprisesPostgresService) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get(HEALTH, responses={503: {"description": "It cannot work now."}})
    def check() -> health.Health:
        """Whether the service can do its work."""
        store.page(1, None)
        return health.Health(status="ok", service=NAME, tables=[settings.postgres.table])

    return router


def _serve(_: argparse.Namespace) -> int:
    settings = load()
    app = make(settings, prepare(NAME, settings))
    serve(app, name=NAME, host=settings.server.host, port=settings.port)
    return 0


def _create_table(options: argparse.Namespace) -> int:
    settings = load()
    if settings.mode != POSTGRES:
        tables = [table(settings.table)]
        return create_tables(settings.database, tables, local=options.local, variable=TABLE_VARIABLE)
    try:
        with closing(EnterprisesPostgresService(settings.postgres)) as store:
            store.create_table()
    except ServiceError as error:
        print(error.message, file=sys.stderr)
        return 1
    print(f"Table {settings.postgres.table} is there.")
    return 0


COMMANDS = {
    "serve": Command(_serve, "Serve until told to stop."),
    "create-table": Command(_create_table, "Create the table of STORAGE_MODE, once.", local_option),
    "migrate": Command(
        migrate_command.run, "Copy enterprises from PostgreSQL to DynamoDB.", migrate_command.options
    ),
}

if __name__ == "__main__":
    sys.exit(main("services.enterprises", COMMANDS))
