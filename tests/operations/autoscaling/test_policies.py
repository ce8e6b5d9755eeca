"""Scaling policies: putting, showing and removing them with their alarms, and what is refused."""

import asyncio
import re

import pytest

from operations.autoscaling.scaling import START, TABLE, WRITE, auto_scaling, of, tracking
from stator.monitoring.alarms import store as alarm_store

CUSTOMIZED = {
    "CustomizedMetricSpecification": {
        "MetricName": "depth",
        "Namespace": "queue",
        "Dimensions": [{"Name": "Queue", "Value": "orders"}],
        "Statistic": "Average",
    }
}


def customized(target=10.0, **members):
    configuration = {"TargetValue": target, **CUSTOMIZED, **members}
    return {"TargetTrackingScalingPolicyConfiguration": configuration}


def test_a_policy_is_shown_as_it_was_put_with_alarms_of_aws_names(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 50)
            made = await scaling.put_policy(**tracking(60.0, ScaleInCooldown=30))
            names = [alarm["AlarmName"] for alarm in made["Alarms"]]
            assert [re.sub("-[0-9a-f-]{36}$", "", name) for name in names] == [
                f"TargetTracking-table/{TABLE}-{kind}"
                for kind in ("AlarmHigh", "AlarmLow", "ProvisionedCapacityHigh", "ProvisionedCapacityLow")
            ]
            for alarm in made["Alarms"]:
                assert (
                    alarm["AlarmARN"]
                    == f"arn:aws:cloudwatch:us-east-1:000000000000:alarm:{alarm['AlarmName']}"
                )
            assert re.fullmatch(
                r"arn:aws:autoscaling:us-east-1:000000000000:scalingPolicy:[0-9a-f-]{36}:"
                rf"resource/dynamodb/table/{TABLE}:policyName/p",
                made["PolicyARN"],
            )
            assert await scaling("DescribeScalingPolicies", ServiceNamespace="dynamodb") == {
                "ScalingPolicies": [
                    {
                        **of(),
                        "PolicyName": "p",
                        **tracking(60.0, ScaleInCooldown=30),
                        **made,
                        "CreationTime": START,
                    }
                ]
            }
            again = await scaling.put_policy(**tracking(60.0))
            assert again == made, "a change keeps the names"
            out_only = await scaling.put_policy(**tracking(60.0, DisableScaleIn=True))
            assert len(out_only["Alarms"]) == 3

    asyncio.run(scenario())


def test_the_alarms_are_real_and_follow_the_capacity(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 50)
            await scaling.put_policy(**tracking(70.0))

            def alarms():
                rows = alarm_store.alarms(scaling.database.engine.reader)
                return {row.name.split("-")[2]: row.definition for row in rows}

            high, low = alarms()["AlarmHigh"], alarms()["AlarmLow"]
            assert (high["MetricName"], high["Statistic"], high["Period"], high["EvaluationPeriods"]) == (
                "ConsumedReadCapacityUnits",
                "Sum",
                60,
                2,
            )
            assert high["Threshold"] == pytest.approx(10 * 60 * 0.7)
            assert (low["Threshold"], low["EvaluationPeriods"]) == (10 * 60 * 0.5, 15)
            assert alarms()["ProvisionedCapacityHigh"]["Threshold"] == 10.0
            await scaling.register(20, 50)
            await scaling.pass_minutes(0)
            assert alarms()["AlarmLow"]["Threshold"] == 20 * 60 * 0.5
            await scaling("DeleteScalingPolicy", **of(), PolicyName="p")
            assert alarms() == {}

    asyncio.run(scenario())


def test_a_metric_of_the_customer(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 50)
            made = await scaling.put_policy(**customized())
            assert ["AlarmHigh" in made["Alarms"][0]["AlarmName"], len(made["Alarms"])] == [True, 2]
            [shown] = (await scaling("DescribeScalingPolicies", ServiceNamespace="dynamodb"))[
                "ScalingPolicies"
            ]
            assert shown["TargetTrackingScalingPolicyConfiguration"] == {"TargetValue": 10.0, **CUSTOMIZED}

    asyncio.run(scenario())


def test_names_filter_and_an_absent_one_cannot_be_deleted(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 50)
            await scaling.put_policy()
            await scaling.put_policy(PolicyName="q", **customized())

            async def names(**members):
                reply = await scaling("DescribeScalingPolicies", ServiceNamespace="dynamodb", **members)
                return [row["PolicyName"] for row in reply["ScalingPolicies"]]

            assert await names() == ["p", "q"]
            assert await names(PolicyNames=["q", "absent"]) == ["q"]
            assert await names(ResourceId=f"table/{TABLE}", ScalableDimension=WRITE) == []
            await scaling("DeleteScalingPolicy", **of(), PolicyName="p")
            assert await names() == ["q"]
            shape, _ = await scaling.refused("DeleteScalingPolicy", **of(), PolicyName="p")
            assert shape == "ObjectNotFoundException"
            # Rules of the list as such.
            shape, _ = await scaling.refused(
                "DescribeScalingPolicies", ServiceNamespace="dynamodb", MaxResults=11
            )
            assert shape == "ValidationException"
            shape, _ = await scaling.refused(
                "DescribeScalingPolicies", ServiceNamespace="dynamodb", ScalableDimension=WRITE
            )
            assert shape == "ValidationException"

    asyncio.run(scenario())


STAT = {
    "Id": "m1",
    "MetricStat": {"Metric": {"Namespace": "queue", "MetricName": "depth"}, "Stat": "Sum"},
}


def queried(*queries, **members):
    return customized(CustomizedMetricSpecification={"Metrics": list(queries), **members})


NO_TRACKING = {"TargetTrackingScalingPolicyConfiguration": None}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"PolicyType": "StepScaling"}, "StepScaling is not supported"),
        ({"PolicyType": None}, "StepScaling is not supported"),
        ({"PolicyType": "PredictiveScaling"}, "PredictiveScaling is not supported"),
        (NO_TRACKING, "TargetTrackingScalingPolicyConfiguration must be"),
        (tracking(19.0), "between 20 and 90"),
        (tracking(91.0), "between 20 and 90"),
        (
            tracking(kind="DynamoDBWriteCapacityUtilization"),
            "is not supported for dynamodb:table:ReadCapacityUnits",
        ),
        (
            tracking(kind="ECSServiceAverageCPUUtilization"),
            "is not supported for dynamodb:table:ReadCapacityUnits",
        ),
        (tracking(**CUSTOMIZED), "Exactly one"),
        (tracking(ScaleInCooldown=-1), "ScaleInCooldown"),
        (customized(target=0.0), "greater than 0"),
        (customized(target=1e-300), "too small"),
        (customized(target=1e300), "too large"),
        (customized(CustomizedMetricSpecification={"MetricName": "depth"}), "Namespace must be"),
        (queried({"Id": "a"}), "MetricStat is required"),
        (queried({"Id": "a", "Expression": "1"}, Namespace="queue"), "exclude each other"),
        (queried(STAT, {"Id": "e", "Expression": "m1"}), "Exactly one element"),
        (queried(STAT, {"Id": "m1", "Expression": "1"}), "not unique"),
        (queried({**STAT, "MetricStat": STAT["MetricStat"] | {"Stat": "most"}}), "not a valid statistic"),
        (queried({"Id": "e", "Expression": "SEARCH('{queue}', 'Sum', 60)"}), "SEARCH is not supported"),
        (queried({"Id": "e", "Expression": "1 +"}), "yntax"),
        (queried({"Id": "e", "Expression": "1 + 1"}), "returns a Scalar"),
    ],
)
def test_what_is_refused(tmp_path, changes, words):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 50)
            request = {**of(), "PolicyName": "p", **tracking(), **changes}
            given = {name: value for name, value in request.items() if value is not None}
            shape, message = await scaling.refused("PutScalingPolicy", **given)
            assert shape == "ValidationException"
            assert words in message

    asyncio.run(scenario())


def test_one_policy_for_a_metric(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 50)
            await scaling.put_policy()
            assert await scaling.refused("PutScalingPolicy", **of(), PolicyName="q", **tracking(50.0)) == (
                "ValidationException",
                "Only one TargetTrackingScaling policy for a given metric specification is allowed.",
            )

    asyncio.run(scenario())
