"""Rules of capacity and settings that CreateTable and UpdateTable share."""

from typing import Any, Final

from stator.base.limits import TABLE_CAPACITY_UNITS_MAX
from stator.model.requests import SSESpecification
from stator.operations.dynamodb.rules.rule import CAPTURE_2026, CAPTURE_OLD, INVALID, Broken, Rule

CAPACITY_UNITS: Final = ("ReadCapacityUnits", "WriteCapacityUnits")
_UNITS_MAX: Final = 1_000_000_000_000
_TABLE_CLASSES: Final = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


def _more_than(given: Any, limit: int) -> Broken:
    """The first capacity above a limit, of a ProvisionedThroughput or None."""
    for member in CAPACITY_UNITS:
        units = getattr(given, member, 0)
        if units > limit:
            return {"units": units, "member": member}
    return None


# Asked with (throughput,).
IN_BOUNDS: Final = (
    Rule(
        "Given value {units} for {member} is out of bounds",
        lambda given: _more_than(given, _UNITS_MAX),
        CAPTURE_OLD,
    ),
)


def _above_table_maximum(given: Any, region: str) -> Broken:
    broken = _more_than(given, TABLE_CAPACITY_UNITS_MAX)
    return {**broken, "region": region} if isinstance(broken, dict) else None


# Asked with (throughput, region).
TABLE_MAXIMUM: Final = (
    Rule(
        "The requested {member}, {units}, is above the per table maximum for the account in {region}. "
        f"Per table maximum: {TABLE_CAPACITY_UNITS_MAX}. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        _above_table_maximum,
        CAPTURE_OLD,
        "LimitExceededException",
    ),
)

# Asked with (table class,).
TABLE_CLASS: Final = (
    Rule(
        "Invalid table-class parameter provided. "
        f"Please try again with a valid table-class value: [{', '.join(_TABLE_CLASSES)}].",
        lambda given: given is not None and given not in _TABLE_CLASSES,
        CAPTURE_2026,
    ),
)


def _disabled(given: SSESpecification | None) -> bool:
    return given is not None and not given.Enabled


# Encryption is with the service's own key (not Enabled) or with KMS. Asked with (specification,).
ENCRYPTION: Final = (
    Rule(
        f"{INVALID}SSEType can not be specified if Enabled is false",
        lambda given: _disabled(given) and given.SSEType is not None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}KMSMasterKeyId can not be specified if Enabled is false",
        lambda given: _disabled(given) and given.KMSMasterKeyId is not None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
        lambda given: given is not None and given.KMSMasterKeyId is not None and given.SSEType is None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}SSEType AES256 is not supported",
        lambda given: given is not None and given.SSEType == "AES256",
        CAPTURE_2026,
    ),
)

_REMOVES: Final = -1


def _maximums(given: Any) -> dict[str, int]:
    members = ("MaxReadRequestUnits", "MaxWriteRequestUnits")
    return {name: units for name in members if (units := getattr(given, name, None)) is not None}


def _needless_maximum(given: Any, index: str | None, on_demand: bool, removable: bool) -> Broken:
    member = next(iter(_maximums(given)), None)
    if on_demand or member is None:
        return None
    return {"member": member, "place": "" if index is None else f" for index : {index}"}


def _maximum_out_of_range(given: Any, index: str | None, on_demand: bool, removable: bool) -> Broken:
    for member, units in _maximums(given).items():
        if units < 1 and not (removable and units == _REMOVES):
            return {"member": member, "place": "table" if index is None else f"index : {index}"}
    return None


# On-demand maximums are for on-demand tables, and positive; -1 removes one where there may be one.
# Asked with (on-demand throughput, name of the index or None, on demand, removable).
ON_DEMAND: Final = (
    Rule(
        f"{INVALID}{{member}} for OnDemandThroughput cannot be specified{{place}} "
        "when the table BillingMode is PROVISIONED",
        _needless_maximum,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Requested {{member}} for OnDemandThroughput for {{place}} is outside of valid range",
        _maximum_out_of_range,
        CAPTURE_2026,
    ),
)
