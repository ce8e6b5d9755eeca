"""Tables are created once, with everything that they should have."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from services.common.dynamodb import actions
from services.common.settings import SettingsError
from services.common.tables import Index, Key, Table, create_table

from ..faults import FaultyEndpoint, Reply, refused


@pytest.fixture
def name(database: Any) -> Iterator[str]:
    """A free name of a table, which is deleted afterwards."""
    chosen = f"common-{uuid.uuid4()}"
    yield chosen
    for table in database.list_tables()["TableNames"]:
        if table == chosen:
            database.delete_table(TableName=chosen)


def full(name: str) -> Table:
    return Table(
        name,
        Key(("id", "S"), ("n", "N")),
        indexes=(Index("ByKind", Key(("kind", "S"), ("n", "N"))), Index("ByOwner", Key(("owner", "B")))),
        stream="NEW_AND_OLD_IMAGES",
        expiry="expires_at",
    )


def test_a_table_with_everything(database: Any, name: str) -> None:
    steps = list(create_table(database, full(name)))
    assert steps[:3] == [
        f"Table {name} is being created.",
        f"Table {name} is active.",
        f"Items of {name} expire by expires_at.",
    ]
    described = database.describe_table(TableName=name)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert {index["IndexName"] for index in described["GlobalSecondaryIndexes"]} == {"ByKind", "ByOwner"}
    assert described["StreamSpecification"] == {
        "StreamEnabled": True,
        "StreamViewType": "NEW_AND_OLD_IMAGES",
    }
    types = {row["AttributeName"]: row["AttributeType"] for row in described["AttributeDefinitions"]}
    assert types == {"id": "S", "n": "N", "kind": "S", "owner": "B"}


def test_again(database: Any, name: str) -> None:
    list(create_table(database, full(name)))
    assert list(create_table(database, full(name)))[:3] == [
        f"Table {name} is there already.",
        f"Table {name} is active.",
        f"Items of {name} expire by expires_at already.",
    ]


def test_other_keys(database: Any, name: str) -> None:
    list(create_table(database, Table(name, Key(("id", "S")))))
    with pytest.raises(SettingsError, match="has other keys"):
        list(create_table(database, Table(name, Key(("pk", "S")))))


@pytest.mark.parametrize(
    ("code", "step"),
    [(None, "is on."), ("UnknownOperationException", "stays off: the server does not have it.")],
)
def test_recovery_to_a_point_in_time(
    faulty: FaultyEndpoint, client_of: Callable[[str], Any], name: str, code: str | None, step: str
) -> None:
    client = client_of(faulty.url)
    faulty.inject("UpdateContinuousBackups", refused(code) if code else answered)
    last = list(create_table(client, Table(name, Key(("id", "S")))))[-1]
    assert last == f"Point-in-time recovery of {name} {step}"


def test_recovery_that_is_not_allowed(
    faulty: FaultyEndpoint, client_of: Callable[[str], Any], name: str
) -> None:
    client = client_of(faulty.url)
    faulty.inject("UpdateContinuousBackups", refused("AccessDeniedException"))
    with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
        list(create_table(client, Table(name, Key(("id", "S")))))


def answered(_: Any) -> Any:
    return Reply(200, b"{}")


@pytest.mark.parametrize(
    ("operation", "parameters", "needed"),
    [
        ("GetItem", {}, {"GetItem"}),
        ("BatchWriteItem", {}, {"BatchWriteItem"}),
        ("TransactGetItems", {}, {"GetItem"}),
        (
            "TransactWriteItems",
            {"TransactItems": [{"Put": {}}, {"Update": {}}, {"Delete": {}}, {"ConditionCheck": {}}]},
            {"PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"},
        ),
    ],
)
def test_actions(operation: str, parameters: Any, needed: set[str]) -> None:
    assert actions(operation, parameters) == {f"dynamodb:{action}" for action in needed}
