"""What DescribeTimeToLive and UpdateTimeToLive refuse, in AWS's order.

Rules are asked with the table's settled definition; those of an update also with its specification and with
whether AWS's waiting times between changes are kept.
"""

from typing import Any, Final

from stator.model.requests import TimeToLiveSpecification
from stator.operations.dynamodb.rules.rule import CAPTURE_2026, CAPTURE_OLD, IN_USE, Broken, Rule
from stator.tables.definition import NEVER, TableDefinition, table_status

_CHANGING: Final = ("CREATING", "DELETING")


def _not_there(definition: TableDefinition) -> Broken:
    status = table_status(definition)
    return {"status": status} if status in _CHANGING else None


def _status(status: str) -> Any:
    def broken(definition: TableDefinition, wanted: TimeToLiveSpecification, pacing: bool) -> Broken:
        return {"name": definition.name} if table_status(definition) == status else None

    return broken


def _disabled(definition: TableDefinition, wanted: TimeToLiveSpecification, pacing: bool) -> Broken:
    return definition.ttl.attribute is None and not wanted.Enabled


def _other_attribute(definition: TableDefinition, wanted: TimeToLiveSpecification, pacing: bool) -> Broken:
    current = definition.ttl.attribute
    return None if current in (None, wanted.AttributeName) else {"attribute": current}


def _enabled(definition: TableDefinition, wanted: TimeToLiveSpecification, pacing: bool) -> Broken:
    return definition.ttl.attribute is not None and wanted.Enabled


def _just_changed(definition: TableDefinition, wanted: TimeToLiveSpecification, pacing: bool) -> Broken:
    return pacing and definition.ttl.changed_at != NEVER


DESCRIBE_TIME_TO_LIVE: Final = (
    Rule(
        "Cannot describe time to live while table is in {status} state: Current table state is {status}",
        _not_there,
        CAPTURE_OLD,
    ),
)
UPDATE_TIME_TO_LIVE: Final = (
    Rule(
        f"{IN_USE}Table {{name}} is being created", _status("CREATING"), CAPTURE_OLD, "ResourceInUseException"
    ),
    Rule(
        f"{IN_USE}Table {{name}} is being deleted", _status("DELETING"), CAPTURE_OLD, "ResourceInUseException"
    ),
    Rule("TimeToLive is already disabled", _disabled, CAPTURE_2026),
    Rule(
        "TimeToLive is active on a different AttributeName: current AttributeName is {attribute}",
        _other_attribute,
        CAPTURE_2026,
    ),
    Rule("TimeToLive is already enabled", _enabled, CAPTURE_2026),
    Rule("Time to live has been modified multiple times within a fixed interval", _just_changed, CAPTURE_OLD),
)
