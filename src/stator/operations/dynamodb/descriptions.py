"""TableDescription: a definition as DescribeTable shows it.

Everything shown follows from the definition, the clock and the counters; a reply that is to show a status of
its own (CREATING, say) is made from a definition of which that status follows.
"""

import uuid
from typing import Any, Final

from stator.base.limits import WARM_READ_UNITS, WARM_WRITE_UNITS
from stator.operations.registry import Call
from stator.tables.counters import Count
from stator.tables.definition import (
    IndexDefinition,
    Keys,
    TableDefinition,
    Throughput,
    index_status,
    table_status,
)

_NO_ITEMS: Final = Count(0, 0)
_KEY_NAMESPACE: Final = uuid.UUID("3f1a1dd0-0c6c-4f0e-9d3b-6a54f1c5a7b1")


def managed_key_arn(call: Call) -> str:
    """The ARN of the account's key `alias/aws/dynamodb`: the same at every call, made from the account."""
    key = uuid.uuid5(_KEY_NAMESPACE, call.database.account)
    return f"arn:aws:kms:{call.region}:{call.database.account}:key/{key}"


def describe(call: Call, definition: TableDefinition, counts: dict[int, Count]) -> dict[str, Any]:
    """The TableDescription of a definition; `counts` are those of its spaces, 0 where there are none."""
    now = call.database.clock.now()
    arn = call.arn(f"table/{definition.name}")
    count = counts.get(definition.space, _NO_ITEMS)
    shown: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in sorted(definition.attributes.items())
        ],
        "TableName": definition.name,
        "KeySchema": _key_schema(definition.keys),
        "TableStatus": table_status(definition, now),
        "CreationDateTime": _seconds(definition.created_at),
        "ProvisionedThroughput": _throughput(definition.throughput),
        "TableSizeBytes": count.bytes,
        "ItemCount": count.items,
        "TableArn": arn,
        "TableId": definition.id,
        "DeletionProtectionEnabled": definition.deletion_protection,
        "WarmThroughput": _warm(definition.warm, definition.throughput),
    }
    shown.update(_optional(call, definition, arn))
    local = [_index(index, arn, counts) for index in definition.local_indexes]
    if local:
        shown["LocalSecondaryIndexes"] = local
    global_ = [_global_index(index, arn, counts, now) for index in definition.global_indexes]
    if global_:
        shown["GlobalSecondaryIndexes"] = global_
    return shown


def _optional(call: Call, definition: TableDefinition, arn: str) -> dict[str, Any]:
    """Members that AWS leaves out where they say nothing."""
    shown: dict[str, Any] = {}
    if definition.on_demand_since is not None:
        shown["BillingModeSummary"] = {
            "BillingMode": definition.billing_mode,
            "LastUpdateToPayPerRequestDateTime": _seconds(definition.on_demand_since),
        }
    if definition.on_demand:
        shown["OnDemandThroughput"] = definition.on_demand
    if definition.table_class is not None:
        shown["TableClassSummary"] = {"TableClass": definition.table_class}
        if definition.table_class_changed_at is not None:
            shown["TableClassSummary"]["LastUpdateDateTime"] = _seconds(definition.table_class_changed_at)
    if definition.encryption is not None:
        key = definition.encryption.get("KMSMasterKeyArn") or managed_key_arn(call)
        shown["SSEDescription"] = {"Status": "ENABLED", "SSEType": "KMS", "KMSMasterKeyArn": key}
    if definition.stream is not None:
        if definition.stream.view_type is not None:
            shown["StreamSpecification"] = {
                "StreamEnabled": True,
                "StreamViewType": definition.stream.view_type,
            }
        shown["LatestStreamLabel"] = definition.stream.label
        shown["LatestStreamArn"] = f"{arn}/stream/{definition.stream.label}"
    return shown


def _index(index: IndexDefinition, arn: str, counts: dict[int, Count]) -> dict[str, Any]:
    count = counts.get(index.space, _NO_ITEMS)
    projection: dict[str, Any] = {"ProjectionType": index.projection}
    if index.non_key_attributes:
        projection["NonKeyAttributes"] = list(index.non_key_attributes)
    return {
        "IndexName": index.name,
        "KeySchema": _key_schema(index.keys),
        "Projection": projection,
        "IndexSizeBytes": count.bytes,
        "ItemCount": count.items,
        "IndexArn": f"{arn}/index/{index.name}",
    }


def _global_index(index: IndexDefinition, arn: str, counts: dict[int, Count], now: float) -> dict[str, Any]:
    shown = _index(index, arn, counts)
    shown["IndexStatus"] = index_status(index, now)
    if not index.filled and not index.deleting:
        shown["Backfilling"] = now >= index.active_at
    shown["ProvisionedThroughput"] = _throughput(index.throughput)
    shown["WarmThroughput"] = _warm(index.warm, index.throughput)
    if index.on_demand:
        shown["OnDemandThroughput"] = index.on_demand
    return shown


def _key_schema(keys: Keys) -> list[dict[str, str]]:
    return [
        *({"AttributeName": name, "KeyType": "HASH"} for name in keys.hash),
        *({"AttributeName": name, "KeyType": "RANGE"} for name in keys.range),
    ]


def _throughput(given: Throughput) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": given.decreases_today,
        "ReadCapacityUnits": given.read,
        "WriteCapacityUnits": given.write,
    }
    if given.increased_at is not None:
        shown["LastIncreaseDateTime"] = _seconds(given.increased_at)
    if given.decreased_at is not None:
        shown["LastDecreaseDateTime"] = _seconds(given.decreased_at)
    return shown


def _warm(given: dict[str, int] | None, throughput: Throughput) -> dict[str, Any]:
    """Warm throughput: what was asked for, else what the billing mode starts with."""
    warm = given or {}
    on_demand = throughput.read == 0
    return {
        "ReadUnitsPerSecond": warm.get("ReadUnitsPerSecond")
        or (WARM_READ_UNITS if on_demand else throughput.read),
        "WriteUnitsPerSecond": warm.get("WriteUnitsPerSecond")
        or (WARM_WRITE_UNITS if on_demand else throughput.write),
        "Status": "ACTIVE",
    }


def _seconds(time: float) -> float:
    """A timestamp as AWS's JSON has it: epoch seconds with milliseconds."""
    return round(time, 3)
