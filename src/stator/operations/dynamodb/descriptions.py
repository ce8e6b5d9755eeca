"""TableDescription: a definition as DescribeTable shows it.

Everything shown follows from the definition and the counters. A reply that shows a change under way
(CREATING, say) is made from the definition that says so.
"""

import uuid
from typing import Any, Final

from stator.operations.registry import Call
from stator.tables.counters import Count
from stator.tables.definition import (
    Encryption,
    IndexDefinition,
    Keys,
    Restored,
    TableDefinition,
    Throughput,
    day_of,
    index_status,
    table_status,
    warm_throughput,
)

_NO_ITEMS: Final = Count(0, 0)
_KEY_NAMESPACE: Final = uuid.UUID("3f1a1dd0-0c6c-4f0e-9d3b-6a54f1c5a7b1")
_DEFAULT_KEY: Final = "alias/aws/dynamodb"


def key_arn(call: Call, key: str | None) -> str:
    """The ARN of a KMS key by its ARN, id or alias; None for the account's key `alias/aws/dynamodb`.

    An alias names the same key at every call: its id is made from the account and the alias.
    """
    key = key or _DEFAULT_KEY
    prefix = f"arn:aws:kms:{call.region}:{call.database.account}:"
    if key.startswith("arn:"):
        prefix, _, key = key.rpartition(":")
        prefix += ":"
    if key.startswith("alias/"):
        key = f"key/{uuid.uuid5(_KEY_NAMESPACE, f'{call.database.account} {key}')}"
    return prefix + (key if key.startswith("key/") else f"key/{key}")


def describe(call: Call, definition: TableDefinition, counts: dict[int, Count]) -> dict[str, Any]:
    """The TableDescription of a definition; `counts` are those of its spaces, 0 where there are none."""
    today = day_of(call.database.clock.now())
    arn = call.arn(f"table/{definition.name}")
    count = counts.get(definition.space, _NO_ITEMS)
    shown: dict[str, Any] = {
        "AttributeDefinitions": [
            {"AttributeName": name, "AttributeType": kind}
            for name, kind in sorted(definition.attributes.items())
        ],
        "TableName": definition.name,
        "KeySchema": key_schema(definition.keys),
        "TableStatus": table_status(definition),
        "CreationDateTime": seconds(definition.created_at),
        "ProvisionedThroughput": _throughput(definition.throughput, today),
        "TableSizeBytes": count.bytes,
        "ItemCount": count.items,
        "TableArn": arn,
        "TableId": definition.id,
        "DeletionProtectionEnabled": definition.deletion_protection,
        "WarmThroughput": _warm(definition),
    }
    shown.update(_optional(call, definition, arn))
    local = [_index(index, arn, counts) for index in definition.local_indexes]
    if local:
        shown["LocalSecondaryIndexes"] = local
    global_ = [_global_index(definition, index, arn, counts, today) for index in definition.global_indexes]
    if global_:
        shown["GlobalSecondaryIndexes"] = global_
    return shown


def _optional(call: Call, definition: TableDefinition, arn: str) -> dict[str, Any]:
    """Members that AWS leaves out where they say nothing."""
    shown: dict[str, Any] = {}
    if definition.on_demand_since is not None:
        shown["BillingModeSummary"] = {
            "BillingMode": definition.billing_mode,
            "LastUpdateToPayPerRequestDateTime": seconds(definition.on_demand_since),
        }
    if definition.on_demand:
        shown["OnDemandThroughput"] = definition.on_demand
    if definition.table_class is not None:
        shown["TableClassSummary"] = {"TableClass": definition.table_class}
        if definition.table_class_changes:
            changed_at = definition.table_class_changes[-1]
            shown["TableClassSummary"]["LastUpdateDateTime"] = seconds(changed_at)
    encryption = _encryption(call, definition)
    if encryption:
        shown["SSEDescription"] = encryption
    if definition.stream is not None:
        if definition.stream.view_type is not None:
            shown["StreamSpecification"] = {
                "StreamEnabled": True,
                "StreamViewType": definition.stream.view_type,
            }
        shown["LatestStreamLabel"] = definition.stream.label
        shown["LatestStreamArn"] = f"{arn}/stream/{definition.stream.label}"
    if definition.restored is not None:
        shown["RestoreSummary"] = _restored(definition.restored, definition.filling)
    return shown


# The status of encryption by whether there was some before a change that is under way, and is after it.
_CHANGING_ENCRYPTION: Final = {
    (False, True): "ENABLING",
    (True, True): "UPDATING",
    (True, False): "DISABLING",
}


def _encryption(call: Call, definition: TableDefinition) -> dict[str, Any] | None:
    now: Encryption | None = definition.encryption
    status = "ENABLED"
    if definition.update is not None and "SSESpecification" in definition.update.members:
        after = definition.update.encryption
        status = _CHANGING_ENCRYPTION[now is not None, after is not None]
        now = after or now
    if now is None:
        return None
    return described_key(call, now.key, status)


def described_key(call: Call, key: str | None, status: str = "ENABLED") -> dict[str, Any]:
    """An SSEDescription of encryption with a KMS key."""
    return {"Status": status, "SSEType": "KMS", "KMSMasterKeyArn": key_arn(call, key)}


def _index(index: IndexDefinition, arn: str, counts: dict[int, Count]) -> dict[str, Any]:
    count = counts.get(index.space, _NO_ITEMS)
    return {
        "IndexName": index.name,
        "KeySchema": key_schema(index.keys),
        "Projection": projection(index.projection, index.non_key_attributes),
        "IndexSizeBytes": count.bytes,
        "ItemCount": count.items,
        "IndexArn": f"{arn}/index/{index.name}",
    }


def _restored(origin: Restored, in_progress: bool) -> dict[str, Any]:
    """RestoreSummary: what a table was restored from."""
    shown = {
        "SourceTableArn": origin.table_arn,
        "RestoreDateTime": seconds(origin.time),
        "RestoreInProgress": in_progress,
    }
    return shown if origin.backup_arn is None else {"SourceBackupArn": origin.backup_arn, **shown}


def _global_index(
    definition: TableDefinition, index: IndexDefinition, arn: str, counts: dict[int, Count], today: int
) -> dict[str, Any]:
    shown = _index(index, arn, counts)
    shown["IndexStatus"] = "CREATING" if definition.filling else index_status(index)
    if not index.filled and not index.deleting:
        shown["Backfilling"] = not index.allocating
    shown["ProvisionedThroughput"] = _throughput(index.throughput, today)
    shown["WarmThroughput"] = _warm(index)
    if index.on_demand:
        shown["OnDemandThroughput"] = index.on_demand
    return shown


def projection(kind: str, included: tuple[str, ...]) -> dict[str, Any]:
    """A Projection."""
    shown: dict[str, Any] = {"ProjectionType": kind}
    return shown | {"NonKeyAttributes": list(included)} if included else shown


def key_schema(keys: Keys) -> list[dict[str, str]]:
    """A KeySchema."""
    return [
        *({"AttributeName": name, "KeyType": "HASH"} for name in keys.hash),
        *({"AttributeName": name, "KeyType": "RANGE"} for name in keys.range),
    ]


def _throughput(given: Throughput, today: int) -> dict[str, Any]:
    decreased_today = given.decreased_at is not None and day_of(given.decreased_at) == today
    shown: dict[str, Any] = {
        "NumberOfDecreasesToday": given.decreases_today if decreased_today else 0,
        "ReadCapacityUnits": given.read,
        "WriteCapacityUnits": given.write,
    }
    if given.increased_at is not None:
        shown["LastIncreaseDateTime"] = seconds(given.increased_at)
    if given.decreased_at is not None:
        shown["LastDecreaseDateTime"] = seconds(given.decreased_at)
    return shown


def _warm(subject: TableDefinition | IndexDefinition) -> dict[str, Any]:
    changing = subject.update is not None and subject.update.warm is not None
    return {**warm_throughput(subject), "Status": "UPDATING" if changing else "ACTIVE"}


def seconds(time: float) -> float:
    """A timestamp as AWS's JSON has it: epoch seconds with milliseconds."""
    return round(time, 3)
