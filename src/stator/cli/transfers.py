"""`stator export` and `stator import`: a table to files and back, at any DynamoDB endpoint.

Exit statuses: 0 when all is done, 1 when it is not (the same command goes on where it stopped), 2 for a
command that makes no sense, 3 when all is done but some rows were skipped.
"""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from stator.cli.asking import fail
from stator.cli.progress import bar

if TYPE_CHECKING:
    from stator.transfer.endpoint import Endpoint
    from stator.transfer.rate import Limits
    from stator.transfer.sources import Source
    from stator.transfer.tables import Table

_SKIPPED = 3


class Format(StrEnum):
    """How items are written in a file."""

    DYNAMODB_JSON = "dynamodb-json"
    JSON = "json"
    CSV = "csv"
    ION = "ion"


TableName = Annotated[str, typer.Argument(metavar="TABLE", help="The table's name.")]
EndpointOption = Annotated[
    str | None,
    typer.Option(
        "--endpoint",
        metavar="URL",
        help="The endpoint, or `aws`; else AWS_ENDPOINT_URL, AWS if a profile is named, or port 8000 here.",
    ),
]
Profile = Annotated[str | None, typer.Option(help="Profile of AWS's configuration files.")]
Region = Annotated[str | None, typer.Option(help="Region; else that of the profile or the environment.")]
FormatOption = Annotated[
    Format | None, typer.Option("--format", help="Format of the file; else what its name ends with says.")
]
Rate = Annotated[float | None, typer.Option(min=0.001, help="At most so many items a second.")]
Capacity = Annotated[
    float | None,
    typer.Option(min=0.001, help="At most so many capacity units a second, as the server counts them."),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Check everything, and write nothing.")]


@contextmanager
def _endpoint(url: str | None, profile: str | None, region: str | None) -> Iterator["Endpoint"]:
    """A connection for a command; what ends the command becomes a sentence and a status."""
    from stator.formats.extras import MissingExtra
    from stator.transfer.endpoint import Address, Endpoint, Stopped, TransferError

    try:
        endpoint = Endpoint(Address(url, profile, region))
        previous = {
            number: signal.signal(number, lambda *_: endpoint.stop.set())
            for number in (signal.SIGINT, signal.SIGTERM)
        }
        try:
            yield endpoint
        finally:
            endpoint.close()
            for number, handler in previous.items():
                signal.signal(number, handler)
    except Stopped:
        fail("stopped; the same command goes on from here.")
    except (TransferError, MissingExtra) as error:
        fail(f"{error}.")
    except OSError as error:
        fail(f"{error.filename or 'a file'} cannot be used: {error.strerror or error}.")


def _limits(rate: float | None, capacity: float | None) -> "Limits":
    from stator.transfer.rate import Limits

    return Limits(rate, capacity)


def _delimiter(given: str) -> str:
    from stator.formats.csv import DELIMITERS

    if given not in DELIMITERS:
        raise typer.BadParameter(f"one character of {' '.join(sorted(DELIMITERS))!r}")
    return given


def export_table(
    table: TableName,
    target: Annotated[
        Path, typer.Argument(help="A file, such as items.json.gz, or a directory for AWS's export folder.")
    ],
    format_: FormatOption = None,
    endpoint: EndpointOption = None,
    profile: Profile = None,
    region: Region = None,
    segments: Annotated[int, typer.Option(min=1, max=64, help="Parts that are read in parallel.")] = 4,
    consistent: Annotated[
        bool, typer.Option("--consistent", help="Read consistently, for twice the price.")
    ] = False,
    columns: Annotated[
        str | None, typer.Option(help="Columns of a CSV file, with commas; else the table is read twice.")
    ] = None,
    description: Annotated[
        Path | None,
        typer.Option(help="Also write the table's description to this file, for `import --create`."),
    ] = None,
    rate: Rate = None,
    capacity: Capacity = None,
    dry_run: DryRun = False,
) -> None:
    """Write the items of a table to a file or to a folder as AWS exports it."""
    from stator.transfer import exporting, tables
    from stator.transfer.export import Reading
    from stator.transfer.files import DYNAMODB_JSON, Kind, kind_of

    kind = None if target.is_dir() else kind_of(target, format_)
    names = None if columns is None else [name.strip() for name in columns.split(",")]
    options: dict[str, Any] = {"reading": Reading(segments, consistent), "limits": _limits(rate, capacity)}
    with _endpoint(endpoint, profile, region) as connection:
        found = tables.existing(connection, table)
        if dry_run:
            size = f"about {found.items} items, {found.bytes} bytes"
            typer.echo(f"{table} at {connection.url}: {size}, to {target}")
            return
        if description is not None:
            description.write_bytes(exporting.description_of(found))
        with bar(f"exporting {table}", "items") as progress:
            options["progress"] = progress
            if kind is None:
                kind = Kind(format_ or DYNAMODB_JSON, "GZIP")
                done = exporting.export_folder(connection, found, target, kind, **options)
            else:
                done = exporting.export_file(connection, found, target, kind, columns=names, **options)
    typer.echo(f"{done.path}: {done.items} items, {done.bytes} bytes")
    if done.inexact:
        typer.echo("stator: sets and binary became lists and base64 text; plain JSON has neither.", err=True)


def import_table(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file of items, or a folder that AWS exported to.")
    ],
    table: TableName,
    format_: FormatOption = None,
    endpoint: EndpointOption = None,
    profile: Profile = None,
    region: Region = None,
    create: Annotated[
        bool, typer.Option("--create", help="Create the table if it is not there, as its description says.")
    ] = False,
    description: Annotated[
        Path | None,
        typer.Option(help="What DescribeTable said of a table, as JSON; a folder of `export` has it."),
    ] = None,
    delimiter: Annotated[
        str, typer.Option(callback=_delimiter, help="What separates the columns of a CSV file.")
    ] = ",",
    lanes: Annotated[int, typer.Option(min=1, max=64, help="Batches that are written in parallel.")] = 8,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Report rows that are no items of the table, and go on.")
    ] = False,
    state: Annotated[Path | None, typer.Option(help="File of the state; else one beside the source.")] = None,
    rate: Rate = None,
    capacity: Capacity = None,
    dry_run: DryRun = False,
) -> None:
    """Write the items of a file, or of a folder that AWS exported to, to a table."""
    from stator.transfer import sources

    with _endpoint(endpoint, profile, region) as connection:
        found = sources.find(source, format_)
        there = _table(connection, table, found, description, create=create, dry_run=dry_run)
        if dry_run:
            items, bad = _checked(found, there, delimiter, skip_bad=skip_bad)
            said = "items could be written"
        else:
            path = state or source.parent / f"{source.resolve().name}.{there.name}.import.json"
            options = {"limits": _limits(rate, capacity), "lanes": lanes, "skip_bad": skip_bad}
            items, bad = _load(connection, there, found, path, delimiter, options)
            said = "items"
    typer.echo(f"{table}: {items} {said}" + (f", {bad} rows skipped" if bad else ""))
    raise typer.Exit(_SKIPPED if bad else 0)


def _load(
    endpoint: "Endpoint",
    table: "Table",
    source: "Source",
    state_path: Path,
    delimiter: str,
    options: dict[str, Any],
) -> tuple[int, int]:
    """Write what an earlier run has not; how many items, and how many bad rows, there were in all."""
    from stator.transfer import load, sources

    state = load.resumed(state_path, source, table)
    rows = sources.read(source, table.types, delimiter, skip=state.rows)
    loader = load.Load(endpoint, table, state, state_path=state_path, report=_report, **options)
    with bar(f"importing to {table.name}", "items") as progress:
        done = loader.run(rows, progress, source.items)
    state_path.unlink()
    return done.rows - done.bad, done.bad


def _report(text: str) -> None:
    typer.echo(f"stator: skipped {text}.", err=True)


def _table(
    endpoint: "Endpoint",
    name: str,
    source: "Source",
    description: Path | None,
    *,
    create: bool,
    dry_run: bool,
) -> "Table":
    """The table that is imported to; made if that is wished for. Raises TransferError, OSError."""
    from stator.transfer import tables
    from stator.transfer.endpoint import TransferError

    found = tables.describe(endpoint, name)
    if found is not None:
        return found
    if not create:
        raise TransferError(f"there is no table {name} at {endpoint.url}; --create makes one")
    text = source.description if description is None else description.read_bytes()
    if text is None:
        raise TransferError("--create needs what the table was: name a file with --description")
    described = tables.read_description(text)
    return tables.planned(name, described) if dry_run else tables.create(endpoint, name, described)


def _checked(source: "Source", table: "Table", delimiter: str, *, skip_bad: bool) -> tuple[int, int]:
    """How many items an import would write, and how many rows are bad. Raises TransferError."""
    from stator.transfer import sources
    from stator.transfer.endpoint import TransferError
    from stator.transfer.load import refusal

    items = bad = 0
    with bar("reading", "items") as progress:
        for row in sources.read(source, table.types, delimiter):
            why = refusal(row, table)
            if why is None:
                items += 1
            elif not skip_bad:
                raise TransferError(why)
            else:
                bad += 1
                _report(why)
            progress(items, source.items)
    return items, bad
