"""From the definition of a table that is restored to that of the new one. Pure functions.

The new table has the source's keys, indexes, capacity and encryption, unless the request overrides them;
settings come from the source as it is now, or from the backup. It has none of the source's tags, streams,
TTL, recovery or deletion protection, nor warm throughput beyond what every table starts with, and it is of
the standard table class ("Restoring a DynamoDB table from a backup", developer guide).
"""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from stator.model.requests import RestoreTableFromBackupInput, RestoreTableToPointInTimeInput
from stator.operations.dynamodb.rules.restores import billing_mode
from stator.operations.dynamodb.table_changes import given_encryption, given_maximums, given_throughput
from stator.tables.definition import (
    IndexDefinition,
    Restored,
    TableDefinition,
    Throughput,
)

Request = RestoreTableToPointInTimeInput | RestoreTableFromBackupInput


def restored_definition(
    source: TableDefinition,
    request: Request,
    table_id: str,
    now: float,
    until: float,
    new_space: Callable[[], int],
    origin: Restored,
) -> TableDefinition:
    """The definition of the table that a restore makes, which is being created until `until` at least."""
    on_demand = billing_mode(request, source) == "PAY_PER_REQUEST"
    throughput = _throughput(request, source, on_demand)
    indexes = tuple(
        replace(
            index,
            space=new_space(),
            active_at=until if index.kind == "global" else index.active_at,
            throughput=_index_throughput(given, index, throughput, on_demand),
            on_demand=_maximums(getattr(given, "OnDemandThroughput", None), index.on_demand, on_demand),
        )
        for given, index in _chosen(request, source)
    )
    keys = (source.keys, *(index.keys for index in indexes))
    used = {name for each in keys for name in each.names}
    encryption = request.SSESpecificationOverride
    return TableDefinition(
        name=request.TargetTableName,
        id=table_id,
        space=new_space(),
        created_at=now,
        attributes={name: kind for name, kind in source.attributes.items() if name in used},
        keys=source.keys,
        billing_mode="PAY_PER_REQUEST" if on_demand else "PROVISIONED",
        throughput=throughput,
        on_demand_since=now if on_demand else None,
        indexes=indexes,
        collections=new_space() if any(index.kind == "local" for index in indexes) else None,
        on_demand=_maximums(request.OnDemandThroughputOverride, source.on_demand, on_demand),
        encryption=source.encryption if encryption is None else given_encryption(encryption),
        restored=origin,
        active_at=until,
    )


def _throughput(request: Request, source: TableDefinition, on_demand: bool) -> Throughput:
    if on_demand:
        return Throughput()
    if request.ProvisionedThroughputOverride is not None:
        return given_throughput(request.ProvisionedThroughputOverride)
    return _units(source.throughput)


def _index_throughput(given: Any, index: IndexDefinition, table: Throughput, on_demand: bool) -> Throughput:
    """The capacity of an index: as given, as it was, or, of one that was on demand, the new table's."""
    if on_demand or index.kind == "local":
        return Throughput()
    override = getattr(given, "ProvisionedThroughput", None)
    if override is not None:
        return given_throughput(override)
    return _units(index.throughput) if index.throughput.read else table


def _units(throughput: Throughput) -> Throughput:
    """The capacity without its history: that is the source's."""
    return Throughput(throughput.read, throughput.write)


def _maximums(given: Any, source: dict[str, int] | None, on_demand: bool) -> dict[str, int] | None:
    if not on_demand:
        return None
    return source if given is None else given_maximums(given)


def _chosen(request: Request, source: TableDefinition) -> list[tuple[Any, IndexDefinition]]:
    """The indexes that the new table has, each with what is given for it: all of a kind, or those listed."""
    chosen = []
    overrides = {
        "local": request.LocalSecondaryIndexOverride,
        "global": request.GlobalSecondaryIndexOverride,
    }
    for index in source.indexes:
        override = overrides[index.kind]
        given = next((each for each in override or () if each.IndexName == index.name), None)
        if not index.deleting and (override is None or given is not None):
            chosen.append((given, _settled(index)))
    return chosen


def _settled(index: IndexDefinition) -> IndexDefinition:
    """The index without what is under way: it is filled with the table."""
    return replace(index, filled=True, update=None, warm=None)
