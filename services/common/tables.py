"""Tables: declared as data, created by an administrator's command, never by a service that runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from services.common.errors import code_of
from services.common.settings import SettingsError

Type = Literal["S", "N", "B"]
WAIT: dict[str, int] = {"Delay": 1, "MaxAttempts": 120}
# What servers answer that do not have an operation.
_UNKNOWN = {"UnknownOperationException", "UnknownOperation", "UnsupportedOperationException"}


@dataclass(frozen=True)
class Key:
    """A partition key, and a sort key if there is one: names and types."""

    partition: tuple[str, Type]
    sort: tuple[str, Type] | None = None

    @property
    def attributes(self) -> dict[str, Type]:
        """The type of each attribute."""
        return dict(filter(None, (self.partition, self.sort)))

    @property
    def schema(self) -> list[dict[str, str]]:
        """As CreateTable wants it."""
        return [
            {"AttributeName": name, "KeyType": kind}
            for name, kind in zip(self.attributes, ("HASH", "RANGE"), strict=False)
        ]


@dataclass(frozen=True)
class Index:
    """A global secondary index with all attributes."""

    name: str
    key: Key


@dataclass(frozen=True)
class Table:
    """A table, on demand; `stream` is a view type, `expiry` the attribute of its time to live."""

    name: str
    key: Key
    indexes: tuple[Index, ...] = ()
    stream: str | None = None
    expiry: str | None = None
    encrypted_by_kms: bool = False
    deletion_protected: bool = False
    recovery: bool = True

    def request(self) -> dict[str, Any]:
        """The parameters of CreateTable."""
        types = dict(self.key.attributes)
        for index in self.indexes:
            types |= index.key.attributes
        optional = {
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": index.name,
                    "KeySchema": index.key.schema,
                    "Projection": {"ProjectionType": "ALL"},
                }
                for index in self.indexes
            ],
            "StreamSpecification": self.stream and {"StreamEnabled": True, "StreamViewType": self.stream},
            "SSESpecification": self.encrypted_by_kms and {"Enabled": True, "SSEType": "KMS"},
            "DeletionProtectionEnabled": self.deletion_protected,
        }
        return {
            "TableName": self.name,
            "KeySchema": self.key.schema,
            "AttributeDefinitions": [
                {"AttributeName": name, "AttributeType": kind} for name, kind in types.items()
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **{name: value for name, value in optional.items() if value},
        }


def create_table(client: Any, table: Table) -> Iterator[str]:
    """Create a table, wait until it is active, and turn on what it should have; a sentence for each step.

    Every step may be repeated. Raises SettingsError if there is a table of that name with other keys.
    """
    try:
        client.create_table(**table.request())
        yield f"Table {table.name} is being created."
    except client.exceptions.ResourceInUseException:
        yield f"Table {table.name} is there already."
    client.get_waiter("table_exists").wait(TableName=table.name, WaiterConfig=WAIT)
    found = client.describe_table(TableName=table.name)["Table"]
    if found["KeySchema"] != table.key.schema:
        raise SettingsError(f"the table {table.name} has other keys: {found['KeySchema']}")
    yield f"Table {table.name} is active."
    if table.expiry is not None:
        yield _expire(client, table.name, table.expiry)
    if table.recovery:
        yield _recover(client, table.name)


def _expire(client: Any, name: str, attribute: str) -> str:
    described = client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
    if described["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}:
        return f"Items of {name} expire by {described['AttributeName']} already."
    client.update_time_to_live(
        TableName=name, TimeToLiveSpecification={"AttributeName": attribute, "Enabled": True}
    )
    return f"Items of {name} expire by {attribute}."


def _recover(client: Any, name: str) -> str:
    try:
        client.update_continuous_backups(
            TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
    except client.exceptions.ClientError as error:
        if code_of(error) not in _UNKNOWN:
            raise
        return f"Point-in-time recovery of {name} stays off: the server does not have it."
    return f"Point-in-time recovery of {name} is on."
