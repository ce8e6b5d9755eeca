"""Auto scaling of a real server, by what clients of DynamoDB consume: up under load, and down when idle."""

from collections.abc import Callable
from typing import Any

import pytest

from harness.process import ServerProcess, eventually
from harness.services import service_client

NOON = 1_800_000_000.0  # the start of a minute
MINUTE = 60
READS = {
    "ServiceNamespace": "dynamodb",
    "ResourceId": "table/orders",
    "ScalableDimension": "dynamodb:table:ReadCapacityUnits",
}
LARGE = {"id": {"S": "1"}, "filler": {"S": "x" * 399_000}}  # 98 units of a strongly consistent read


@pytest.fixture
def running(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    server = start_server(clock=NOON, workers=2)
    dynamodb = server.client()
    dynamodb.create_table(
        TableName="orders",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        ProvisionedThroughput={"ReadCapacityUnits": 10, "WriteCapacityUnits": 7},
    )
    dynamodb.put_item(TableName="orders", Item=LARGE)
    return server


def scaling_client(server: ServerProcess) -> Any:
    return service_client(server.url, "application-autoscaling")


def becomes(server: ServerProcess, read: int) -> None:
    """Wait until so many read units are provisioned; writes are left alone."""
    client = server.client()
    for _ in eventually():
        throughput = client.describe_table(TableName="orders")["Table"]["ProvisionedThroughput"]
        if throughput["ReadCapacityUnits"] == read:
            break
    assert throughput["WriteCapacityUnits"] == 7


def put_policy(scaling: Any) -> list[str]:
    """A target of 50 % for reads; the names of its alarms."""
    scaling.register_scalable_target(**READS, MinCapacity=2, MaxCapacity=100)
    made = scaling.put_scaling_policy(
        **READS,
        PolicyName="reads",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 50.0,
            "PredefinedMetricSpecification": {"PredefinedMetricType": "DynamoDBReadCapacityUtilization"},
        },
    )
    return [alarm["AlarmName"] for alarm in made["Alarms"]]


def test_up_under_load_and_down_when_idle(running: ServerProcess) -> None:
    scaling = scaling_client(running)
    high, low, *_ = put_policy(scaling)
    dynamodb = running.client()
    for _ in range(2):
        for _ in range(10):  # 980 units in the minute: 16.3 a second, and half of 33 are not enough for that
            dynamodb.get_item(TableName="orders", Key={"id": {"S": "1"}}, ConsistentRead=True)
        running.clock.advance(MINUTE)
    becomes(running, 33)
    running.restart()
    scaling = scaling_client(running)
    running.clock.advance(20 * MINUTE)
    becomes(running, 2)
    found = scaling.describe_scaling_activities(ServiceNamespace="dynamodb")["ScalingActivities"]
    assert [(each["Description"], each["StatusCode"], each["Cause"]) for each in found] == [
        (
            "Setting read capacity units to 2.",
            "Successful",
            f"monitor alarm {low} in state ALARM triggered policy reads",
        ),
        (
            "Setting read capacity units to 33.",
            "Successful",
            f"monitor alarm {high} in state ALARM triggered policy reads",
        ),
    ]
    assert running.stop() == 0
    checked = running.command("check", str(running.data))
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_scheduled_actions_and_errors_over_the_wire(running: ServerProcess) -> None:
    scaling = scaling_client(running)
    put_policy(scaling)
    scaling.put_scheduled_action(
        **READS,
        ScheduledActionName="evening",
        Schedule="cron(0 20 * * ? *)",
        Timezone="Europe/Berlin",
        ScalableTargetAction={"MinCapacity": 40},
    )
    [shown] = scaling.describe_scheduled_actions(ServiceNamespace="dynamodb")["ScheduledActions"]
    assert (shown["Schedule"], shown["CreationTime"].timestamp()) == ("cron(0 20 * * ? *)", NOON)
    running.clock.advance(11 * 3_600)  # From 08:00 in UTC to 20:00 in Berlin's winter.
    becomes(running, 40)
    [target] = scaling.describe_scalable_targets(ServiceNamespace="dynamodb")["ScalableTargets"]
    arn = target["ScalableTargetARN"]
    scaling.tag_resource(ResourceARN=arn, Tags={"team": "a"})
    assert scaling.list_tags_for_resource(ResourceARN=arn)["Tags"] == {"team": "a"}
    assert scaling.deregister_scalable_target(**READS)["ResponseMetadata"]["HTTPStatusCode"] == 200
    for refused, message in (
        (scaling.exceptions.ObjectNotFoundException, "No scalable target registered for service namespace"),
        (scaling.exceptions.ValidationException, "Unsupported service namespace"),
    ):
        namespace = "dynamodb" if refused is scaling.exceptions.ObjectNotFoundException else "ecs"
        with pytest.raises(refused, match=message):
            scaling.deregister_scalable_target(**READS | {"ServiceNamespace": namespace})
    with pytest.raises(scaling.exceptions.ClientError, match="failed to satisfy constraint"):
        scaling.describe_scalable_targets(ServiceNamespace="nowhere")
