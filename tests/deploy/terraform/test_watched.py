"""Alarms and auto scaling, every field: created, changed, imported and destroyed, with empty plans."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.process import ServerProcess
from harness.terraform import Summary, Terraform

from .conftest import ROOTS

TABLE = "dynamodb/table/watched-scaled"
NAMES = {
    "aws_cloudwatch_metric_alarm.whole": "watched-whole",
    "aws_cloudwatch_metric_alarm.percentile": "watched-percentile",
    "aws_cloudwatch_metric_alarm.math": "watched-math",
    "aws_cloudwatch_composite_alarm.either": "watched-either",
    "aws_dynamodb_table.scaled": "watched-scaled",
    'aws_appautoscaling_target.scaled["table"]': f"{TABLE}/dynamodb:table:ReadCapacityUnits",
    'aws_appautoscaling_target.scaled["index"]': f"{TABLE}/index/by-id/dynamodb:index:WriteCapacityUnits",
    'aws_appautoscaling_policy.scaled["table"]': f"{TABLE}/dynamodb:table:ReadCapacityUnits/watched-table",
    'aws_appautoscaling_policy.scaled["index"]': (
        f"{TABLE}/index/by-id/dynamodb:index:WriteCapacityUnits/watched-index"
    ),
}
# The provider cannot import a scheduled action.
RESOURCES = len(NAMES) + 1


def topics(*names: str) -> list[str]:
    return [f"arn:aws:sns:us-east-1:000000000000:{name}" for name in names]


BEFORE = {
    "AlarmDescription": "before",
    "ActionsEnabled": False,
    "AlarmActions": topics("one", "two"),
    "OKActions": [],
    "InsufficientDataActions": topics("one"),
    "ComparisonOperator": "GreaterThanThreshold",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 0,
    "MetricName": "WriteThrottleEvents",
    "Period": 60,
    "Statistic": "Sum",
    "Unit": "Count",
    "TreatMissingData": "notBreaching",
    "Dimensions": [{"Name": "TableName", "Value": "watched-scaled"}],
    "Tags": {"kept": "same", "old": "x"},
}
AFTER = {
    "AlarmDescription": 'after, "<&>" and é',
    "ActionsEnabled": True,
    "AlarmActions": topics("one"),
    "OKActions": topics("two"),
    "InsufficientDataActions": [],
    "ComparisonOperator": "LessThanOrEqualToThreshold",
    "EvaluationPeriods": 5,
    "DatapointsToAlarm": 4,
    "Threshold": 12.5,
    "MetricName": "ReadThrottleEvents",
    "Period": 300,
    "Statistic": "Average",
    "Unit": None,
    "TreatMissingData": "breaching",
    "Dimensions": [],
    "Tags": {"kept": "same", "new": "y"},
}


def whole_alarm(server: ServerProcess) -> dict[str, Any]:
    """The alarm with every field, as another client sees it."""
    client = server.client("cloudwatch")
    (alarm,) = client.describe_alarms(AlarmNames=["watched-whole"])["MetricAlarms"]
    tags = client.list_tags_for_resource(ResourceARN=alarm["AlarmArn"])["Tags"]
    return {field: alarm.get(field) for field in BEFORE} | {
        "Tags": {tag["Key"]: tag["Value"] for tag in tags}
    }


def scaling(server: ServerProcess) -> list[Any]:
    """Bounds and goals of what is scaled, index first."""
    client = server.client("application-autoscaling")
    targets = client.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    policies = client.describe_scaling_policies(ServiceNamespace="dynamodb")["ScalingPolicies"]
    (action,) = client.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    return [
        sorted((target["MinCapacity"], target["MaxCapacity"]) for target in targets),
        sorted(policy["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] for policy in policies),
        action["Schedule"],
    ]


def test_every_field(stator: ServerProcess, tmp_path: Path, terraform: Callable[..., Terraform]) -> None:
    root = shutil.copytree(ROOTS / "watched", tmp_path / "watched")
    tool = terraform(root)
    assert tool.apply(changed=False) == Summary(added=RESOURCES)
    assert whole_alarm(stator) == BEFORE
    assert scaling(stator) == [[(5, 50), (5, 50)], [70, 70], "cron(0 8 * * ? *)"]
    # The table is as it was, and the provider makes the composite alarm anew to switch its actions.
    assert tool.apply(changed=True) == Summary(added=1, changed=RESOURCES - 2, destroyed=1)
    assert whole_alarm(stator) == AFTER
    assert scaling(stator) == [[(3, 80), (3, 80)], [50, 50], "cron(30 7 * * ? *)"]
    tool.forget_and_import(NAMES)
    assert tool.apply(changed=True) == Summary(imported=len(NAMES), added=1)
    assert tool.destroy(changed=True) == Summary(destroyed=RESOURCES)
    found = stator.client("cloudwatch").describe_alarms(AlarmNamePrefix="watched-")
    assert (found["MetricAlarms"], found.get("CompositeAlarms", [])) == ([], [])
