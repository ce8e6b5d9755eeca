"""PutScalingPolicy, DeleteScalingPolicy and DescribeScalingPolicies.

Target tracking is all that there is for DynamoDB, on AWS too.
"""

from collections.abc import Awaitable
from functools import partial
from typing import Any, Final

from msgspec.structs import replace

from stator.monitoring.alarms.definition import arn as alarm_arn
from stator.monitoring.scaling import alarms, store
from stator.monitoring.scaling.records import NAMESPACE, Policy
from stator.operations.autoscaling.capacity import current
from stator.operations.autoscaling.configurations import check_configuration
from stator.operations.autoscaling.pages import describe, of_names
from stator.operations.autoscaling.places import invalid, not_found, place_of, target_of, too_many, words
from stator.operations.services import AUTO_SCALING, Reply, ServiceCall, service_operation
from stator.storage.engine import Transaction

POLICIES_MAX: Final = 50  # "Quotas for Application Auto Scaling": per target
_POLICIES_LISTED: Final = 10  # API reference, MaxResults of DescribeScalingPolicies
_METRICS: Final = ("PredefinedMetricSpecification", "CustomizedMetricSpecification")


@service_operation(AUTO_SCALING, "PutScalingPolicy")
def put_scaling_policy(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Make or change a policy, with its alarms."""
    database, place, name = call.database, place_of(request), request["PolicyName"]
    configuration = check_configuration(place, request)
    new_ids = {kind: database.ids.table_id() for kind in alarms.kinds(configuration)}
    policy_id = database.ids.table_id()

    def body(transaction: Transaction) -> Reply:
        target = target_of(transaction, place)
        others = [each for each in store.POLICIES.of(transaction, place) if each.name != name]
        known = store.POLICIES.get(transaction, place, name)
        _check_room(others, configuration, known)
        now = database.clock.now()
        if known is None:
            known = Policy(place, name, policy_id, call.region, now, now, configuration, {})
        gone = {kind: alarm for kind, alarm in known.alarms.items() if kind not in new_ids}
        alarms.withdraw(transaction, replace(known, alarms=gone), now)
        units = current(database, transaction, place) or target.min
        policy = replace(
            known,
            changed=now,
            configuration=configuration,
            alarms={kind: known.alarms.get(kind, new) for kind, new in new_ids.items()},
            published=units,
        )
        store.POLICIES.put(transaction, policy, name)
        alarms.publish(transaction, policy, units, database.account, now)
        return {
            "PolicyARN": alarms.policy_arn(policy, database.account),
            "Alarms": _shown_alarms(call, policy),
        }

    return database.engine.write(body)


def _check_room(others: list[Policy], configuration: dict[str, Any], known: Policy | None) -> None:
    if known is None and len(others) >= POLICIES_MAX:  # unverified
        raise too_many(f"Maximum number of scaling policies per scalable target: {POLICIES_MAX}")
    if any(_metric(each.configuration) == _metric(configuration) for each in others):
        raise invalid("Only one TargetTrackingScaling policy for a given metric specification is allowed.")


def _metric(configuration: dict[str, Any]) -> list[Any]:
    return [configuration.get(member) for member in _METRICS]


@service_operation(AUTO_SCALING, "DeleteScalingPolicy")
def delete_scaling_policy(call: ServiceCall, request: dict[str, Any]) -> Awaitable[Reply]:
    """Forget a policy and its alarms."""
    place, name = place_of(request), request["PolicyName"]

    def body(transaction: Transaction) -> Reply:
        policy = store.POLICIES.get(transaction, place, name)
        if policy is None:
            raise not_found(f"No scaling policy found for {words(place)}, policy name: {name}")  # unverified
        forget_policy(transaction, policy, call.database.clock.now())
        return {}

    return call.database.engine.write(body)


def forget_policy(transaction: Transaction, policy: Policy, now: float) -> None:
    """Forget a policy and its alarms."""
    alarms.withdraw(transaction, policy, now)
    store.POLICIES.delete(transaction, policy.place, policy.name)


@service_operation(AUTO_SCALING, "DescribeScalingPolicies")
def describe_scaling_policies(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Show policies."""
    return describe(
        call,
        request,
        "ScalingPolicies",
        store.POLICIES,
        partial(_shown, call),
        keeps=of_names(request, "PolicyNames"),
        most=_POLICIES_LISTED,
    )


def _shown(call: ServiceCall, policy: Policy) -> dict[str, Any]:
    return {
        "PolicyARN": alarms.policy_arn(policy, call.database.account),
        "PolicyName": policy.name,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": policy.place.resource,
        "ScalableDimension": policy.place.dimension,
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": policy.configuration,
        "Alarms": _shown_alarms(call, policy),
        "CreationTime": policy.created,
    }


def _shown_alarms(call: ServiceCall, policy: Policy) -> list[dict[str, str]]:
    names = [alarms.name(policy, kind) for kind in policy.alarms]
    return [
        {"AlarmName": name, "AlarmARN": alarm_arn(policy.region, call.database.account, name)}
        for name in names
    ]
