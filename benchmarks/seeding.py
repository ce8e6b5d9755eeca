"""Tables and their first items, written through the API as anybody would: BatchWriteItem, 25 items each."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import islice
from typing import Any, Final

from benchmarks.client import Client, Refused
from benchmarks.dataset import ITEMS_TABLE, ROWS_PER_PARTITION, ROWS_TABLE, DataSet, Item

_BATCH: Final = 25
_CONNECTIONS: Final = 4
_TABLE_SECONDS_MAX: Final = 60.0
_POLL_SECONDS: Final = 0.05
_TRIES_MAX: Final = 100

_KEYS: Final[dict[str, dict[str, str]]] = {
    ITEMS_TABLE: {"pk": "S"},
    ROWS_TABLE: {"pk": "S", "sk": "N"},
}


def seed(url: str, data: DataSet) -> None:
    """Make the tables anew and fill them. Raises Refused, or TimeoutError if it never works."""
    client = Client(url)
    drop(client)
    for table, keys in _KEYS.items():
        _create(client, table, keys)
    clients = [Client(url) for _ in range(_CONNECTIONS)]
    batches = _batches(data)
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        while some := list(islice(batches, _CONNECTIONS)):
            list(pool.map(_write, clients, some))
    for client in clients:
        client.close()


def drop(client: Client) -> None:
    """Delete the tables, if they are there."""
    for table in _KEYS:
        with suppress(Refused):
            client.call("DeleteTable", {"TableName": table})
        _wait(client, table, None)


def _create(client: Client, table: str, keys: dict[str, str]) -> None:
    client.call(
        "CreateTable",
        {
            "TableName": table,
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in keys.items()
            ],
            "KeySchema": [
                {"AttributeName": name, "KeyType": role}
                for name, role in zip(keys, ("HASH", "RANGE"), strict=False)
            ],
        },
    )
    _wait(client, table, "ACTIVE")


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


def _batches(data: DataSet) -> Iterator[dict[str, Any]]:
    for table, items in (
        (ITEMS_TABLE, (data.new_item(number) for number in range(data.items))),
        (
            ROWS_TABLE,
            (
                data.new_row(partition, number)
                for partition in range(data.partitions)
                for number in range(ROWS_PER_PARTITION)
            ),
        ),
    ):
        batch: list[Item] = []
        for item in items:
            batch.append(item)
            if len(batch) == _BATCH:
                yield _puts(table, batch)
                batch = []
        if batch:
            yield _puts(table, batch)


def _puts(table: str, items: list[Item]) -> dict[str, Any]:
    return {table: [{"PutRequest": {"Item": item}} for item in items]}


def _write(client: Client, batch: dict[str, Any]) -> None:
    for _ in range(_TRIES_MAX):
        batch = client.call("BatchWriteItem", {"RequestItems": batch}).get("UnprocessedItems", {})
        if not batch:
            return
        time.sleep(_POLL_SECONDS)
    raise TimeoutError(f"the server leaves items unprocessed: {str(batch)[:200]}")
