"""The command of a service: `serve`, `create-table [--local]`, and what it adds."""

import argparse
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from services.common.dynamodb import connect
from services.common.errors import translate
from services.common.settings import DatabaseSettings, SettingsError
from services.common.tables import Table, create_table

LOCAL_ENDPOINT = "http://localhost:8000"
LOCAL_KEY = "local"


@dataclass(frozen=True)
class Command:
    """A command: what it does (its result is the exit status), and what declares its options."""

    run: Callable[[argparse.Namespace], int]
    help: str
    options: Callable[[argparse.ArgumentParser], Any] = lambda parser: None


def main(program: str, commands: Mapping[str, Command], arguments: list[str] | None = None) -> int:
    """Run a command; without a name, `serve`. Wrong settings are told in plain words, with status 2."""
    parser = argparse.ArgumentParser(prog=f"python -m {program}")
    names = parser.add_subparsers(dest="command", metavar="COMMAND")
    for name, command in commands.items():
        command.options(names.add_parser(name, help=command.help, description=command.help))
    given = sys.argv[1:] if arguments is None else arguments
    namespace = parser.parse_args(given or ["serve"])
    try:
        return commands[namespace.command].run(namespace)
    except SettingsError as error:
        for problem in error.problems:
            print(problem, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130


def local_option(parser: argparse.ArgumentParser) -> None:
    """Declare `--local`."""
    parser.add_argument(
        "--local",
        action="store_true",
        help=f"at the endpoint in the environment or {LOCAL_ENDPOINT}, with any credentials",
    )


def localized(settings: DatabaseSettings) -> DatabaseSettings:
    """Settings for a local server: its usual address if there is none, and keys if there are none."""
    settings = replace(settings, endpoint=settings.endpoint or LOCAL_ENDPOINT)
    if settings.access_key:
        return settings
    return replace(settings, access_key=LOCAL_KEY, secret_key=LOCAL_KEY)


def create_tables(settings: DatabaseSettings, tables: Iterable[Table], *, local: bool, variable: str) -> int:
    """Create tables, and print each step; the exit status. `variable` is the one of the tables' names."""
    database = connect(localized(settings) if local else settings)
    try:
        for table in tables:
            for step in create_table(database.dynamodb, table):
                print(step)
    except (ClientError, BotoCoreError) as error:
        print(f"{translate(error, database.variables(variable)).message} ({error})", file=sys.stderr)
        return 1
    finally:
        database.close()
    return 0
