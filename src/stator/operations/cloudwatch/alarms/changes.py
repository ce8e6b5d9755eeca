"""PutMetricAlarm, PutCompositeAlarm, DeleteAlarms, SetAlarmState, EnableAlarmActions, DisableAlarmActions."""

import json
from typing import Any

from stator.monitoring.alarms.alarms import NoAlarm, Refused
from stator.monitoring.alarms.definition import COMPOSITE_ALARM, METRIC_ALARM
from stator.operations.cloudwatch.alarms import rules
from stator.operations.cloudwatch.alarms.access import NOT_FOUND, VALIDATION, alarms_of
from stator.operations.services import CLOUDWATCH, Reply, ServiceCall, ServiceError, service_operation


@service_operation(CLOUDWATCH, "PutMetricAlarm")
async def put_metric_alarm(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Make an alarm on a metric or on an expression, or give one another definition. Its state stays."""
    rules.enforce(rules.metric_alarm(call.region), request)
    definition = rules.defaults(request)
    if "Metrics" not in definition:
        definition.setdefault("Dimensions", [])
    await _put(call, request, METRIC_ALARM, definition)
    return {}


@service_operation(CLOUDWATCH, "PutCompositeAlarm")
async def put_composite_alarm(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Make an alarm on the states of other alarms, or give one another rule. Its state stays."""
    rules.enforce(rules.composite_alarm(call.region), request)
    await _put(call, request, COMPOSITE_ALARM, rules.defaults(request))
    return {}


async def _put(call: ServiceCall, request: dict[str, Any], kind: str, definition: dict[str, Any]) -> None:
    tags = rules.tags_of(request)
    try:
        await alarms_of(call).put(request["AlarmName"], kind, call.region, definition, tags)
    except Refused as error:
        raise ServiceError(VALIDATION, str(error)) from None


@service_operation(CLOUDWATCH, "DeleteAlarms")
async def delete_alarms(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Delete alarms. Names of which there is none are passed over."""
    try:
        await alarms_of(call).delete(list(dict.fromkeys(request["AlarmNames"])))
    except Refused as error:
        raise ServiceError(VALIDATION, str(error)) from None
    return {}


@service_operation(CLOUDWATCH, "SetAlarmState")
async def set_alarm_state(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Set an alarm's state by hand, until it is evaluated again; its actions are carried out."""
    data = request.get("StateReasonData", "")
    try:
        if data:
            json.loads(data)
    except ValueError:
        raise ServiceError("InvalidFormatFault", "StateReasonData is not valid JSON") from None
    name = request["AlarmName"]
    try:
        await alarms_of(call).set_state(name, request["StateValue"], request["StateReason"], data)
    except NoAlarm:
        raise ServiceError(NOT_FOUND, "Unknown") from None
    return {}


@service_operation(CLOUDWATCH, "EnableAlarmActions")
async def enable_alarm_actions(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Have the actions of alarms carried out."""
    await alarms_of(call).enable(request["AlarmNames"], True)
    return {}


@service_operation(CLOUDWATCH, "DisableAlarmActions")
async def disable_alarm_actions(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Have no actions of alarms carried out."""
    await alarms_of(call).enable(request["AlarmNames"], False)
    return {}
