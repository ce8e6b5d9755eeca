"""Rules of settings that CreateTable and UpdateTable share: table class, encryption, on-demand maximums."""

from typing import Any, Final

from stator.model.requests import SSESpecification
from stator.operations.dynamodb.rules import INVALID

_TABLE_CLASSES: Final = ("STANDARD", "STANDARD_INFREQUENT_ACCESS")


def table_class(given: str | None) -> str | None:
    """A table class is one of two."""
    if given is None or given in _TABLE_CLASSES:
        return None
    return (
        "Invalid table-class parameter provided. "
        f"Please try again with a valid table-class value: [{', '.join(_TABLE_CLASSES)}]."
    )


def encryption(given: SSESpecification | None) -> str | None:
    """Encryption is with the owner's key (not Enabled) or with KMS."""
    if given is None:
        return None
    if not given.Enabled and given.SSEType is not None:
        return f"{INVALID}SSEType can not be specified if Enabled is false"
    if not given.Enabled and given.KMSMasterKeyId is not None:
        return f"{INVALID}KMSMasterKeyId can not be specified if Enabled is false"
    if given.SSEType == "AES256":
        return f"{INVALID}SSEType AES256 is not supported"
    if given.KMSMasterKeyId is not None and given.SSEType is None:
        return f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified"
    return None


def on_demand_range(subject: str, given: Any, *, on_demand: bool, removable: bool) -> str | None:
    """On-demand maximums are for on-demand tables, and positive; -1 removes one where there may be one.

    `subject` is `table` or `index : name`, as AWS's texts have it.
    """
    if given is None:
        return None
    for member in ("MaxReadRequestUnits", "MaxWriteRequestUnits"):
        units = getattr(given, member)
        if units is None:
            continue
        if not on_demand:
            place = "" if subject == "table" else f" for {subject}"
            return (
                f"{INVALID}{member} for OnDemandThroughput cannot be specified{place} "
                "when the table BillingMode is PROVISIONED"
            )
        if units < 1 and not (removable and units == -1):
            return (
                f"{INVALID}Requested {member} for OnDemandThroughput for {subject} is outside of valid range"
            )
    return None
