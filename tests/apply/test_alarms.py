"""Alarms and auto scaling of templates: made, changed, left alone, deleted; and capacity that is scaled."""

from typing import Any

from harness.process import ServerProcess

from .conftest import Apply, table, template

ALARM: dict[str, Any] = {
    "Namespace": "AWS/DynamoDB",
    "MetricName": "ReadThrottleEvents",
    "Dimensions": [{"Name": "TableName", "Value": {"Ref": "T"}}],
    "Statistic": "Sum",
    "Period": "60",
    "EvaluationPeriods": 2,
    "Threshold": "1",
    "ComparisonOperator": "GreaterThanOrEqualToThreshold",
}
PLAIN = {name: value for name, value in ALARM.items() if name not in ("Threshold", "Statistic")}
QUERY = {
    "Id": "sum",
    "Expression": "a + b",
    "Label": "both",
}


def alarm(kind: str = "Alarm", **properties: Any) -> dict[str, Any]:
    return {"Type": f"AWS::CloudWatch::{kind}", "Properties": properties}


def metric(id_: str, name: str) -> dict[str, Any]:
    dimensions = [{"Name": "TableName", "Value": {"Ref": "T"}}]
    of = {"Namespace": "AWS/DynamoDB", "MetricName": name, "Dimensions": dimensions}
    return {"Id": id_, "ReturnData": "false", "MetricStat": {"Metric": of, "Period": "60", "Stat": "p99"}}


def test_alarms(apply: Apply, server: ServerProcess) -> None:
    """Every form of an alarm; a change of one property is one in the plan; what is no longer there goes."""
    cloudwatch = server.client("cloudwatch")
    math = {"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1, "Threshold": 5}
    resources = {
        "T": table("watched"),
        "Topic": {"Type": "AWS::SNS::Topic"},
        "Plain": alarm(**ALARM, AlarmName="watched-plain", AlarmActions=[{"Ref": "Topic"}]),
        "Percentile": alarm(
            **PLAIN,
            Threshold=0.5,
            ExtendedStatistic="p99",
            EvaluateLowSampleCountPercentile="ignore",
            TreatMissingData="breaching",
            DatapointsToAlarm=1,
            Unit="Count",
            Tags=[{"Key": "a", "Value": "b"}],
        ),
        "Math": alarm(
            **math, Metrics=[metric("a", "ReadThrottleEvents"), metric("b", "WriteThrottleEvents"), QUERY]
        ),
        "Both": alarm(
            "CompositeAlarm",
            AlarmName="watched-both",
            AlarmRule={"Fn::Sub": 'ALARM("${Plain}") AND NOT ALARM("${Percentile}")'},
            ActionsEnabled=False,
        ),
    }
    document = template(**resources) | {"Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Both", "Arn"]}}}}
    said = apply(document)
    assert "5 to create, 1 skipped." in said
    assert "Arn = arn:aws:cloudwatch:us-east-1:000000000000:alarm:watched-both" in said
    (plain,) = cloudwatch.describe_alarms(AlarmNames=["watched-plain"])["MetricAlarms"]
    assert (plain["Threshold"], plain["Period"], plain["Dimensions"]) == (
        1.0,
        60,
        [{"Name": "TableName", "Value": "watched"}],
    )
    assert plain["AlarmActions"][0].startswith("arn:aws:sns:us-east-1:000000000000:stack-")
    assert "Nothing to change, 5 unchanged, 1 skipped." in apply(document)

    resources["Plain"]["Properties"]["Threshold"] = 2
    resources["Percentile"]["Properties"]["Tags"] = [{"Key": "a", "Value": "c"}]
    resources.pop("Math")
    resources.pop("Both")
    said = apply(template(**resources), "--allow-delete")
    assert "Threshold: 1.0 -> 2.0" in said
    assert "Tags.a: b -> c" in said
    assert "2 to update, 2 to delete, 1 unchanged, 1 skipped." in said
    names = {
        row["AlarmName"] for row in cloudwatch.describe_alarms(AlarmNamePrefix="watched-")["MetricAlarms"]
    }
    assert names == {"watched-plain"}
    assert "Nothing to change" in apply(template(**resources))


def test_alarms_of_others_are_left_alone(apply: Apply, server: ServerProcess) -> None:
    cloudwatch = server.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="strange", **{**ALARM, "Period": 60, "Threshold": 1.0, "Dimensions": []}
    )
    document = template(T=table("unwatched"), A=alarm(**ALARM, AlarmName="strange"))
    assert "strange is there already" in apply(document, status=1)
    assert "Dimensions: none -> " in apply(document, "--import-existing-resources")


def test_properties_that_make_no_sense(apply: Apply) -> None:
    document = template(T=table("senseless"), A=alarm(**PLAIN | {"Period": "often"}))
    assert "A.Properties.Period: an integer is expected here" in apply(document, status=2)
    document = template(T=table("senseless"), A=alarm(**ALARM | {"Threshold": "nan"}))
    assert "A.Properties.Threshold: a number is expected here" in apply(document, status=2)
    document = template(A=alarm("CompositeAlarm"))
    assert "A.Properties: AlarmRule is missing" in apply(document, status=2)


TARGET: dict[str, Any] = {
    "MinCapacity": 2,
    "MaxCapacity": "10",
    "ResourceId": {"Fn::Sub": "table/${T}"},
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
    "ServiceNamespace": "dynamodb",
    "RoleARN": {"Fn::GetAtt": ["Role", "Arn"]},
}
POLICY: dict[str, Any] = {
    "PolicyName": "reads",
    "PolicyType": "TargetTrackingScaling",
    "ScalingTargetId": {"Ref": "Target"},
    "TargetTrackingScalingPolicyConfiguration": {
        "TargetValue": "70",
        "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
    },
}


def scaling(**changed: Any) -> dict[str, Any]:
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    return template(
        T=table("scaled", BillingMode="PROVISIONED", ProvisionedThroughput=units),
        Role={"Type": "AWS::IAM::Role"},
        Target={
            "Type": "AWS::ApplicationAutoScaling::ScalableTarget",
            "Properties": TARGET | changed,
        },
        Policy={"Type": "AWS::ApplicationAutoScaling::ScalingPolicy", "Properties": POLICY},
    )


def test_auto_scaling(apply: Apply, server: ServerProcess, client: Any) -> None:
    """Capacity within the bounds of its target is not reset; without the bounds it is."""
    target = server.client("application-autoscaling")
    assert "3 to create" in apply(scaling())
    (found,) = target.describe_scaling_policies(ServiceNamespace="dynamodb", ResourceId="table/scaled")[
        "ScalingPolicies"
    ]
    assert found["TargetTrackingScalingPolicyConfiguration"]["TargetValue"] == 70
    assert "Nothing to change" in apply(scaling())
    client.update_table(
        TableName="scaled", ProvisionedThroughput={"ReadCapacityUnits": 9, "WriteCapacityUnits": 5}
    )
    assert "Nothing to change" in apply(scaling())
    nightly = {
        "ScheduledActionName": "night",
        "Schedule": "cron(0 22 * * ? *)",
        "ScalableTargetAction": {"MinCapacity": 1},
    }
    said = apply(scaling(MaxCapacity=8, ScheduledActions=[nightly]))
    assert "MaxCapacity: 10 -> 8" in said
    assert 'ProvisionedThroughput: {"ReadCapacityUnits": 9, "WriteCapacityUnits": 5} ->' in said
    assert "Nothing to change" in apply(scaling(MaxCapacity=8, ScheduledActions=[nightly]))
    units = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5}
    apply(
        template(T=table("scaled", BillingMode="PROVISIONED", ProvisionedThroughput=units)), "--allow-delete"
    )
    assert target.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"] == []
