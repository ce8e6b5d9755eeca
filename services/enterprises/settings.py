"""The settings of the service, by the variables of its document, and those of PostgreSQL."""

import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from services.common.settings import (
    DatabaseSettings,
    ServerSettings,
    environment,
    flag,
    group,
    one_of,
    port,
    read,
    variable,
)

HERE = Path(__file__).parent
DYNAMODB = "dynamodb"
POSTGRES = "postgres"
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?")


def sql_table(text: str) -> str:
    """Parse the name of a table of PostgreSQL, with its schema if need be."""
    if not _IDENTIFIER.fullmatch(text):
        raise ValueError("a name like enterprises or public.enterprises")
    return text


def sql_address(text: str) -> str:
    """Parse an address of PostgreSQL, in either of libpq's forms."""
    try:
        conninfo_to_dict(text)
    except psycopg.ProgrammingError:
        raise ValueError("an address like postgresql://user:password@localhost:5432/name") from None
    return text


@dataclass(frozen=True)
class PostgresSettings:
    """Where PostgreSQL is. Without an address, libpq's own variables (PGHOST, PGUSER...) say it."""

    address: str = variable("DATABASE_URL", default="", parse=sql_address, secret=True)
    table: str = variable("POSTGRES_ENTERPRISE_TABLE", default="enterprises", parse=sql_table)


@dataclass(frozen=True)
class Settings:
    """What the service is told by its environment."""

    mode: str = variable("STORAGE_MODE", default=DYNAMODB, parse=one_of(DYNAMODB, POSTGRES))
    table: str = variable("DYNAMODB_ENTERPRISE_TABLE", default="EnterpriseConfig")
    consistent_reads: bool = variable("DYNAMODB_CONSISTENT_READS", default=False, parse=flag)
    port: int = variable("PORT", default=4000, parse=port)
    database: DatabaseSettings = group(DatabaseSettings)
    postgres: PostgresSettings = group(PostgresSettings)
    server: ServerSettings = group(ServerSettings)


def load() -> Settings:
    """The settings of this process: its environment, over a `.env` file here."""
    return read(Settings, environment(HERE))
