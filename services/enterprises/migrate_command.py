"""The command `migrate`: rows of PostgreSQL to DynamoDB, with a progress bar and a report."""

import argparse
from contextlib import closing

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from services.common.command_line import local_option, localized
from services.common.dynamodb import connect
from services.common.errors import ServiceError, translate
from services.common.settings import name_of
from services.enterprises.domain import NotAnEnterprise
from services.enterprises.dynamodb_store import EnterprisesDynamoDBService
from services.enterprises.migration import Outcome, Report
from services.enterprises.postgres_store import EnterprisesPostgresService
from services.enterprises.settings import Settings, load

STOPPED = "Stopped. What was written stays; run it again to go on."
WRONG_SHOWN_MAX = 10


def options(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the command."""
    parser.add_argument("--dry-run", action="store_true", help="only read, and say what would be written")
    local_option(parser)


def run(arguments: argparse.Namespace) -> int:
    """Migrate; 0 if everything is verified, 1 if not, 130 if it was interrupted."""
    settings = load()
    database = connect(localized(settings.database) if arguments.local else settings.database)
    errors = Console(stderr=True)
    source = EnterprisesPostgresService(settings.postgres)
    target = EnterprisesDynamoDBService(database, settings)
    with closing(source), closing(target):
        try:
            report = _migrate(source, target, dry_run=arguments.dry_run, console=errors)
        except (ClientError, BotoCoreError) as error:
            told = translate(error, database.variables(name_of(Settings, "table")))
            errors.print(f"{told.message} ({error})", markup=False)
            return 1
        except (ServiceError, NotAnEnterprise) as error:
            errors.print(str(error), markup=False)
            return 1
        except KeyboardInterrupt:
            errors.print(STOPPED)
            return 130
    _show(report, Console())
    return 0 if report.verified or report.dry_run else 1


def _migrate(
    source: EnterprisesPostgresService,
    target: EnterprisesDynamoDBService,
    *,
    dry_run: bool,
    console: Console,
) -> Report:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as bar:
        task = bar.add_task("Reading" if dry_run else "Migrating", total=source.count())
        return target.migrate_from_postgresql(
            source.rows(), dry_run=dry_run, progress=lambda outcome: bar.advance(task)
        )


def _show(report: Report, console: Console) -> None:
    table = Table("Rows", "Count", title="Dry run: nothing was written" if report.dry_run else None)
    table.add_row("in PostgreSQL", str(report.rows))
    table.add_row("to be written" if report.dry_run else "written", str(report.outcomes[Outcome.WRITTEN]))
    table.add_row("unchanged", str(report.outcomes[Outcome.UNCHANGED]))
    table.add_row("newer in DynamoDB, left alone", str(report.outcomes[Outcome.NEWER]))
    console.print(table)
    if report.dry_run:
        return
    console.print(f"rows found in DynamoDB  {report.found}")
    console.print(f"checksum of PostgreSQL  {report.source_checksum}", soft_wrap=True)
    console.print(f"checksum of DynamoDB    {report.target_checksum}", soft_wrap=True)
    if report.verified:
        console.print("Verified: all rows are in DynamoDB.")
    else:
        shown = ", ".join(map(str, report.wrong[:WRONG_SHOWN_MAX]))
        console.print(f"NOT verified. Rows that differ: {len(report.wrong)}, such as {shown}.")
