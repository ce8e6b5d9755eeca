"""ImportTable, DescribeImport and ListImports.

The reply comes at once, IN_PROGRESS; a job makes the table and fills it (`stator.copies.imports`). What the
table is to be is checked as CreateTable checks it.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from stator.base.errors import ApiError
from stator.copies import imports
from stator.copies.backups import new_id
from stator.copies.imports import IMPORTS, Import, counts_of
from stator.copies.ledger import IN_PROGRESS
from stator.copies.sources import Input
from stator.model.requests import (
    CreateTableInput,
    DescribeImportInput,
    ImportTableInput,
    ListImportsInput,
)
from stator.operations.dynamodb import copy_records
from stator.operations.dynamodb.background import then_copy
from stator.operations.dynamodb.copy_records import (
    LISTED,
    find,
    given,
    page,
    page_start,
    plain,
    request_digest,
    times,
)
from stator.operations.dynamodb.naming import table_name
from stator.operations.dynamodb.rules.create_table import CREATE_TABLE
from stator.operations.dynamodb.rules.imports import IMPORT, IMPORT_TARGET
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.dynamodb.table_changes import new_definition
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables.definition import TableDefinition, settle

_NO_SPACE: Final = 0  # of a table that is not there yet


@operation("ImportTable", access="control")
def import_table(call: Call, request: ImportTableInput) -> Awaitable[Reply]:
    """Make a table of the items in a bucket."""
    enforce(IMPORT, request)
    wanted = _create_table(request)
    enforce(CREATE_TABLE, wanted)
    database = call.database
    name = wanted.TableName
    table_id, random = database.ids.table_id(), database.ids.secret().hex()
    token = request.ClientToken or database.ids.table_id()
    digest = request_digest(request)

    def body(transaction: Transaction) -> Reply:
        now = database.clock.now()
        earlier = IMPORTS.by_token(transaction, token, now)
        if earlier is not None and earlier.status == IN_PROGRESS:
            return _repeated(call, earlier, digest)
        existing = database.catalog.table(transaction, name)
        enforce(IMPORT_TARGET, name, existing, len(IMPORTS.under_way(transaction)))
        if earlier is not None:
            return _repeated(call, earlier, digest)
        table_arn = call.arn(f"table/{name}")
        asked = Import(
            arn=f"{table_arn}/import/{new_id(now, random)}",
            table_arn=table_arn,
            table=name,
            table_id=table_id,
            token=token,
            request=digest,
            started=now,
            input=_input(request),
            definition=_definition(wanted, name, table_id, now),
            shown=_shown(request),
        )
        imports.begin(transaction, database, asked)
        return {"ImportTableDescription": _description(call, asked)}

    return then_copy(call, database.engine.write(body))


def _create_table(request: ImportTableInput) -> CreateTableInput:
    """What CreateTable would be asked for the same table."""
    wanted = request.TableCreationParameters
    return CreateTableInput(**{name: getattr(wanted, name) for name in wanted.__struct_fields__})


def _definition(wanted: CreateTableInput, name: str, table_id: str, now: float) -> TableDefinition:
    definition = new_definition(wanted, name, table_id, now, now, lambda: _NO_SPACE, "")
    settled = settle(definition, now)
    assert settled is not None, "a new table is not deleted"
    return settled


def _input(request: ImportTableInput) -> Input:
    source = request.S3BucketSource
    options = request.InputFormatOptions and request.InputFormatOptions.Csv
    return Input(
        bucket=source.S3Bucket,
        owner=source.S3BucketOwner,
        prefix=source.S3KeyPrefix,
        format=request.InputFormat,
        compression=request.InputCompressionType or "NONE",
        delimiter=options.Delimiter if options else None,
        header=tuple(options.HeaderList) if options and options.HeaderList else None,
    )


def _shown(request: ImportTableInput) -> dict[str, object]:
    """What DescribeImport echoes of a request, as it was given."""
    return given(
        {
            "InputFormatOptions": plain(request.InputFormatOptions),
            "TableCreationParameters": plain(request.TableCreationParameters),
        }
    )


def _repeated(call: Call, earlier: Import, digest: str) -> Reply:
    """The answer to a request whose token was given before."""
    if earlier.request != digest:
        raise ApiError(
            "ImportConflictException",
            "Import conflict: Duplicate request detected with conflicting parameters",
        )
    return {"ImportTableDescription": _description(call, earlier)}


@operation("DescribeImport", access="control")
def describe_import(call: Call, request: DescribeImportInput) -> Reply:
    """Show an import, and how far it has come."""
    found = find(call, call.database.engine.reader, IMPORTS, copy_records.IMPORT, request.ImportArn)
    return {"ImportTableDescription": _description(call, found)}


@operation("ListImports", access="control")
def list_imports(call: Call, request: ListImportsInput) -> Reply:
    """Imports from the newest on, all or those into tables of one name."""
    limit = request.PageSize or LISTED
    start = page_start(IMPORTS.kind, request.NextToken)
    wanted = None if request.TableArn is None else table_name(call, request.TableArn)

    def body(reader: Reader) -> Reply:
        found = (each for each in IMPORTS.newest_first(reader, start) if wanted in (None, each.table))
        return page(IMPORTS, found, limit, "ImportSummaryList", partial(_summary, call))

    return call.database.engine.read(body)


def _summary(call: Call, shown: Import) -> dict[str, Any]:
    return given(
        {
            "ImportArn": shown.arn,
            "ImportStatus": shown.status,
            "TableArn": shown.table_arn,
            "S3BucketSource": _source(call, shown.input),
            "CloudWatchLogGroupArn": _log_group(call),
            "InputFormat": shown.input.format,
            **times(StartTime=shown.started, EndTime=shown.ended),
        }
    )


def _description(call: Call, shown: Import) -> dict[str, Any]:
    counts = counts_of(call.database, shown)
    return _summary(call, shown) | given(
        {
            "TableId": shown.table_id,
            "ClientToken": shown.token,
            "ErrorCount": counts.errors,
            "InputCompressionType": shown.input.compression,
            **shown.shown,
            "ProcessedSizeBytes": counts.size,
            "ProcessedItemCount": counts.processed,
            "ImportedItemCount": counts.imported,
            "FailureCode": shown.failure_code,
            "FailureMessage": shown.failure_message,
        }
    )


def _source(call: Call, source: Input) -> dict[str, Any]:
    owner = source.owner or call.database.account
    return given({"S3BucketOwner": owner, "S3Bucket": source.bucket, "S3KeyPrefix": source.prefix})


def _log_group(call: Call) -> str:
    return f"arn:aws:logs:{call.region}:{call.database.account}:log-group:/aws-dynamodb/imports:*"
