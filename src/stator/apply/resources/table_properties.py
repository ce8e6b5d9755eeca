"""The properties of AWS::DynamoDB::Table: their shapes, and the form in which they are compared.

A key is compared with the types of its attributes, `pk HASH S`. So the definitions of attributes need not be
compared: one that belongs to no key is none.
"""

from collections.abc import Mapping
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.resources.kind import Wanted, tags_of
from stator.apply.resources.shapes import (
    BOOLEAN,
    INTEGER,
    JSON,
    TAGS,
    TEXT,
    need,
    shaped,
)

PROVISIONED: Final = "PROVISIONED"
ON_DEMAND: Final = "PAY_PER_REQUEST"
RECOVERY_DAYS: Final = 35
UNITS: Final = ("ReadCapacityUnits", "WriteCapacityUnits")
MAXIMUMS: Final = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
NO_MAXIMUM: Final = -1

_KEYS: Final = [{"AttributeName": TEXT, "KeyType": TEXT}]
_PROJECTION: Final = {"ProjectionType": TEXT, "NonKeyAttributes": [TEXT]}
_UNITS: Final = dict.fromkeys(UNITS, INTEGER)
_MAXIMUMS: Final = dict.fromkeys(MAXIMUMS, INTEGER)
_WARM: Final = {"ReadUnitsPerSecond": INTEGER, "WriteUnitsPerSecond": INTEGER}
_LOCAL: Final = {"IndexName": TEXT, "KeySchema": _KEYS, "Projection": _PROJECTION}
SHAPE: Final = {
    "TableName": TEXT,
    "AttributeDefinitions": [{"AttributeName": TEXT, "AttributeType": TEXT}],
    "KeySchema": _KEYS,
    "BillingMode": TEXT,
    "ProvisionedThroughput": _UNITS,
    "OnDemandThroughput": _MAXIMUMS,
    "WarmThroughput": _WARM,
    "GlobalSecondaryIndexes": [_LOCAL | {"ProvisionedThroughput": _UNITS, "OnDemandThroughput": _MAXIMUMS}],
    "LocalSecondaryIndexes": [_LOCAL],
    "StreamSpecification": {"StreamViewType": TEXT},
    "SSESpecification": {"SSEEnabled": BOOLEAN, "SSEType": TEXT, "KMSMasterKeyId": TEXT},
    "TimeToLiveSpecification": {"AttributeName": TEXT, "Enabled": BOOLEAN},
    "PointInTimeRecoverySpecification": {
        "PointInTimeRecoveryEnabled": BOOLEAN,
        "RecoveryPeriodInDays": INTEGER,
    },
    "DeletionProtectionEnabled": BOOLEAN,
    "TableClass": TEXT,
    "Tags": TAGS,
    "ContributorInsightsSpecification": {"Enabled": BOOLEAN, "Mode": TEXT},
    "KinesisStreamSpecification": {"StreamArn": TEXT, "ApproximateCreationDateTimePrecision": TEXT},
    "ResourcePolicy": {"PolicyDocument": JSON},
    "ImportSourceSpecification": {
        "S3BucketSource": {"S3Bucket": TEXT, "S3BucketOwner": TEXT, "S3KeyPrefix": TEXT},
        "InputFormat": TEXT,
        "InputCompressionType": TEXT,
        "InputFormatOptions": {"Csv": {"Delimiter": TEXT, "HeaderList": [TEXT]}},
    },
}
REPLACING: Final = frozenset({"KeySchema", "LocalSecondaryIndexes"})


def wanted(name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
    """What evaluated properties ask for. Raises TemplateError."""
    given = shaped(properties, SHAPE, path)
    need(given, ("KeySchema", "AttributeDefinitions"), path)
    types = {row["AttributeName"]: row["AttributeType"] for row in given["AttributeDefinitions"]}
    mode = given.setdefault("BillingMode", PROVISIONED)
    indexes = given.get("GlobalSecondaryIndexes") or []
    for owner, place in [
        (given, path),
        *((index, f"{path}.{_GLOBAL}.{index.get('IndexName')}") for index in indexes),
    ]:
        _check_capacity(owner, mode, place)
    for index in [*indexes, *given.get("LocalSecondaryIndexes", ())]:
        need(index, ("IndexName", "KeySchema", "Projection"), f"{path}.{index.get('IndexName', 'an index')}")
    _check_switches(given, path)
    compared = {
        **compared_structure(given, types, path),
        "StreamSpecification": given.get("StreamSpecification", {}).get("StreamViewType"),
        "SSESpecification": _encryption(given.get("SSESpecification", {})),
        "TimeToLiveSpecification": _expiry(given.get("TimeToLiveSpecification", {})),
        "PointInTimeRecoverySpecification": _recovery(given.get("PointInTimeRecoverySpecification", {})),
        "ContributorInsightsSpecification": _insights(given.get("ContributorInsightsSpecification", {})),
        "KinesisStreamSpecification": given.get("KinesisStreamSpecification"),
        "ResourcePolicy": given.get("ResourcePolicy", {}).get("PolicyDocument"),
        "WarmThroughput": given.get("WarmThroughput"),
    }
    return Wanted(name, compared, given, tags_of(given.get("Tags", ())) | dict(tags))


_GLOBAL: Final = "GlobalSecondaryIndexes"


def compared_structure(table: Mapping[str, Any], types: Mapping[str, str], path: str) -> dict[str, Any]:
    """What a request and a description say in the same words, in the form in which it is compared."""
    on_demand = table["BillingMode"] == ON_DEMAND
    return {
        "KeySchema": _key(table["KeySchema"], types, path),
        "BillingMode": table["BillingMode"],
        "ProvisionedThroughput": None if on_demand else _members(table.get("ProvisionedThroughput"), UNITS),
        "OnDemandThroughput": _maximums(table.get("OnDemandThroughput")) if on_demand else None,
        _GLOBAL: {
            index["IndexName"]: {
                **_index(index, types, path),
                **(
                    {"OnDemandThroughput": _maximums(index.get("OnDemandThroughput"))}
                    if on_demand
                    else {"ProvisionedThroughput": _members(index.get("ProvisionedThroughput"), UNITS)}
                ),
            }
            for index in table.get(_GLOBAL) or ()
        },
        "LocalSecondaryIndexes": {
            index["IndexName"]: _index(index, types, path)
            for index in table.get("LocalSecondaryIndexes") or ()
        },
        "DeletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
        "TableClass": table.get("TableClass") or "STANDARD",
    }


def _index(index: Mapping[str, Any], types: Mapping[str, str], path: str) -> dict[str, Any]:
    return {
        "KeySchema": _key(index["KeySchema"], types, f"{path}.{index['IndexName']}"),
        "Projection": index["Projection"].get("ProjectionType"),
        "NonKeyAttributes": sorted(index["Projection"].get("NonKeyAttributes") or ()),
    }


def _key(elements: Any, types: Mapping[str, str], path: str) -> list[str]:
    for element in elements:
        if element.get("AttributeName") not in types:
            raise TemplateError(
                f"{path}.KeySchema: AttributeDefinitions has no {element.get('AttributeName')}"
            )
    return [f"{row['AttributeName']} {row.get('KeyType')} {types[row['AttributeName']]}" for row in elements]


def _members(given: Mapping[str, Any] | None, names: tuple[str, ...]) -> dict[str, int] | None:
    return {name: given[name] for name in names if name in given} if given else None


def _maximums(given: Mapping[str, Any] | None) -> dict[str, int] | None:
    found = {name: (given or {}).get(name) for name in MAXIMUMS}
    kept = {name: value for name, value in found.items() if value is not None and value != NO_MAXIMUM}
    return kept or None


def _encryption(given: Mapping[str, Any]) -> dict[str, str] | None:
    if not given.get("SSEEnabled"):
        return None
    key = given.get("KMSMasterKeyId")
    return {"SSEType": given.get("SSEType", "KMS")} | ({"KMSMasterKeyId": key} if key else {})


def _expiry(given: Mapping[str, Any]) -> str | None:
    return given.get("AttributeName") if given.get("Enabled") else None


def _recovery(given: Mapping[str, Any]) -> dict[str, int] | None:
    if not given.get("PointInTimeRecoveryEnabled"):
        return None
    return {"RecoveryPeriodInDays": given.get("RecoveryPeriodInDays", RECOVERY_DAYS)}


def _insights(given: Mapping[str, Any]) -> dict[str, str] | None:
    return ({"Mode": given["Mode"]} if "Mode" in given else {}) if given.get("Enabled") else None


def _check_capacity(owner: Mapping[str, Any], mode: str, path: str) -> None:
    if mode == PROVISIONED:
        need(owner, ("ProvisionedThroughput",), path)
        need(owner["ProvisionedThroughput"], UNITS, f"{path}.ProvisionedThroughput")
    elif "ProvisionedThroughput" in owner:
        raise TemplateError(f"{path}: ProvisionedThroughput cannot be specified when BillingMode is {mode}")


def _check_switches(given: Mapping[str, Any], path: str) -> None:
    expiry = given.get("TimeToLiveSpecification")
    if expiry is not None:
        need(expiry, ("Enabled",), f"{path}.TimeToLiveSpecification")
        if expiry["Enabled"]:
            need(expiry, ("AttributeName",), f"{path}.TimeToLiveSpecification")
    if "SSESpecification" in given:
        need(given["SSESpecification"], ("SSEEnabled",), f"{path}.SSESpecification")
    if "StreamSpecification" in given:
        need(given["StreamSpecification"], ("StreamViewType",), f"{path}.StreamSpecification")
