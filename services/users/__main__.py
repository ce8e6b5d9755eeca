"""The command: `python -m services.users [serve | create-table [--local]]`."""

import argparse
import sys

from fastapi import FastAPI

from services.common import health, telemetry
from services.common.app import make_app, serve
from services.common.command_line import Command, create_tables, local_option, main
from services.common.dynamodb import Database
from services.common.items import serialize
from services.common.service import prepare
from services.common.settings import name_of
from services.common.time_ids import RandomIds
from services.users import api
from services.users.repository import UserRepository
from services.users.settings import Settings, load
from services.users.tables import table

NAME = "users"
TABLE_VARIABLE = name_of(Settings, "environment")
_HEALTH_KEY = serialize({"id": "health"})


def make(settings: Settings, database: Database) -> FastAPI:
    """The application."""
    parts = api.Parts(UserRepository(database, settings.table), RandomIds())
    check = health.routes("/health", NAME, database, {settings.table: _HEALTH_KEY})
    app = make_app(
        "Users",
        "1.0.0",
        [check, api.router],
        variables=database.variables(TABLE_VARIABLE),
        state={"users": parts},
    )
    telemetry.instrument(app, settings.server)
    return app


def _serve(_: argparse.Namespace) -> int:
    settings = load()
    app = make(settings, prepare(NAME, settings))
    serve(app, name=NAME, host=settings.server.host, port=settings.port)
    return 0


def _create_table(options: argparse.Namespace) -> int:
    settings = load()
    return create_tables(
        settings.database, [table(settings.environment)], local=options.local, variable=TABLE_VARIABLE
    )


COMMANDS = {
    "serve": Command(_serve, "Serve until told to stop."),
    "create-table": Command(_create_table, "Create the table of the environment, once.", local_option),
}

if __name__ == "__main__":
    sys.exit(main("services.users", COMMANDS))
