"""DescribeScalingActivities.

What was not scaled, and why, is not kept: IncludeNotScaledActivities shows no more than there is without.
"""

from collections.abc import Iterator
from typing import Any, Final

from stator.monitoring.scaling import store
from stator.monitoring.scaling.records import NAMESPACE, Activity
from stator.operations.autoscaling.pages import page, wanted
from stator.operations.services import AUTO_SCALING, Reply, ServiceCall, service_operation
from stator.storage.engine import Reader

_SUCCESSFUL: Final = "Successful"
_IN_PROGRESS: Final = "InProgress"
_FAILED: Final = "Failed"


@service_operation(AUTO_SCALING, "DescribeScalingActivities")
def describe_scaling_activities(call: ServiceCall, request: dict[str, Any]) -> Reply:
    """Show what was scaled in the last six weeks, newest first."""
    now = call.database.clock.now()

    def rows(reader: Reader, before: bytes) -> Iterator[tuple[bytes, Activity]]:
        for key, activity in store.activities(reader, before or None):
            if activity.started < now - store.ACTIVITIES_KEPT_SECONDS:
                return
            yield key, activity

    def body(reader: Reader) -> Reply:
        return page(
            request,
            "ScalingActivities",
            store.ACTIVITIES,
            lambda before: wanted(request, rows(reader, before)),
            lambda activity: shown(activity, now),
        )

    return call.database.engine.read(body)


def shown(activity: Activity, now: float) -> dict[str, Any]:
    """An activity as it is at a moment."""
    status, message = _status(activity, now)
    ended = {} if activity.until is None or now < activity.until else {"EndTime": activity.until}
    return {
        "ActivityId": activity.id,
        "ServiceNamespace": NAMESPACE,
        "ResourceId": activity.place.resource,
        "ScalableDimension": activity.place.dimension,
        "Description": f"Setting {activity.change}",
        "Cause": activity.cause,
        "StartTime": activity.started,
        **ended,
        "StatusCode": status,
        "StatusMessage": message,
    }


def _status(activity: Activity, now: float) -> tuple[str, str]:
    if activity.failure is not None:
        return _FAILED, f"Failed to set {activity.change} Reason: {activity.failure}"
    done = f"Successfully set {activity.change}"
    if activity.until is None:
        return _SUCCESSFUL, done
    if now < activity.until:
        return _IN_PROGRESS, f"{done} Waiting for change to be fulfilled by {NAMESPACE}."
    return _SUCCESSFUL, f"{done} Change successfully fulfilled by {NAMESPACE}."
