"""Tables by name or ARN, and AWS's answers where there is none.

Stator keeps one namespace for all regions, so an ARN of any region names the table; one of another account
names a table that the caller may not see.
"""

import re
from typing import Final

from stator.base.errors import ApiError, validation
from stator.operations.registry import Call
from stator.storage.engine import Reader
from stator.tables.table import Table

_ARN: Final = re.compile(r"arn:([^:]*):dynamodb:([^:]*):([^:]*):(.*)", re.DOTALL)
_TABLE_RESOURCE: Final = re.compile(r"table/([a-zA-Z0-9_.-]{3,255})")
_PARTITIONS: Final = frozenset({"aws", "aws-cn", "aws-us-gov"})
_DETECTED: Final = "1 validation error detected: "


def table_name(call: Call, name: str) -> str:
    """The table that a TableName parameter means; raises ApiError for an ARN that names no table of ours."""
    return name if not name.startswith("arn:") else _from_arn(call, name)


def _from_arn(call: Call, arn: str) -> str:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise validation(f"{_DETECTED}Invalid resource type in '{arn}'")
    partition, _, account, resource = match.groups()
    if partition not in _PARTITIONS:
        raise validation(f"{_DETECTED}Invalid AWS partition in '{arn}'")
    table = _TABLE_RESOURCE.fullmatch(resource)
    if table is None:
        raise validation(f"{_DETECTED}Invalid resource type in '{arn}'")
    if account != call.database.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    return table[1]


def data_table(call: Call, reader: Reader, name: str) -> Table:
    """The table, for an operation on items: one that is being created or deleted is not found."""
    table = call.database.catalog.table(reader, name)
    if table is None or not table.readable:
        raise ApiError("ResourceNotFoundException", "Requested resource not found")
    return table


def control_table(call: Call, reader: Reader, name: str) -> Table:
    """The table, for an operation on tables."""
    table = call.database.catalog.table(reader, name)
    if table is None:
        raise table_not_found(name)
    return table


def table_not_found(name: str) -> ApiError:
    """AWS's refusal of an operation on a table that does not exist."""
    return ApiError("ResourceNotFoundException", f"Requested resource not found: Table: {name} not found")
