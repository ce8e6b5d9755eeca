"""Scalable targets: registering, showing, tagging and removing them, and what is refused.

Source: the API reference of Application Auto Scaling; error texts from clients' reports of AWS's replies.
"""

import asyncio

import pytest

from operations.autoscaling.scaling import (
    INDEX_READ,
    READ,
    START,
    TABLE,
    WRITE,
    auto_scaling,
    of,
    tracking,
    units,
)

INDEX = {
    "IndexName": "by-day",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
    "ProvisionedThroughput": units(5, 5),
}
INDEX_RESOURCE = f"table/{TABLE}/index/by-day"
ROLE = (
    "arn:aws:iam::000000000000:role/aws-service-role/dynamodb.application-autoscaling.amazonaws.com/"
    "AWSServiceRoleForApplicationAutoScaling_DynamoDBTable"
)


def test_a_target_is_shown_and_its_capacity_brought_within_its_bounds(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=3, write=90)
            arn = (await scaling.register(5, 50, Tags={"team": "a"}))["ScalableTargetARN"]
            assert await scaling.capacity() == (5, 90)
            [activity] = await scaling.activities()
            assert activity.pop("ActivityId")
            assert activity == {
                **of(),
                "Description": "Setting read capacity units to 5.",
                "Cause": "minimum capacity was set to 5",
                "StartTime": START,
                "EndTime": START,
                "StatusCode": "Successful",
                "StatusMessage": "Successfully set read capacity units to 5. "
                "Change successfully fulfilled by dynamodb.",
            }
            shown = (await scaling("DescribeScalableTargets", ServiceNamespace="dynamodb"))["ScalableTargets"]
            assert shown == [
                {
                    **of(),
                    "MinCapacity": 5,
                    "MaxCapacity": 50,
                    "RoleARN": ROLE,
                    "CreationTime": START,
                    "SuspendedState": {
                        "DynamicScalingInSuspended": False,
                        "DynamicScalingOutSuspended": False,
                        "ScheduledScalingSuspended": False,
                    },
                    "ScalableTargetARN": arn,
                }
            ]
            # A change of some members leaves the rest.
            await scaling("RegisterScalableTarget", **of(), MaxCapacity=4, MinCapacity=1)
            await scaling(
                "RegisterScalableTarget", **of(), SuspendedState={"ScheduledScalingSuspended": True}
            )
            assert await scaling.capacity() == (4, 90)
            [changed] = (await scaling("DescribeScalableTargets", ServiceNamespace="dynamodb"))[
                "ScalableTargets"
            ]
            assert (changed["MinCapacity"], changed["MaxCapacity"]) == (1, 4)
            assert changed["SuspendedState"]["ScheduledScalingSuspended"] is True
            assert changed["ScalableTargetARN"] == arn
            assert [each["Cause"] for each in await scaling.activities()] == [
                "maximum capacity was set to 4",
                "minimum capacity was set to 5",
            ]

    asyncio.run(scenario())


def test_an_index_is_scaled_by_itself(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(GlobalSecondaryIndexes=[INDEX])
            await scaling.register(8, 9, **of(INDEX_READ, INDEX_RESOURCE))
            table = (await scaling.dynamodb("DescribeTable", {"TableName": TABLE}))["Table"]
            provisioned = table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
            assert (provisioned["ReadCapacityUnits"], provisioned["WriteCapacityUnits"]) == (8, 5)
            assert await scaling.capacity() == (10, 10)

    asyncio.run(scenario())


def test_pages_and_filters(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(GlobalSecondaryIndexes=[INDEX])
            for dimension, resource in (
                (READ, f"table/{TABLE}"),
                (WRITE, f"table/{TABLE}"),
                (INDEX_READ, INDEX_RESOURCE),
            ):
                await scaling.register(20, 50, **of(dimension, resource))

            async def shown(**members):
                reply = await scaling("DescribeScalableTargets", ServiceNamespace="dynamodb", **members)
                found = [(row["ResourceId"], row["ScalableDimension"]) for row in reply["ScalableTargets"]]
                return found, reply.get("NextToken")

            table_read, table_write = (f"table/{TABLE}", READ), (f"table/{TABLE}", WRITE)
            first, token = await shown(MaxResults=2)
            assert first == [table_read, table_write]
            assert await shown(MaxResults=2, NextToken=token) == ([(INDEX_RESOURCE, INDEX_READ)], None)
            assert await shown(MaxResults=3) == ([*first, (INDEX_RESOURCE, INDEX_READ)], None)
            assert await shown(ResourceIds=[f"table/{TABLE}"], ScalableDimension=WRITE) == (
                [table_write],
                None,
            )
            assert await shown(ResourceIds=["table/other"]) == ([], None)
            assert await scaling("DescribeScalableTargets", ServiceNamespace="ecs") == {"ScalableTargets": []}
            other = await scaling("DescribeScalingActivities", ServiceNamespace="dynamodb", MaxResults=1)
            for bad in ("*", "", "é", token[:-1], other["NextToken"]):
                refused = await scaling.refused(
                    "DescribeScalableTargets", ServiceNamespace="dynamodb", NextToken=bad
                )
                assert refused == ("InvalidNextTokenException", "The next token supplied was invalid.")
            refused = await scaling.refused(
                "DescribeScalingActivities", ServiceNamespace="dynamodb", NextToken=token
            )
            assert refused[0] == "InvalidNextTokenException"

    asyncio.run(scenario())


UNSUPPORTED = "Unsupported service namespace, resource type or scalable dimension"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ServiceNamespace": "ecs"}, UNSUPPORTED),
        ({"ResourceId": TABLE}, UNSUPPORTED),
        ({"ResourceId": f"dynamo/{TABLE}"}, UNSUPPORTED),
        ({"ResourceId": f"table/{TABLE}/indexes/x"}, UNSUPPORTED),
        ({"ResourceId": "table/"}, UNSUPPORTED),
        ({"ScalableDimension": INDEX_READ}, UNSUPPORTED),
        ({"ScalableDimension": "ecs:service:DesiredCount"}, UNSUPPORTED),
        ({"ResourceId": "table/absent"}, "DynamoDB table does not exist: table/absent"),
        (
            {"ResourceId": f"table/{TABLE}/index/x", "ScalableDimension": INDEX_READ},
            f"DynamoDB index does not exist: table/{TABLE}/index/x",
        ),
        ({"MinCapacity": 6, "MaxCapacity": 5}, "Maximum capacity cannot be less than minimum capacity"),
        ({"MinCapacity": 0}, "Minimum capacity cannot be less than 1 for service namespace: dynamodb"),
    ],
)
def test_what_cannot_be_registered(tmp_path, changes, message):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            request = {**of(), "MinCapacity": 1, "MaxCapacity": 5, **changes}
            assert await scaling.refused("RegisterScalableTarget", **request) == (
                "ValidationException",
                message,
            )
            assert await scaling.capacity() == (10, 10)
            assert await scaling("DescribeScalableTargets", ServiceNamespace="dynamodb") == {
                "ScalableTargets": []
            }

    asyncio.run(scenario())


def test_a_new_target_needs_both_bounds(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            for member in ("MinCapacity", "MaxCapacity"):
                shape, _ = await scaling.refused("RegisterScalableTarget", **of(), **{member: 5})
                assert shape == "ValidationException"

    asyncio.run(scenario())


def test_a_table_that_is_on_demand_or_busy_keeps_its_capacity(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path, lifecycle_delay=30.0) as scaling:
            await scaling.create_table()
            await scaling.register(20, 30)  # while it is being created
            assert await scaling.capacity() == (10, 10)
            assert await scaling.activities() == []
            scaling.clock.advance(31)
            await scaling.register(20, 30)
            [activity] = await scaling.activities()
            assert (activity["StatusCode"], activity["StatusMessage"]) == (
                "InProgress",
                "Successfully set read capacity units to 20. Waiting for change to be fulfilled by dynamodb.",
            )
            assert "EndTime" not in activity
            assert await scaling.capacity() == (10, 10)
            scaling.clock.advance(31)
            assert await scaling.capacity() == (20, 10)
            [activity] = await scaling.activities()
            assert (activity["StatusCode"], activity["EndTime"]) == ("Successful", START + 31 + 30)
            await scaling.dynamodb("UpdateTable", {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST"})
            scaling.clock.advance(31)
            await scaling.register(1, 5)
            assert len(await scaling.activities()) == 1

    asyncio.run(scenario())


def test_removing_a_target_removes_what_belongs_to_it(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(1, 50)
            await scaling.put_policy()
            await scaling(
                "PutScheduledAction",
                **of(),
                ScheduledActionName="a",
                Schedule="rate(1 day)",
                ScalableTargetAction={"MinCapacity": 5},
            )
            assert await scaling("DeregisterScalableTarget", **of()) == {}
            for operation, member in (
                ("DescribeScalableTargets", "ScalableTargets"),
                ("DescribeScalingPolicies", "ScalingPolicies"),
                ("DescribeScheduledActions", "ScheduledActions"),
            ):
                assert await scaling(operation, ServiceNamespace="dynamodb") == {member: []}
            text = (
                f"No scalable target registered for service namespace: dynamodb, resource ID: table/{TABLE}, "
                f"scalable dimension: {READ}"
            )
            assert await scaling.refused("DeregisterScalableTarget", **of()) == (
                "ObjectNotFoundException",
                text,
            )
            refused = await scaling.refused("PutScalingPolicy", **of(), PolicyName="p", **tracking())
            assert refused == ("ObjectNotFoundException", text)

    asyncio.run(scenario())


def test_tags(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            arn = (await scaling.register(1, 50, Tags={"team": "a", "stage": "dev"}))["ScalableTargetARN"]
            await scaling("TagResource", ResourceARN=arn, Tags={"team": "b", "cost": ""})
            await scaling("UntagResource", ResourceARN=arn, TagKeys=["stage", "absent"])
            assert await scaling("ListTagsForResource", ResourceARN=arn) == {
                "Tags": {"team": "b", "cost": ""}
            }
            full = {str(number): "" for number in range(49)}
            shape, _ = await scaling.refused("TagResource", ResourceARN=arn, Tags=full)
            assert shape == "TooManyTagsException"
            for unknown in (arn[:-1] + "-", arn.replace("000000000000", "111111111111")):
                shape, _ = await scaling.refused("ListTagsForResource", ResourceARN=unknown)
                assert shape == "ResourceNotFoundException"

    asyncio.run(scenario())
