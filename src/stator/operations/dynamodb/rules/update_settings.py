"""What UpdateTable refuses of settings by the table as it is, in AWS's order.

Rules are asked with (change,).
"""

from collections.abc import Sequence
from typing import Any, Final

from stator.operations.dynamodb.rules.change import Change
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    CAPTURE_OLD,
    INVALID,
    UNVERIFIED,
    Broken,
    Rule,
    moment,
)
from stator.tables.definition import warm_throughput

_SUBSCRIBER: Final = "Subscriber limit exceeded: "
_LIMIT: Final = "LimitExceededException"
_DAY_SECONDS: Final = 86_400


def _within(times: Sequence[float], seconds: float, now: float) -> list[float]:
    return [time for time in times if time > now - seconds]


# Encryption.

_FREE_ENCRYPTION_CHANGES: Final = 4
_ENCRYPTION_PAUSE_SECONDS: Final = 21_600


def _encrypted_by_default(change: Change) -> Broken:
    given = change.request.SSESpecification
    return given is not None and not given.Enabled and change.definition.encryption is None


def _encrypted_with_that_key(change: Change) -> Broken:
    given, current = change.request.SSESpecification, change.definition.encryption
    return given is not None and current is not None and given.Enabled and given.KMSMasterKeyId == current.key


def _too_many_encryption_changes(change: Change) -> Broken:
    today = _within(change.definition.encryption_changes, _DAY_SECONDS, change.now)
    if not change.pacing or change.request.SSESpecification is None or len(today) < _FREE_ENCRYPTION_CHANGES:
        return None
    following = today[-1] + _ENCRYPTION_PAUSE_SECONDS
    if change.now >= following:
        return None
    return {
        "end": moment(change.now),
        "count": len(today),
        "last": moment(today[-1]),
        "next": moment(following),
    }


# Warm throughput, of the table and of indexes.


def _less_warm(change: Change) -> Broken:
    subjects: list[tuple[str, Any, Any]] = [("table", change.definition, change.request.WarmThroughput)]
    for update in change.updated:
        subjects.append(
            (f"index : {update.IndexName}", change.index(update.IndexName), update.WarmThroughput)
        )
    for place, subject, given in subjects:
        if given is None:
            continue
        for member, current in warm_throughput(subject).items():
            units = getattr(given, member)
            if units is not None and units < current:
                return {"member": member, "place": place}
    return None


# Table class and deletion protection.

_TABLE_CLASS_CHANGES_MAX: Final = 2
_TABLE_CLASS_DAYS: Final = 30
_PROTECTION_PAUSE_SECONDS: Final = 15


def _too_many_class_changes(change: Change) -> Broken:
    recent = _within(change.definition.table_class_changes, _TABLE_CLASS_DAYS * _DAY_SECONDS, change.now)
    is_asked = change.pacing and change.request.TableClass is not None
    return is_asked and len(recent) >= _TABLE_CLASS_CHANGES_MAX


def _protection_just_changed(change: Change) -> Broken:
    until = change.definition.deletion_protection_changed_at + _PROTECTION_PAUSE_SECONDS
    if not change.pacing or change.request.DeletionProtectionEnabled is None or change.now >= until:
        return None
    return {"name": change.definition.name, "until": moment(until)}


SETTINGS: Final = (
    Rule(f"{INVALID}Table is already encrypted by default", _encrypted_by_default, CAPTURE_2026),
    Rule(
        f"{INVALID}Table is already encrypted with given KMSMasterKeyId. "
        "Use KMSMasterKeyId parameter if you want to change Master Key",
        _encrypted_with_that_key,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Requested {{member}} for WarmThroughput for {{place}} is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported",
        _less_warm,
        CAPTURE_2026,
    ),
    Rule(
        f"{_SUBSCRIBER}Updates to TableClass are limited to {_TABLE_CLASS_CHANGES_MAX} times "
        f"in {_TABLE_CLASS_DAYS} day(s).",
        _too_many_class_changes,
        CAPTURE_OLD,
        _LIMIT,
    ),
    Rule(
        f"{_SUBSCRIBER}Encryption mode changes are limited in the 24h window ending at {{end}}. "
        "After the first 4 change, each subsequent change in the same window can be performed "
        "at most once every 21600 seconds. Number of updates today: {count}. Last change at {last}. "
        "Next changes can be made at {next}.",
        _too_many_encryption_changes,
        UNVERIFIED,
        _LIMIT,
    ),
    Rule(
        "Deletion protection setting for table {name} modified within the previous 15000 milliseconds. "
        "Please try again after {until}",
        _protection_just_changed,
        CAPTURE_2026,
        "ThrottlingException",
    ),
)
