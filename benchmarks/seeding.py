"""Tables and their first items, written through the API as anybody would: BatchWriteItem, 25 items each."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from benchmarks.client import Client, Refused
from benchmarks.dataset import (
    INDEXED_TABLE,
    ITEMS_TABLE,
    ROWS_PER_PARTITION,
    ROWS_TABLE,
    DataSet,
    Item,
)

_BATCH: Final = 25
_CONNECTIONS: Final = 4
_TABLE_SECONDS_MAX: Final = 60.0
_POLL_SECONDS: Final = 0.05
_TRIES_MAX: Final = 100


def _definitions(**kinds: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "AttributeType": kind} for name, kind in kinds.items()]


def _schema(*names: str) -> list[dict[str, str]]:
    return [
        {"AttributeName": name, "KeyType": role} for name, role in zip(names, ("HASH", "RANGE"), strict=False)
    ]


_TABLES: Final[dict[str, dict[str, Any]]] = {
    ITEMS_TABLE: {"AttributeDefinitions": _definitions(pk="S"), "KeySchema": _schema("pk")},
    ROWS_TABLE: {"AttributeDefinitions": _definitions(pk="S", sk="N"), "KeySchema": _schema("pk", "sk")},
    INDEXED_TABLE: {
        "AttributeDefinitions": _definitions(pk="S", hits="N", note_at="N"),
        "KeySchema": _schema("pk"),
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
        "GlobalSecondaryIndexes": [
            {
                "IndexName": "by-note-at",
                "KeySchema": _schema("note_at"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            },
            {
                "IndexName": "by-hits",
                "KeySchema": _schema("hits", "pk"),
                "Projection": {"ProjectionType": "ALL"},
            },
        ],
    },
}
TABLES: Final = frozenset(_TABLES)


def seed(url: str, data: DataSet, tables: frozenset[str] = TABLES) -> None:
    """Make tables anew and fill them. Raises Refused, or TimeoutError if it never works."""
    client = Client(url)
    drop(client)
    for table in sorted(tables):
        client.call("CreateTable", {"TableName": table, "BillingMode": "PAY_PER_REQUEST", **_TABLES[table]})
        _wait(client, table, "ACTIVE")
    clients = [Client(url) for _ in range(_CONNECTIONS)]
    batches = (batch for table in sorted(tables) for batch in _batches(table, data))
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        while some := list(islice(batches, _CONNECTIONS)):
            list(pool.map(_write, clients, some))
    for client in clients:
        client.close()


def drop(client: Client) -> None:
    """Delete the tables, if they are there."""
    for table in _TABLES:
        with suppress(Refused):
            client.call("DeleteTable", {"TableName": table})
        _wait(client, table, None)


def _wait(client: Client, table: str, wanted: str | None) -> None:
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


def _batches(table: str, data: DataSet) -> Iterator[dict[str, Any]]:
    batch: list[Item] = []
    for item in _rows(data) if table == ROWS_TABLE else _items(data):
        batch.append(item)
        if len(batch) == _BATCH:
            yield _puts(table, batch)
            batch = []
    if batch:
        yield _puts(table, batch)


def _items(data: DataSet) -> Iterator[Item]:
    return (data.new_item(number) for number in range(data.items))


def _rows(data: DataSet) -> Iterator[Item]:
    return (
        data.new_row(partition, number)
        for partition in range(data.partitions)
        for number in range(ROWS_PER_PARTITION)
    )


def _puts(table: str, items: list[Item]) -> dict[str, Any]:
    return {table: [{"PutRequest": {"Item": item}} for item in items]}


def _write(client: Client, batch: dict[str, Any]) -> None:
    for _ in range(_TRIES_MAX):
        batch = client.call("BatchWriteItem", {"RequestItems": batch}).get("UnprocessedItems", {})
        if not batch:
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"the server leaves items unprocessed: {str(batch)[:200]}")
