"""Tables as a transfer needs them: what a table is, and making one like another."""

from typing import Any, Final

import msgspec

from stator.transfer.endpoint import Endpoint, Refused, TransferError

_POLL_SECONDS: Final = 0.2
_POLLS_MAX: Final = 1_500
_THROUGHPUT: Final = ("ReadCapacityUnits", "WriteCapacityUnits")
_INDEX_MEMBERS: Final = ("IndexName", "KeySchema", "Projection", "OnDemandThroughput")


class Table(msgspec.Struct, frozen=True):
    """A table: what identifies it, its key, and all that DescribeTable says."""

    name: str
    arn: str
    id: str
    keys: tuple[str, ...]
    types: dict[str, str]  # of the key attributes, also those of indexes
    items: int  # about so many
    bytes: int
    description: dict[str, Any]


class _Described(msgspec.Struct):
    Table: dict[str, Any]


def describe(endpoint: Endpoint, name: str) -> Table | None:
    """The table, None if there is none. Raises TransferError."""
    try:
        found = endpoint.call("DescribeTable", {"TableName": name}, _Described).Table
    except Refused as refusal:
        if refusal.code == "ResourceNotFoundException":
            return None
        raise
    return _table(found)


def planned(name: str, description: dict[str, Any]) -> Table:
    """The table that `create` would make."""
    return _table(creation(name, description))


def _table(found: dict[str, Any]) -> Table:
    return Table(
        name=found["TableName"],
        arn=found.get("TableArn", ""),
        id=found.get("TableId", ""),
        keys=tuple(key["AttributeName"] for key in found["KeySchema"]),
        types={each["AttributeName"]: each["AttributeType"] for each in found["AttributeDefinitions"]},
        items=found.get("ItemCount", 0),
        bytes=found.get("TableSizeBytes", 0),
        description=found,
    )


def existing(endpoint: Endpoint, name: str) -> Table:
    """The table. Raises TransferError if there is none."""
    table = describe(endpoint, name)
    if table is None:
        raise TransferError(f"there is no table {name} at {endpoint.url}")
    return table


def create(endpoint: Endpoint, name: str, description: dict[str, Any]) -> Table:
    """Make the table `name` like one that is described, and wait until it is active. Raises TransferError."""
    endpoint.call("CreateTable", creation(name, description), dict[str, Any])
    for _ in range(_POLLS_MAX):
        table = describe(endpoint, name)
        if table is not None and table.description.get("TableStatus") == "ACTIVE":
            return table
        endpoint.wait(_POLL_SECONDS)
    raise TransferError(f"the table {name} does not become active")


def read_description(text: bytes) -> dict[str, Any]:
    """A table's description: what DescribeTable prints, its Table, or a CreateTable request.

    Raises TransferError.
    """
    try:
        found = msgspec.json.decode(text, type=dict[str, Any])
    except msgspec.DecodeError as error:
        raise TransferError(f"the description is not JSON: {error}") from None
    found = found.get("Table") or found.get("TableDescription") or found
    if "KeySchema" not in found or "AttributeDefinitions" not in found:
        raise TransferError("the description has no KeySchema and AttributeDefinitions")
    return found


def creation(name: str, table: dict[str, Any]) -> dict[str, Any]:
    """The CreateTable request for a table like the described one."""
    on_demand = _billing(table) == "PAY_PER_REQUEST"
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": table["KeySchema"],
        "AttributeDefinitions": table["AttributeDefinitions"],
        "BillingMode": "PAY_PER_REQUEST" if on_demand else "PROVISIONED",
    }
    if not on_demand:
        request["ProvisionedThroughput"] = _throughput(table)
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        indexes = [
            {member: index[member] for member in _INDEX_MEMBERS if index.get(member)}
            | (
                {"ProvisionedThroughput": _throughput(index)}
                if kind == "GlobalSecondaryIndexes" and not on_demand
                else {}
            )
            for index in table.get(kind) or []
        ]
        if indexes:
            request[kind] = indexes
    for member in ("StreamSpecification", "OnDemandThroughput", "DeletionProtectionEnabled"):
        if table.get(member):
            request[member] = table[member]
    if table_class := (table.get("TableClassSummary") or {}).get("TableClass"):
        request["TableClass"] = table_class
    return request


def _billing(table: dict[str, Any]) -> str:
    """The billing mode. A provisioned table is described without one, and with its throughput."""
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode") or table.get("BillingMode")
    if mode:
        return str(mode)
    return (
        "PROVISIONED"
        if (table.get("ProvisionedThroughput") or {}).get("ReadCapacityUnits")
        else "PAY_PER_REQUEST"
    )


def _throughput(described: dict[str, Any]) -> dict[str, int]:
    units = described.get("ProvisionedThroughput") or {}
    return {member: units.get(member) or 1 for member in _THROUGHPUT}
