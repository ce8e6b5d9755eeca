"""`stator backup`: backups of a running server's tables, and the state of backup files.

`create`, `list` and `restore` ask the server, as any client would; `verify` reads files, and needs no server.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated, Any, Final, NoReturn

import typer

from stator.cli import endpoint
from stator.cli.endpoint import Endpoint, EndpointError

app = typer.Typer(
    help="Backups of tables, and the state of backup files.",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
)

_PAUSES: Final = (0.05, 0.1, 0.2, 0.5, 1.0)  # seconds between two looks; the last one stays
_PIPE_COLUMNS: Final = 1_000

Url = Annotated[
    str,
    typer.Option("--endpoint", help="Where the server answers.", envvar="AWS_ENDPOINT_URL", metavar="URL"),
]
Directory = Annotated[
    str | None,
    typer.Option("--backups", help="Directory of backups; else the one that `stator serve` would use."),
]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Come back before it is done.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object per line.")]


@app.command("create")
def create(
    table: Annotated[str, typer.Argument(help="The table.")],
    name: Annotated[str | None, typer.Option(help="Name of the backup; else one with the time.")] = None,
    no_wait: NoWait = False,
    url: Url = endpoint.DEFAULT,
) -> None:
    """Back a table up as it is now; prints the backup's ARN."""
    server = _server(url)
    name = name or time.strftime("stator-%Y%m%dT%H%M%SZ", time.gmtime())
    arn = _ask(server, "CreateBackup", {"TableName": table, "BackupName": name})["BackupDetails"]["BackupArn"]
    for _ in _turns(not no_wait):
        try:
            details = _describe(server, arn)
        except EndpointError as error:
            if error.name == "BackupNotFoundException":
                _fail(f"backup {arn} was given up; the server's log says why.")
            _fail(str(error))
        if details["BackupStatus"] == "AVAILABLE":
            break
    typer.echo(arn)


@app.command("list")
def list_backups(
    table: Annotated[str | None, typer.Option(help="Only backups of this table.")] = None,
    as_json: Json = False,
    url: Url = endpoint.DEFAULT,
) -> None:
    """List the backups that the server has, made by whomever."""
    server = _server(url)
    request: dict[str, Any] = {"BackupType": "ALL"} | ({"TableName": table} if table else {})
    found: list[dict[str, Any]] = []
    while True:
        page = _ask(server, "ListBackups", request)
        found += page["BackupSummaries"]
        if "LastEvaluatedBackupArn" not in page:
            break
        request["ExclusiveStartBackupArn"] = page["LastEvaluatedBackupArn"]
    if as_json:
        for summary in found:
            typer.echo(json.dumps(summary))
        return
    from stator.cli.backup_state import iso

    rows = [
        (
            summary["TableName"],
            summary["BackupName"],
            iso(summary["BackupCreationDateTime"]),
            summary["BackupStatus"],
            summary["BackupType"],
            f"{summary['BackupSizeBytes']:,}",
            summary["BackupArn"],
        )
        for summary in found
    ]
    _print_table(("Table", "Name", "Created", "Status", "Type", "Bytes", "ARN"), rows)


@app.command("verify")
def verify(
    files: Annotated[list[Path] | None, typer.Argument(help="Backup files.", metavar="FILE...")] = None,
    all_: Annotated[bool, typer.Option("--all", help="All files in the directory of backups.")] = False,
    max_age: Annotated[
        str | None, typer.Option(help="How old a table's newest backup may be, such as 26h.", metavar="TIME")
    ] = None,
    table: Annotated[
        list[str] | None, typer.Option(help="A table that must have a backup; may be given again.")
    ] = None,
    backups: Directory = None,
    as_json: Json = False,
) -> None:
    """Read backup files and check every byte of them. Exit status: 0 if all is well, 1 if a file is damaged,
    4 if there is no backup, 3 if a table's newest one is too old."""
    from stator.cli import backup_state
    from stator.copies.backup_directory import BackupDirectory

    if bool(files) == all_:
        _fail("give some files, or --all.", status=2)
    try:
        limit = None if max_age is None else backup_state.seconds(max_age)
        paths = files or BackupDirectory(_directory(backups)).files()
    except (ValueError, OSError) as error:
        _fail(f"{error}.", status=2)
    now = time.time()
    findings = [backup_state.examine(path) for path in paths]
    found = backup_state.complaints(findings, max_age=limit, tables=table or (), now=now)
    if as_json:
        for finding in findings:
            typer.echo(json.dumps(finding.as_json(now)))
    elif findings:
        _print_findings([finding.as_json(now) for finding in findings])
    for _, text in found:
        typer.echo(f"stator: {text}", err=True)
    raise typer.Exit(backup_state.worst(found))


def _print_findings(findings: list[dict[str, Any]]) -> None:
    from stator.cli.backup_state import duration

    rows = []
    for finding in findings:
        row = [Path(finding["file"]).name, finding["state"]]
        if finding["state"] == "good":
            row += [finding["table"], finding["created"], duration(finding["age_seconds"])]
            row += [f"{finding['items']:,}", f"{finding['file_bytes']:,}"]
        rows.append((*row, *[""] * (7 - len(row))))
    _print_table(("File", "State", "Table", "Created", "Age", "Items", "Bytes"), rows)


@app.command("restore")
def restore(
    backup: Annotated[str, typer.Argument(help="The backup: its ARN, or its file.")],
    table: Annotated[str, typer.Argument(help="The new table.")],
    no_wait: NoWait = False,
    backups: Directory = None,
    url: Url = endpoint.DEFAULT,
) -> None:
    """Make a new table from a backup; prints the table's ARN.

    A file that the server does not know yet is put into its directory of backups first.
    """
    server = _server(url)
    arn = backup if backup.startswith("arn:") else _brought(server, Path(backup), backups)
    reply = _ask(server, "RestoreTableFromBackup", {"BackupArn": arn, "TargetTableName": table})
    for _ in _turns(not no_wait):
        try:
            shown = server.ask("DescribeTable", {"TableName": table})["Table"]
        except EndpointError as error:
            if error.name == "ResourceNotFoundException":
                _fail(f"the restore into {table} was given up; the server's log says why.")
            _fail(str(error))
        if shown["TableStatus"] == "ACTIVE":
            break
    typer.echo(reply["TableDescription"]["TableArn"])


def _brought(server: Endpoint, file: Path, backups: str | None) -> str:
    """The ARN of the backup in a file, which the server has from then on."""
    from stator.cli.backup_state import examine
    from stator.copies.backup_directory import BackupDirectory

    finding = examine(file)
    if finding.summary is None:
        _fail(f"{finding.problem}.")
    header = finding.summary.header
    if not _is_known(server, header.arn):
        directory = BackupDirectory(_directory(backups))
        try:
            directory.bring(file, header)
        except OSError as error:
            _fail(f"{file} cannot be put into {directory.path}: {error.strerror or error}.")
        if not _is_known(server, header.arn):
            _fail(
                f"{file} is in {directory.path} now, and the server at {server.url} does not find it there. "
                "Name its own directory with --backups."
            )
    return header.arn


def _is_known(server: Endpoint, arn: str) -> bool:
    try:
        _describe(server, arn)
    except EndpointError as error:
        if error.name == "BackupNotFoundException":
            return False
        _fail(str(error))
    return True


# What the commands share.


def _describe(server: Endpoint, arn: str) -> dict[str, Any]:
    details: dict[str, Any] = server.ask("DescribeBackup", {"BackupArn": arn})["BackupDescription"][
        "BackupDetails"
    ]
    return details


def _turns(wait: bool) -> Iterator[None]:
    """The turns of a loop that looks whether something is done; none if nobody waits."""
    pauses = iter(_PAUSES)
    pause = 0.0
    while wait:
        yield
        pause = next(pauses, pause)
        time.sleep(pause)


def _server(url: str) -> Endpoint:
    try:
        return Endpoint(url)
    except EndpointError as error:
        _fail(str(error), status=2)


def _ask(server: Endpoint, operation: str, request: dict[str, Any]) -> Any:
    try:
        return server.ask(operation, request)
    except EndpointError as error:
        _fail(str(error))


def _directory(backups: str | None) -> Path:
    """The directory of backups by the settings of a server that would be started here."""
    from stator.server.application import backups_directory
    from stator.server.config import SettingError, load

    try:
        directory = backups_directory(load({"backups": backups}, os.environ, Path.cwd()))
    except SettingError as error:
        _fail(str(error), status=2)
    if directory is None:
        _fail("a server in memory keeps no backups. Name a directory with --backups.", status=2)
    return directory


def _print_table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in head:
        right = name in ("Bytes", "Items", "Age")
        shown.add_column(name, justify="right" if right else "left", overflow="fold")
    for row in rows:
        shown.add_row(*row)
    # A pipe has no width: nothing is to be folded there.
    width = None if sys.stdout.isatty() else _PIPE_COLUMNS
    Console(highlight=False, markup=False, width=width).print(shown)


def _fail(text: str, status: int = 1) -> NoReturn:
    typer.echo(f"stator: {text}", err=True)
    raise typer.Exit(status)
