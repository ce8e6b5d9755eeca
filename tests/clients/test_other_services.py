"""CloudWatch and its like, by boto3 in each protocol and by the AWS CLI."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.programs import Terminal
from harness.services import PROTOCOLS, service_client

ROOT = "arn:aws:iam::000000000000:root"


@pytest.fixture(params=PROTOCOLS)
def cloudwatch(server: ServerProcess, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A client of CloudWatch, in each of its protocols."""
    client = service_client(server.url, "cloudwatch", request.param)
    yield client
    client.close()


def test_metrics_in_each_protocol(cloudwatch: Any, name: str) -> None:
    now = time.time() // 60 * 60
    dimensions = [{"Name": "name", "Value": "<&>"}]
    # Long enough to be compressed.
    cloudwatch.put_metric_data(
        Namespace=name,
        MetricData=[
            {"MetricName": f"m{i % 2}", "Dimensions": dimensions, "Value": i / 2, "Timestamp": now}
            for i in range(300)
        ],
    )
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=name)
    found = [metric for page in pages for metric in page["Metrics"]]
    assert sorted(metric["MetricName"] for metric in found) == ["m0", "m1"]
    assert {metric["Namespace"] for metric in found} == {name}
    assert found[0]["Dimensions"] == dimensions
    asked = {"Namespace": name, "MetricName": "m0", "Dimensions": dimensions}
    (point,) = cloudwatch.get_metric_statistics(
        **asked, StartTime=now, EndTime=now + 60, Period=60, Statistics=["Sum", "SampleCount"]
    )["Datapoints"]
    moment = datetime.fromtimestamp(now, UTC)
    assert point == {"Timestamp": moment, "Sum": 11175.0, "SampleCount": 150.0, "Unit": "None"}
    query = {"Id": "a", "MetricStat": {"Metric": asked, "Period": 60, "Stat": "Maximum"}}
    (result,) = cloudwatch.get_metric_data(MetricDataQueries=[query], StartTime=now, EndTime=now + 60)[
        "MetricDataResults"
    ]
    assert (result["Values"], result["Timestamps"], result["Label"]) == ([149.0], [moment], "m0")


def test_alarms_in_each_protocol(cloudwatch: Any, name: str) -> None:
    alarm: dict[str, Any] = {
        "AlarmName": name,
        "AlarmDescription": "<&> é",
        "ActionsEnabled": False,
        "AlarmActions": [],
        "Namespace": name,
        "MetricName": "m",
        "Dimensions": [{"Name": "TableName", "Value": "t"}],
        "Statistic": "Sum",
        "Period": 60,
        "EvaluationPeriods": 2,
        "DatapointsToAlarm": 1,
        "Threshold": 0.5,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "ignore",
    }
    cloudwatch.put_metric_alarm(**alarm, Tags=[{"Key": "a", "Value": ""}])
    (found,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
    assert {key: found[key] for key in alarm} == alarm
    assert isinstance(found["StateUpdatedTimestamp"], datetime)
    arn = found["AlarmArn"]
    assert cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"] == [{"Key": "a", "Value": ""}]
    cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason="because")
    history = cloudwatch.describe_alarm_history(AlarmName=name, HistoryItemType="StateUpdate")
    assert "to ALARM" in history["AlarmHistoryItems"][0]["HistorySummary"]
    cloudwatch.delete_alarms(AlarmNames=[name])
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"] == []


def test_errors_in_each_protocol(cloudwatch: Any) -> None:
    with pytest.raises(cloudwatch.exceptions.ResourceNotFound) as raised:
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="OK", StateReason="because")
    assert raised.value.response["Error"]["Code"] == "ResourceNotFound"
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 404
    with pytest.raises(cloudwatch.exceptions.ClientError) as raised:
        cloudwatch.set_alarm_state(AlarmName="none", StateValue="No", StateReason="because")
    error = raised.value.response["Error"]
    assert (error["Code"], error["Message"]) == (
        "ValidationError",
        "1 validation error detected: Value 'No' at 'stateValue' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]",
    )


def test_the_cli(terminal: Terminal, name: str) -> None:
    script = """
    set -e
    aws sts get-caller-identity
    aws kms describe-key --key-id alias/aws/dynamodb --query KeyMetadata.KeyState
    aws cloudwatch put-metric-data --namespace "$NAME" --metric-name m --value 2 --dimensions a=b
    aws cloudwatch list-metrics --namespace "$NAME"
    aws application-autoscaling describe-scalable-targets --service-namespace dynamodb --resource-ids "$NAME"
    """
    done = terminal.run("sh", "-c", script, variables={"NAME": name})
    caller, state, listed, targets = done.jsons
    assert (caller["Arn"], state) == (ROOT, "Enabled")
    (metric,) = listed["Metrics"]
    assert metric == {"Namespace": name, "MetricName": "m", "Dimensions": [{"Name": "a", "Value": "b"}]}
    assert targets == {"ScalableTargets": []}
