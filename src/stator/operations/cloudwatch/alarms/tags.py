"""TagResource, UntagResource and ListTagsForResource: the tags of alarms, by ARN."""

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from stator.monitoring.alarms import store
from stator.monitoring.alarms.alarms import NoAlarm, Refused
from stator.operations.cloudwatch.alarms import rules
from stator.operations.cloudwatch.alarms.access import VALUE, alarms_of
from stator.operations.services import CLOUDWATCH, Reply, ServiceCall, ServiceError, service_operation

Tags = dict[str, str]

_ALARM: Final = re.compile(r"arn:[^:]+:cloudwatch:[^:]*:(?P<account>[^:]*):alarm:(?P<name>.+)", re.DOTALL)


@service_operation(CLOUDWATCH, "TagResource")
async def tag_resource(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Add tags to an alarm, or change them."""
    rules.enforce([rules.Rule(VALUE, rules.tag_problems)], request)
    added = rules.tags_of(request)
    return await _change(call, request, lambda tags: {**tags, **added})


@service_operation(CLOUDWATCH, "UntagResource")
async def untag_resource(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Remove tags from an alarm."""
    gone = set(request["TagKeys"])
    return await _change(call, request, lambda tags: {key: tags[key] for key in tags if key not in gone})


@service_operation(CLOUDWATCH, "ListTagsForResource")
def list_tags_for_resource(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """The tags of an alarm."""
    row = store.load(alarms_of(call).reader, _tagged(call, request["ResourceARN"]))
    if row is None:
        raise _absent(request["ResourceARN"])
    return {"Tags": [{"Key": key, "Value": value} for key, value in row.tags.items()]}


async def _change(
    call: ServiceCall, request: dict[str, Any], change: Callable[[Mapping[str, str]], Tags]
) -> Reply:
    try:
        await alarms_of(call).tag(_tagged(call, request["ResourceARN"]), change)
    except NoAlarm:
        raise _absent(request["ResourceARN"]) from None
    except Refused as error:
        raise ServiceError(VALUE, str(error)) from None
    return {}


def _tagged(call: ServiceCall, arn: str) -> str:
    """The name of the alarm that an ARN is of. Raises ServiceError."""
    match = _ALARM.fullmatch(arn)
    if match is None:
        raise ServiceError(
            VALUE, f"The value {arn} for parameter ResourceARN is invalid: only alarms have tags."
        )
    if match["account"] != call.database.account:
        raise _absent(arn)
    return match["name"]


def _absent(arn: str) -> ServiceError:
    return ServiceError("ResourceNotFoundException", f"{arn} does not exist")
