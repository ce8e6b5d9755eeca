"""A table as it is: what the endpoint tells of it, in the form in which it is compared."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final

from stator.apply.endpoint import Endpoint
from stator.apply.errors import Refused
from stator.apply.resources import table_features
from stator.apply.resources.kind import Found, Wanted, tags_of
from stator.apply.resources.table_properties import ON_DEMAND, PROVISIONED, RECOVERY_DAYS, compared_structure

SERVICE: Final = "dynamodb"
NOT_FOUND: Final = "ResourceNotFoundException"
_ASKED_AT_ONCE: Final = 8
_TAGS: Final = ("NextToken", "NextToken")


def description(endpoint: Endpoint, name: str) -> dict[str, Any] | None:
    """What DescribeTable says; None if there is no such table."""
    try:
        found: dict[str, Any] = endpoint.call(SERVICE, "describe_table", TableName=name)["Table"]
    except Refused as refusal:
        if refusal.code == NOT_FOUND:
            return None
        raise
    return found


def find(endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
    """The table, once it is settled enough to be described; None if it is not there, or on its way out."""
    table = description(endpoint, name)
    if table is None or table["TableStatus"] == "DELETING":
        return None
    compared = compared_structure(_as_given(table), _types(table), name) | {
        "StreamSpecification": _stream(table),
        "SSESpecification": _encryption(endpoint, table, wanted),
        "TimeToLiveSpecification": _expiry(endpoint, name),
        "PointInTimeRecoverySpecification": _recovery(endpoint, name),
        "WarmThroughput": _warm(table, wanted),
        **table_features.read(endpoint, table, wanted),
    }
    return Found(
        name,
        compared,
        tags(endpoint, table["TableArn"]),
        _attributes(table),
        protected=bool(table.get("DeletionProtectionEnabled")),
    )


def tags(endpoint: Endpoint, arn: str) -> dict[str, str]:
    """The tags of a table."""
    return tags_of(endpoint.pages(SERVICE, "list_tags_of_resource", "Tags", _TAGS, ResourceArn=arn))


def tagged(endpoint: Endpoint) -> Iterable[tuple[str, dict[str, str]]]:
    """The names and tags of all tables."""
    token = ("LastEvaluatedTableName", "ExclusiveStartTableName")
    names: list[str] = endpoint.pages(SERVICE, "list_tables", "TableNames", token)

    # One description tells how all ARNs begin: an endpoint need not have the account and region that it says.
    described = next((table for name in names if (table := description(endpoint, name)) is not None), None)
    if described is None:
        return []
    prefix = described["TableArn"].removesuffix(described["TableName"])

    def asked(name: str) -> tuple[str, dict[str, str]]:
        try:
            return name, tags(endpoint, prefix + name)
        except Refused as refusal:
            if refusal.code == NOT_FOUND:
                return name, {}
            raise

    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        return list(pool.map(asked, names))


def _types(table: dict[str, Any]) -> dict[str, str]:
    return {row["AttributeName"]: row["AttributeType"] for row in table["AttributeDefinitions"]}


def _as_given(table: dict[str, Any]) -> dict[str, Any]:
    """The description with the members that a request has, without indexes that are on their way out."""
    mode = (table.get("BillingModeSummary") or {}).get("BillingMode") or PROVISIONED
    alive = [
        index for index in table.get("GlobalSecondaryIndexes") or () if index.get("IndexStatus") != "DELETING"
    ]
    return table | {
        "BillingMode": ON_DEMAND if mode == ON_DEMAND else PROVISIONED,
        "GlobalSecondaryIndexes": alive,
        "TableClass": (table.get("TableClassSummary") or {}).get("TableClass"),
    }


def _attributes(table: dict[str, Any]) -> dict[str, str]:
    found = {"Arn": table["TableArn"], "TableId": table.get("TableId", "")}
    if _stream(table) is not None and table.get("LatestStreamArn"):
        found["StreamArn"] = table["LatestStreamArn"]
    return found


def _stream(table: dict[str, Any]) -> str | None:
    stream = table.get("StreamSpecification") or {}
    return stream.get("StreamViewType") if stream.get("StreamEnabled") else None


def _expiry(endpoint: Endpoint, name: str) -> str | None:
    found = endpoint.call(SERVICE, "describe_time_to_live", TableName=name)["TimeToLiveDescription"]
    enabled = found.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return found.get("AttributeName") if enabled else None


def _recovery(endpoint: Endpoint, name: str) -> dict[str, int] | None:
    reply = endpoint.ask(SERVICE, "describe_continuous_backups", TableName=name) or {}
    found = reply.get("ContinuousBackupsDescription", {}).get("PointInTimeRecoveryDescription", {})
    if found.get("PointInTimeRecoveryStatus") != "ENABLED":
        return None
    return {"RecoveryPeriodInDays": found.get("RecoveryPeriodInDays", RECOVERY_DAYS)}


def _warm(table: dict[str, Any], wanted: Wanted | None) -> dict[str, int] | None:
    """What is wanted, if the table is as warm as that; warm throughput only rises."""
    asked = wanted and wanted.properties["WarmThroughput"]
    if not asked:
        return None
    there = {name: (table.get("WarmThroughput") or {}).get(name, 0) for name in asked}
    return asked if all(there[name] >= units for name, units in asked.items()) else there


def _encryption(endpoint: Endpoint, table: dict[str, Any], wanted: Wanted | None) -> dict[str, str] | None:
    """The encryption, with the key only if one is wanted, and in the words in which it is."""
    found = table.get("SSEDescription") or {}
    if found.get("Status") not in ("ENABLED", "ENABLING", "UPDATING"):
        return None
    encryption = {"SSEType": found.get("SSEType", "KMS")}
    asked = ((wanted and wanted.properties["SSESpecification"]) or {}).get("KMSMasterKeyId")
    if asked:
        arn = found.get("KMSMasterKeyArn", "")
        encryption["KMSMasterKeyId"] = asked if _key_arn(endpoint, asked, arn) == arn else arn
    return encryption


def _key_arn(endpoint: Endpoint, key: str, current: str) -> str:
    """The ARN of a KMS key that is named by its ARN, its id or an alias; `current` if nobody knows."""
    if key.startswith("arn:") and ":alias/" not in key:
        return key
    if "alias/" not in key:
        return current if current.endswith(f"/{key}") else key
    try:
        reply = endpoint.ask("kms", "describe_key", KeyId=key)
    except Refused:
        return current
    return str(reply["KeyMetadata"]["Arn"]) if reply else current
