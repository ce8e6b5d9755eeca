"""DescribeTimeToLive and UpdateTimeToLive: the setting of a table's TTL attribute."""

from collections.abc import Awaitable
from typing import Any

from msgspec.structs import replace

from stator.base.errors import ApiError, validation
from stator.model.requests import DescribeTimeToLiveInput, UpdateTimeToLiveInput
from stator.operations.dynamodb.naming import control_table, table_name
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Transaction
from stator.tables.definition import TimeToLive


@operation("DescribeTimeToLive", access="control")
def describe_time_to_live(call: Call, request: DescribeTimeToLiveInput) -> Reply:
    """Show a table's TTL attribute."""
    name = table_name(call, request.TableName)
    table = control_table(call, call.database.engine.reader, name)
    if table.status in ("CREATING", "DELETING"):
        raise validation(
            f"Cannot describe time to live while table is in {table.status} state: "
            f"Current table state is {table.status}"
        )
    setting = table.definition.ttl
    changing = call.database.clock.now() < setting.changed_at + call.database.lifecycle_delay
    if setting.attribute is None:
        status: dict[str, Any] = {"TimeToLiveStatus": "DISABLING" if changing else "DISABLED"}
    else:
        status = {
            "TimeToLiveStatus": "ENABLING" if changing else "ENABLED",
            "AttributeName": setting.attribute,
        }
    return {"TimeToLiveDescription": status}


@operation("UpdateTimeToLive", access="control")
def update_time_to_live(call: Call, request: UpdateTimeToLiveInput) -> Awaitable[Reply]:
    """Set or clear a table's TTL attribute."""
    name = table_name(call, request.TableName)
    wanted = request.TimeToLiveSpecification

    def body(transaction: Transaction) -> Reply:
        table = control_table(call, transaction, name)
        if table.status in ("CREATING", "DELETING"):
            doing = "created" if table.status == "CREATING" else "deleted"
            raise ApiError(
                "ResourceInUseException",
                f"Attempt to change a resource which is still in use: Table {name} is being {doing}",
            )
        _check_change(table.definition.ttl.attribute, wanted.AttributeName, enable=wanted.Enabled)
        setting = TimeToLive(wanted.AttributeName if wanted.Enabled else None, call.database.clock.now())
        following = table.definition.next and replace(table.definition.next, ttl=setting)
        definition = replace(table.definition, ttl=setting, next=following)
        call.database.catalog.save(transaction, definition)
        return {"TimeToLiveSpecification": {"AttributeName": wanted.AttributeName, "Enabled": wanted.Enabled}}

    return call.database.engine.write(body)


def _check_change(current: str | None, wanted: str, *, enable: bool) -> None:
    if current is None and not enable:
        raise validation("TimeToLive is already disabled")
    if current is not None and current != wanted:
        raise validation(
            f"TimeToLive is active on a different AttributeName: current AttributeName is {current}"
        )
    if current is not None and enable:
        raise validation("TimeToLive is already enabled")
