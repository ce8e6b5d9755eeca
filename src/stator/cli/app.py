"""The commands, for typer. Each imports what it needs when it runs."""

import inspect
from collections.abc import Callable
from dataclasses import Field
from pathlib import Path
from typing import Annotated, Any

import typer

from stator import __version__
from stator.cli import applying, backup, faults, snapshots, transfers
from stator.cli.serving import CONFIG, start
from stator.server.config import FIELDS, is_switch, option, variable

app = typer.Typer(
    add_completion=False, no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False
)

app.add_typer(faults.app, name="fault")
app.add_typer(snapshots.app, name="snapshot")
app.command("apply")(applying.apply)
app.command("export")(transfers.export_table)
app.command("import")(transfers.import_table)
app.add_typer(backup.app, name="backup")


def _print_version(wanted: bool) -> None:
    if wanted:
        from stator.base.build import FORM

        typer.echo(f"stator {__version__}, {FORM}")
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
    parameters = [
        *(_parameter(name, field.metadata["help"], _origin(name), field) for name, field in FIELDS.items()),
        _parameter(CONFIG, "File of settings, instead of ./stator.toml.", variable(CONFIG)),
    ]
    command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {row.name: row.annotation for row in parameters}
    return command


def _parameter(name: str, help_: str, origin: str, field: "Field[Any] | None" = None) -> inspect.Parameter:
    switch = field is not None and is_switch(name)
    declaration = typer.Option(
        option(name),
        help=f"{help_} [{origin}]",
        metavar=None if switch else (field and field.metadata["unit"].upper()) or "TEXT",
        hidden=field is not None and field.metadata["hidden"],
    )
    form = bool | None if switch else str | None
    kind = inspect.Parameter.KEYWORD_ONLY
    return inspect.Parameter(name, kind, default=None, annotation=Annotated[form, declaration])


def _origin(name: str) -> str:
    default: Any = FIELDS[name].default
    unit = FIELDS[name].metadata["unit"]
    if is_switch(name) or default == "":
        return variable(name)
    return f"{variable(name)}; default: {f'{default:g} {unit}' if unit else default}"


@app.command()
@_with_setting_options
def serve(**options: str | bool | None) -> None:
    """Serve the database until it is told to stop (Ctrl-C, SIGTERM)."""
    raise typer.Exit(start({name: _text(given) for name, given in options.items()}))


def _text(given: str | bool | None) -> str | None:
    return ("true" if given else None) if isinstance(given, bool) else given


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
