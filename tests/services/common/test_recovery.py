"""The tables of every service can be restored to a past second, as their documents want it."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from services.common.tables import WAIT, Table, create_table

from services.enterprises import tables as enterprises
from services.inventory import tables as inventory
from services.orders import tables as orders
from services.storefront import tables as storefront
from services.users import tables as users

TABLES: dict[str, Callable[[str], Table]] = {
    "orders": orders.table,
    "enterprises": enterprises.table,
    "storefront-products": storefront.products,
    "storefront-sessions": storefront.sessions,
    "users": users.table,
    "inventory-events": lambda name: inventory.tables(name)[0],
    "inventory-views": lambda name: inventory.tables(name)[1],
}


@pytest.fixture
def made(database: Any) -> Iterator[list[str]]:
    """Names of tables that are deleted afterwards."""
    names: list[str] = []
    yield names
    for name in names:
        database.delete_table(TableName=name)


def recovery(database: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = database.describe_continuous_backups(TableName=name)
    return found["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]


@pytest.mark.parametrize("service", TABLES)
def test_every_table_has_recovery(service: str, database: Any, made: list[str]) -> None:
    table = TABLES[service](f"recovery-{uuid.uuid4()}")
    said = list(create_table(database, table))
    made.append(table.name)
    assert said[-1] == f"Point-in-time recovery of {table.name} is on."
    described = recovery(database, table.name)
    assert described["PointInTimeRecoveryStatus"] == "ENABLED"
    # To create it once more changes nothing: what could be restored still can.
    assert list(create_table(database, table))[-1] == said[-1]
    assert (
        recovery(database, table.name)["EarliestRestorableDateTime"]
        == (described["EarliestRestorableDateTime"])
    )


def test_orders_come_back(database: Any, made: list[str]) -> None:
    table = orders.table(f"recovery-{uuid.uuid4()}")
    list(create_table(database, table))
    made.append(table.name)
    placed = [
        {"pk": {"S": f"CUSTOMER#{number % 3}"}, "sk": {"S": f"ORDER#{number}"}, "id": {"S": str(number)}}
        for number in range(40)
    ]
    for item in placed:
        database.put_item(TableName=table.name, Item=item)
    restored = f"{table.name}-restored"
    database.restore_table_to_point_in_time(
        SourceTableName=table.name, TargetTableName=restored, UseLatestRestorableTime=True
    )
    made.append(restored)
    database.get_waiter("table_exists").wait(TableName=restored, WaiterConfig=WAIT)
    found = database.scan(TableName=restored)["Items"]
    assert sorted(item["id"]["S"] for item in found) == sorted(item["id"]["S"] for item in placed)
    by_id = database.query(
        TableName=restored,
        IndexName=orders.INDEX,
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": "7"}},
    )
    assert by_id["Items"] == [placed[7]]
