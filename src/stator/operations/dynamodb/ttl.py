"""DescribeTimeToLive and UpdateTimeToLive: the setting of a table's TTL attribute."""

from collections.abc import Awaitable
from typing import Any

from stator.model.requests import DescribeTimeToLiveInput, UpdateTimeToLiveInput
from stator.operations.dynamodb.background import then_work
from stator.operations.dynamodb.naming import control_table, table_name
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.dynamodb.rules.time_to_live import DESCRIBE_TIME_TO_LIVE, UPDATE_TIME_TO_LIVE
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Transaction
from stator.tables import time_to_live
from stator.tables.definition import NEVER, TimeToLive


@operation("DescribeTimeToLive", access="control", from_snapshot=True)
def describe_time_to_live(call: Call, request: DescribeTimeToLiveInput) -> Reply:
    """Show a table's TTL attribute."""
    name = table_name(call, request.TableName)
    definition = control_table(call, call.database.engine.reader, name).definition
    enforce(DESCRIBE_TIME_TO_LIVE, definition)
    return {"TimeToLiveDescription": _described(definition.ttl)}


def _described(setting: TimeToLive) -> dict[str, Any]:
    changing = setting.changed_at != NEVER
    if setting.attribute is not None:
        status = "ENABLING" if changing else "ENABLED"
        return {"TimeToLiveStatus": status, "AttributeName": setting.attribute}
    if changing:
        return {"TimeToLiveStatus": "DISABLING", "AttributeName": setting.disabled}
    return {"TimeToLiveStatus": "DISABLED"}


@operation("UpdateTimeToLive", access="control")
def update_time_to_live(call: Call, request: UpdateTimeToLiveInput) -> Awaitable[Reply]:
    """Set or clear a table's TTL attribute."""
    database = call.database
    name = table_name(call, request.TableName)
    wanted = request.TimeToLiveSpecification

    def body(transaction: Transaction) -> Reply:
        definition = control_table(call, transaction, name).definition
        enforce(UPDATE_TIME_TO_LIVE, definition, wanted, database.lifecycle_delay > 0)
        delay = database.lifecycle_delay
        changed_at = database.clock.now() + delay if delay else NEVER
        if wanted.Enabled:
            attribute = wanted.AttributeName
            time_to_live.enable(transaction, database.catalog, definition, attribute, changed_at)
        else:
            time_to_live.disable(transaction, database.catalog, definition, changed_at)
        return {"TimeToLiveSpecification": {"AttributeName": wanted.AttributeName, "Enabled": wanted.Enabled}}

    return then_work(call, database.engine.write(body))
