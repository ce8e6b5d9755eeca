"""The command: `python -m services.orders [serve | create-table [--local]]`."""

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
from services.common.time_ids import RandomIds, SystemClock
from services.orders import api
from services.orders.repository import OrderRepository
from services.orders.settings import Settings, load
from services.orders.tables import table

NAME = "orders"
TABLE_VARIABLE = name_of(Settings, "table")
# No order has it: ids are UUIDs.
_HEALTH_KEY = serialize({"pk": "HEALTH", "sk": "HEALTH"})


def make(settings: Settings, database: Database) -> FastAPI:
    """The application."""
    parts = api.Parts(OrderRepository(database, settings.table), SystemClock(), RandomIds())
    check = health.routes("/orders/health/check", NAME, database, {settings.table: _HEALTH_KEY})
    app = make_app(
        "Orders",
        "1.0.0",
        [check, api.router],
        variables=database.variables(TABLE_VARIABLE),
        state={"orders": parts},
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
        settings.database, [table(settings.table)], local=options.local, variable=TABLE_VARIABLE
    )


COMMANDS = {
    "serve": Command(_serve, "Serve until told to stop."),
    "create-table": Command(_create_table, "Create the table, once.", local_option),
}

if __name__ == "__main__":
    sys.exit(main("services.orders", COMMANDS))
