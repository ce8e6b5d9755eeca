"""AWS::DynamoDB::GlobalTable with one replica, as the properties of the table that it is.

The CDK's TableV2 makes one for every table. Capacity that is to be scaled begins with its seed, or its
minimum; the scaling itself is not set up.
"""

from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.resources import table_properties
from stator.apply.resources.shapes import INTEGER, TAGS, TEXT, shaped

_SCALED: Final = {
    "MinCapacity": INTEGER,
    "MaxCapacity": INTEGER,
    "SeedCapacity": INTEGER,
    "TargetTrackingScalingPolicyConfiguration": "anything",
}
_READS: Final = {"ReadCapacityUnits": INTEGER, "ReadCapacityAutoScalingSettings": _SCALED}
_WRITES: Final = {"WriteCapacityAutoScalingSettings": _SCALED}
_READ_MAXIMUM: Final = {"MaxReadRequestUnits": INTEGER}
_WRITE_MAXIMUM: Final = {"MaxWriteRequestUnits": INTEGER}
_SHARED: Final = (
    *("TableName", "AttributeDefinitions", "KeySchema", "BillingMode", "LocalSecondaryIndexes"),
    *("StreamSpecification", "TimeToLiveSpecification", "WarmThroughput"),
)
_OF_REPLICA: Final = (
    *("DeletionProtectionEnabled", "TableClass", "Tags", "PointInTimeRecoverySpecification"),
    *("ContributorInsightsSpecification", "KinesisStreamSpecification", "ResourcePolicy"),
)
_INDEX: Final = {"IndexName": TEXT, "KeySchema": "anything", "Projection": "anything"}
_SHAPE: Final = {
    **{name: table_properties.SHAPE[name] for name in _SHARED},
    "SSESpecification": {"SSEEnabled": "anything", "SSEType": TEXT},
    "GlobalSecondaryIndexes": [
        _INDEX
        | {"WriteProvisionedThroughputSettings": _WRITES, "WriteOnDemandThroughputSettings": _WRITE_MAXIMUM}
    ],
    "WriteProvisionedThroughputSettings": _WRITES,
    "WriteOnDemandThroughputSettings": _WRITE_MAXIMUM,
    "ReadProvisionedThroughputSettings": _READS,
    "ReadOnDemandThroughputSettings": _READ_MAXIMUM,
    "MultiRegionConsistency": TEXT,
    "Replicas": [
        {
            **{name: table_properties.SHAPE[name] for name in _OF_REPLICA},
            "Region": TEXT,
            "Tags": TAGS,
            "SSESpecification": {"KMSMasterKeyId": TEXT},
            "ReadProvisionedThroughputSettings": _READS,
            "ReadOnDemandThroughputSettings": _READ_MAXIMUM,
            "GlobalSecondaryIndexes": [
                {
                    "IndexName": TEXT,
                    "ReadProvisionedThroughputSettings": _READS,
                    "ReadOnDemandThroughputSettings": _READ_MAXIMUM,
                }
            ],
        }
    ],
}


def as_table(properties: Any, path: str) -> dict[str, Any]:
    """The properties of an AWS::DynamoDB::Table. Raises TemplateError."""
    given = shaped(properties, _SHAPE, path)
    replicas = given.get("Replicas") or []
    if len(replicas) != 1:
        raise TemplateError(f"{path}.Replicas: only a global table with one replica can be made")
    (replica,) = replicas
    mode = given.get("BillingMode", table_properties.PROVISIONED)
    table = {name: given[name] for name in _SHARED if name in given}
    table |= {name: replica[name] for name in _OF_REPLICA if name in replica}
    table |= _capacity([replica, given], mode)
    if "SSESpecification" in given:
        table["SSESpecification"] = given["SSESpecification"] | replica.get("SSESpecification", {})
    reads = {row.get("IndexName"): row for row in replica.get("GlobalSecondaryIndexes", ())}
    indexes = [
        {name: index[name] for name in _INDEX if name in index}
        | _capacity([reads.get(index.get("IndexName"), {}), index, replica, given], mode)
        for index in given.get("GlobalSecondaryIndexes", ())
    ]
    return table | ({"GlobalSecondaryIndexes": indexes} if indexes else {})


def check_region(properties: Any, region: str, path: str) -> None:
    """Refuse a replica that is not of the region. Raises TemplateError."""
    for replica in shaped(properties, _SHAPE, path).get("Replicas", ()):
        if replica.get("Region") != region:
            raise TemplateError(
                f"{path}.Replicas: a replica of {replica.get('Region')} cannot be made in {region}"
            )


def notes(properties: Any) -> tuple[str, ...]:
    """What is not made of it, in words."""
    is_scaled = "AutoScalingSettings" in str(properties)
    return (
        "its auto scaling is not set up: it keeps the capacity that scaling would begin with",
    ) * is_scaled


def _capacity(places: list[dict[str, Any]], mode: str) -> dict[str, Any]:
    """Capacity, or maximums, of the first place that has some, for reads and for writes."""
    if mode == table_properties.ON_DEMAND:
        found = {
            **_first(places, "WriteOnDemandThroughputSettings"),
            **_first(places, "ReadOnDemandThroughputSettings"),
        }
        return {"OnDemandThroughput": found} if found else {}
    units = {}
    for direction in ("Read", "Write"):
        settings = _first(places, f"{direction}ProvisionedThroughputSettings")
        scaled = settings.get(f"{direction}CapacityAutoScalingSettings", {})
        amount = settings.get(
            f"{direction}CapacityUnits", scaled.get("SeedCapacity", scaled.get("MinCapacity"))
        )
        if amount is not None:
            units[f"{direction}CapacityUnits"] = amount
    return {"ProvisionedThroughput": units} if units else {}


def _first(places: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next((place[name] for place in places if place.get(name)), {})
