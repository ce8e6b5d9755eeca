"""Tables and their first items, written through the API as anybody would: BatchWriteItem, 25 items each."""

import time
from contextlib import suppress
from typing import Any, Final

from benchmarks.client import Client, Refused
from benchmarks.dataset import INDEXED_TABLE, ITEMS_TABLE, RECOVERED_TABLE, ROWS_TABLE, DataSet
from benchmarks.load.job import Job
from benchmarks.load.run import generate
from benchmarks.records import RANGES_TABLE, RECORDS_TABLE

_CONNECTIONS: Final = 16
_TABLE_SECONDS_MAX: Final = 60.0
_POLL_SECONDS: Final = 0.05


def definitions(**kinds: str) -> list[dict[str, str]]:
    """AttributeDefinitions: names and types."""
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def schema(*names: str) -> list[dict[str, str]]:
    """A KeySchema: a partition key, and perhaps a sort key."""
    return [
        {"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)
    ]


_BY_PK: Final[dict[str, Any]] = {"AttributeDefinitions": definitions(pk="S"), "KeySchema": schema("pk")}
_BY_PK_SK: Final[dict[str, Any]] = {
    "AttributeDefinitions": definitions(pk="S", sk="N"),
    "KeySchema": schema("pk", "sk"),
}
_TABLES: Final[dict[str, dict[str, Any]]] = {
    ITEMS_TABLE: _BY_PK,
    RECOVERED_TABLE: _BY_PK,
    RECORDS_TABLE: _BY_PK,
    ROWS_TABLE: _BY_PK_SK,
    RANGES_TABLE: _BY_PK_SK,
    INDEXED_TABLE: {
        "AttributeDefinitions": definitions(pk="S", hits="N", note_at="N"),
        "KeySchema": schema("pk"),
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-note-at",
                "KeySchema": schema("note_at"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "by-hits",
                "KeySchema": schema("hits", "pk"),
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    },
}


def seed(url: str, data: DataSet, tables: frozenset[str], number: int) -> None:
    """Make tables anew and fill them. Raises Refused, LoadFailed, or TimeoutError if it never works.

    `number` is the seed of the data set; the places of first items are drawn from it too.
    """
    client = Client(url)
    for table in sorted(tables):
        drop(client, table)
        client.call("CreateTable", {"TableName": table, "BillingMode": "PAY_PER_REQUEST", **_TABLES[table]})
        wait(client, table, "ACTIVE")
        generate(
            Job(
                url=url,
                asks="fill",
                of=table,
                seed=number,
                draw=number,
                items=data.items,
                partitions=data.partitions,
                connections=_CONNECTIONS,
            )
        )
        if table == RECOVERED_TABLE:
            recover(client, table)
    client.close()


def recover(client: Client, table: str) -> None:
    """Switch point-in-time recovery on. Raises Refused."""
    specification = {"PointInTimeRecoveryEnabled": True}
    request = {"TableName": table, "PointInTimeRecoverySpecification": specification}
    client.call("UpdateContinuousBackups", request)


def drop(client: Client, table: str) -> None:
    """Delete a table, if it is there."""
    with suppress(Refused):
        client.call("DeleteTable", {"TableName": table})
    wait(client, table, None)


def wait(client: Client, table: str, wanted: str | None) -> None:
    """Wait until a table has a status; None: until it is gone. Raises TimeoutError."""
    end = time.monotonic() + _TABLE_SECONDS_MAX
    while time.monotonic() < end:
        try:
            status = client.call("DescribeTable", {"TableName": table})["Table"]["TableStatus"]
        except Refused as error:
            if error.kind != "ResourceNotFoundException":
                raise
            status = None
        if status == wanted:
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"table {table} is still {status}")
