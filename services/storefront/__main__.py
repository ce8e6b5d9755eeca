"""The command: `python -m services.storefront [serve | create-table [--local]]`."""

import argparse
import sys

from fastapi import FastAPI

from services.common import health, telemetry
from services.common.app import make_app, serve
from services.common.command_line import Command, create_tables, local_option, main
from services.common.dynamodb import Database
from services.common.service import prepare
from services.common.settings import name_of
from services.storefront import product_routes, session_routes
from services.storefront.parts import assemble
from services.storefront.settings import Settings, load
from services.storefront.tables import COUNTER_ID, product_key, products, session_key, sessions

NAME = "storefront"
HEALTH = "/health"
TABLE_VARIABLE = f"{name_of(Settings, 'products_table')} and {name_of(Settings, 'sessions_table')}"


def make(settings: Settings, database: Database) -> FastAPI:
    """The application."""
    tables = {
        settings.products_table: product_key(COUNTER_ID),
        settings.sessions_table: session_key(HEALTH),
    }
    app = make_app(
        "Storefront",
        "1.0.0",
        [health.routes(HEALTH, NAME, database, tables), product_routes.router, session_routes.router],
        variables=database.variables(TABLE_VARIABLE),
        state={NAME: assemble(settings, database)},
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
    tables = [products(settings.products_table), sessions(settings.sessions_table)]
    return create_tables(settings.database, tables, local=options.local, variable=TABLE_VARIABLE)


COMMANDS = {
    "serve": Command(_serve, "Serve until told to stop."),
    "create-table": Command(_create_table, "Create both tables, once.", local_option),
}

if __name__ == "__main__":
    sys.exit(main("services.storefront", COMMANDS))
