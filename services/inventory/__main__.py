"""`python -m services.inventory`: what an administrator does for all four services."""

import argparse
import sys
from dataclasses import replace
from typing import Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from services.common.command_line import Command, local_option, localized, main
from services.common.dynamodb import Database, connect
from services.common.errors import ServiceError, translate
from services.inventory import tables
from services.inventory.ingreso_inventario.service import INGRESO_INVENTARIO
from services.inventory.movimiento_inventario.service import MOVIMIENTO_INVENTARIO
from services.inventory.orden_compra.service import ORDEN_COMPRA
from services.inventory.proveedor.service import PROVEEDOR
from services.inventory.service import Definition
from services.inventory.settings import AwsVariables, load

DEFINITIONS: Final[tuple[Definition[Any], ...]] = (
    MOVIMIENTO_INVENTARIO,
    ORDEN_COMPRA,
    PROVEEDOR,
    INGRESO_INVENTARIO,
)


def create_tables(options: argparse.Namespace) -> int:
    """Create the tables of all services, by the variables of AWS's own set."""
    settings = load(AwsVariables).database
    database = connect(localized(settings) if options.local else settings)
    try:
        for step in tables.create_all(database.dynamodb):
            print(step)
    except (ClientError, BotoCoreError) as error:
        return _refused(database, error)
    finally:
        database.close()
    return 0


def check_tables(_: argparse.Namespace) -> int:
    """Check that each service, by its own variables, finds its tables as they should be."""
    status = 0
    for definition in DEFINITIONS:
        settings = load(definition.settings).database
        database = connect(replace(settings, attempts_max=1))
        try:
            found = list(tables.check(database.dynamodb, definition.name))
            print(f"{definition.name}: {database.endpoint} ({database.region}): {', '.join(found)}")
        except (ClientError, BotoCoreError, ServiceError) as error:
            print(f"{definition.name}: {database.endpoint} ({database.region}): ", end="", file=sys.stderr)
            status = _refused(database, error)
        finally:
            database.close()
    return status


def _refused(database: Database, error: Exception) -> int:
    variables = database.variables("whether create-tables was run")
    told = error if isinstance(error, ServiceError) else translate(error, variables)
    print(f"{told.message} ({error})", file=sys.stderr)
    return 1


COMMANDS: Final = {
    "create-tables": Command(create_tables, "create the tables of all services", local_option),
    "check-tables": Command(check_tables, "check that every service finds its tables"),
}

if __name__ == "__main__":
    sys.exit(main("services.inventory", COMMANDS, sys.argv[1:] or ["--help"]))
