"""RegisterScalableTarget, DeregisterScalableTarget and DescribeScalableTargets.

A target stays when its table is deleted, as it does on AWS, and holds for a table that is made anew.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from stator.monitoring.scaling import store
from stator.monitoring.scaling.records import NAMESPACE, Place, Target
from stator.operations.autoscaling.capacity import bring_within
from stator.operations.autoscaling.pages import describe
from stator.operations.autoscaling.places import check_exists, invalid, place_of, target_of, too_many
from stator.operations.autoscaling.policies import forget_policy
from stator.operations.services import AUTO_SCALING, Reply, ServiceCall, service_operation
from stator.storage.engine import Transaction

TARGETS_MAX: Final = 5_000  # "Quotas for Application Auto Scaling": for DynamoDB
TAGS_MAX: Final = 50
_ROLE: Final = (
    "aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)
_SUSPENDABLE: Final = (
    "DynamicScalingInSuspended",
    "DynamicScalingOutSuspended",
    "ScheduledScalingSuspended",
)


def target_arn(call: ServiceCall, target: Target) -> str:
    """The ARN of a target."""
    return call.arn("application-autoscaling", f"scalable-target/{target.id}")


@service_operation(AUTO_SCALING, "RegisterScalableTarget")
async def register_scalable_target(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Register or change a target, and bring its capacity within its bounds."""
    database, place = call.database, place_of(request)
    new_id = database.ids.table_id().replace("-", "")

    def body(transaction: Transaction) -> Target:
        check_exists(call, transaction, place)
        known = store.TARGETS.get(transaction, place)
        if known is None:
            target = _new(call, transaction, place, new_id, request)
        else:
            target = replace(known, **_bounds(request, known), suspended=_suspended(request, known.suspended))
        _check_bounds(target)
        store.TARGETS.put(transaction, target)
        # A table that is not active keeps its capacity, says the API reference.
        bring_within(database, transaction, target)
        return target

    return {"ScalableTargetARN": target_arn(call, await database.engine.write(body))}


def _new(
    call: ServiceCall, transaction: Transaction, place: Place, new_id: str, request: dict[str, Any]
) -> Target:
    if "MinCapacity" not in request or "MaxCapacity" not in request:  # unverified
        raise invalid("Minimum and maximum capacity must be specified when a scalable target is registered")
    if sum(1 for _ in store.TARGETS.all(transaction)) >= TARGETS_MAX:  # unverified
        raise too_many(f"Maximum number of scalable targets for service namespace {NAMESPACE}: {TARGETS_MAX}")
    tags = request.get("Tags", {})
    if len(tags) > TAGS_MAX:
        raise invalid(f"Number of tags exceeds the limit of {TAGS_MAX}")  # unverified
    return Target(
        place=place,
        id=new_id,
        region=call.region,
        created=call.database.clock.now(),
        min=request["MinCapacity"],
        max=request["MaxCapacity"],
        suspended=_suspended(request, {}),
        tags=tags,
    )


def _bounds(request: dict[str, Any], known: Target) -> dict[str, int]:
    return {"min": request.get("MinCapacity", known.min), "max": request.get("MaxCapacity", known.max)}


def _suspended(request: dict[str, Any], known: dict[str, bool]) -> dict[str, bool]:
    """What is suspended after a change: only what is given changes."""
    given: dict[str, bool] = request.get("SuspendedState", {})
    return known | given


def _check_bounds(target: Target) -> None:
    """Refuse bounds that cannot be (the texts are unverified)."""
    if target.min < 1:
        raise invalid(f"Minimum capacity cannot be less than 1 for service namespace: {NAMESPACE}")
    if target.max < target.min:
        raise invalid("Maximum capacity cannot be less than minimum capacity")


@service_operation(AUTO_SCALING, "DeregisterScalableTarget")
def deregister_scalable_target(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Forget a target with its policies and scheduled actions."""
    database, place = call.database, place_of(request)

    def body(transaction: Transaction) -> Reply:
        target_of(transaction, place)
        for policy in store.POLICIES.of(transaction, place):
            forget_policy(transaction, policy, database.clock.now())
        for action in store.SCHEDULED.of(transaction, place):
            store.SCHEDULED.delete(transaction, place, action.name)
        store.TARGETS.delete(transaction, place)
        return {}

    return database.engine.write(body)


@service_operation(AUTO_SCALING, "DescribeScalableTargets")
def describe_scalable_targets(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Show targets."""
    return describe(call, request, "ScalableTargets", store.TARGETS, partial(_shown, call))


def _shown(call: ServiceCall, target: Target) -> dict[str, Any]:
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": target.place.resource,
        "ScalableDimension": target.place.dimension,
        "MinCapacity": target.min,
        "MaxCapacity": target.max,
        # The role of the service itself; one that a request names is ignored, as AWS ignores it.
        "RoleARN": f"arn:aws:iam::{call.database.account}:role/{_ROLE}",
        "CreationTime": target.created,
        "SuspendedState": {name: target.suspended.get(name, False) for name in _SUSPENDABLE},
        "ScalableTargetARN": target_arn(call, target),
    }
