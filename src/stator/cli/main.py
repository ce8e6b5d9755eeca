"""The `stator` command. A command imports what it needs when it runs, so that each starts quickly."""

import inspect
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from stator import __version__

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"stator {__version__}")
        raise typer.Exit


@app.callback()
def _stator(
    version: Annotated[
        bool, typer.Option("--version", help="Show the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """A DynamoDB-compatible database that you own."""


def _with_setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command one option per setting. Their texts are read by `server.config`, as all sources are."""
    from stator.server import config

    parameters = [
        inspect.Parameter(
            name,
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                typer.Option(
                    config.option(name),
                    help=_help(field.metadata, field.default, config.variable(name)),
                    metavar=field.metadata["unit"].upper() or "TEXT",
                    hidden=field.metadata["hidden"],
                ),
            ],
        )
        for name, field in config.FIELDS.items()
    ]
    parameters.append(
        inspect.Parameter(
            "config",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Path | None,
                typer.Option(help="File of settings instead of ./stator.toml. [STATOR_CONFIG]"),
            ],
        )
    )
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {row.name: row.annotation for row in parameters}
    return command


def _help(metadata: Any, default: Any, variable: str) -> str:
    value = f"{default:g} {metadata['unit']}" if metadata["unit"] else default
    return f"{metadata['help']} [{variable}; default: {value}]"


@app.command()
@_with_setting_options
def serve(*, config: Path | None = None, **options: str | None) -> None:
    """Serve the database until it is told to stop (Ctrl-C, SIGTERM)."""
    from stator.server.config import SettingError, load, unknown_variables

    try:
        settings = load(options, os.environ, Path.cwd(), config)
    except SettingError as error:
        typer.echo(f"stator: {error}", err=True)
        raise typer.Exit(2) from None
    for name in unknown_variables(os.environ):
        typer.echo(f"stator: warning: {name} is not a setting.", err=True)

    from stator.server.serve import serve as run

    raise typer.Exit(run(settings))


@app.command()
def check(directory: Annotated[Path, typer.Argument(help="The data directory.")]) -> None:
    """Prove that items, indexes and counters agree, also beside a live server; status 1 if not."""
    from stator.base.errors import StorageError
    from stator.storage.open import open_reader
    from stator.tables.check import check as check_database

    try:
        with open_reader(directory) as reader:
            report = check_database(reader)
    except StorageError as error:
        typer.echo(f"stator: {error}.", err=True)
        raise typer.Exit(1) from None
    for problem in report.problems:
        typer.echo(problem)
    typer.echo(report.summary)
    raise typer.Exit(1 if report.problems else 0)


def main() -> None:
    """The entry point."""
    sys.exit(app())
