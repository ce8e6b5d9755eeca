"""What a scaling policy may ask for. The texts of refusals are unverified: none was seen on AWS.

Sources: the API reference of PutScalingPolicy (which kinds of policies DynamoDB has), the developer guide
("Managing throughput capacity automatically": a target between 20 and 90 percent).
"""

from itertools import chain
from typing import Any, Final

from stator.monitoring.scaling.alarms import queries
from stator.monitoring.scaling.records import Place
from stator.operations.autoscaling.places import invalid
from stator.operations.cloudwatch.alarms.rules import expression_problems, query_problems

_TARGET_TRACKING: Final = "TargetTrackingScaling"
_LOWEST_UTILIZATION: Final = 20
_HIGHEST_UTILIZATION: Final = 90
_SMALLEST_TARGET: Final = 2.0**-360  # API reference, TargetValue
_LARGEST_TARGET: Final = 2.0**360
_SINGLE_METRIC: Final = ("MetricName", "Namespace", "Statistic")


def check_configuration(place: Place, request: dict[str, Any]) -> dict[str, Any]:
    """The configuration of a target tracking policy. Raises ServiceError for anything else."""
    kind = request.get("PolicyType", "StepScaling")  # The default is AWS's from before there were others.
    if kind != _TARGET_TRACKING:
        raise invalid(f"Policy type {kind} is not supported for {place.dimension}")
    configuration: dict[str, Any] | None = request.get("TargetTrackingScalingPolicyConfiguration")
    if configuration is None:
        raise invalid(
            "TargetTrackingScalingPolicyConfiguration must be specified for a policy of type "
            f"{_TARGET_TRACKING}"
        )
    predefined = configuration.get("PredefinedMetricSpecification")
    customized = configuration.get("CustomizedMetricSpecification")
    if (predefined is None) == (customized is None):
        raise invalid("Exactly one of predefined and customized metric specification must be specified")
    if predefined is not None:
        _check_predefined(place, predefined, configuration["TargetValue"])
    else:
        _check_customized(customized or {}, configuration["TargetValue"])
    for member in ("ScaleOutCooldown", "ScaleInCooldown"):
        if configuration.get(member, 0) < 0:
            raise invalid(f"{member} must be greater than or equal to 0")
    return configuration


def _check_predefined(place: Place, given: dict[str, Any], target: float) -> None:
    kind = given["PredefinedMetricType"]
    expected = f"DynamoDB{'Read' if place.reads else 'Write'}CapacityUtilization"
    if kind != expected:
        raise invalid(f"Metric type {kind} is not supported for {place.dimension}")
    if not _LOWEST_UTILIZATION <= target <= _HIGHEST_UTILIZATION:
        raise invalid(f"TargetValue must be between {_LOWEST_UTILIZATION} and {_HIGHEST_UTILIZATION}")


def _check_customized(given: dict[str, Any], target: float) -> None:
    if "Metrics" in given:
        _check_queries(given)
    else:
        missing = next((member for member in _SINGLE_METRIC if member not in given), None)
        if missing is not None:
            raise invalid(f"{missing} must be specified in a customized metric specification")
    if not _SMALLEST_TARGET <= target <= _LARGEST_TARGET:
        raise invalid("TargetValue must be greater than 0, and neither too small nor too large")


def _check_queries(given: dict[str, Any]) -> None:
    """Raises ServiceError unless an alarm could watch them: two do (`stator.monitoring.scaling.alarms`)."""
    if any(member in given for member in _SINGLE_METRIC):
        raise invalid("Metrics and a single metric exclude each other in a customized metric specification")
    asked = {"Metrics": queries(given["Metrics"])}
    for problem in chain(query_problems(asked), expression_problems(asked)):
        raise invalid(problem)
