"""Scaling by what was consumed: the job looks at each closed minute, and UpdateTable's change is made."""

import asyncio

from operations.autoscaling.scaling import (
    INDEX_READ,
    MINUTE,
    START,
    TABLE,
    WRITE,
    auto_scaling,
    of,
    tracking,
    units,
)
from operations.autoscaling.test_policies import customized
from operations.autoscaling.test_targets import INDEX, INDEX_RESOURCE
from stator.monitoring.alarms import store as alarm_store
from stator.monitoring.alarms.definition import metric_rule


def told(activities):
    return [(each["Description"], each["StatusCode"]) for each in activities]


def test_up_under_load_and_down_when_idle(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10, write=3)
            await scaling.register(5, 100)
            made = await scaling.put_policy()
            await scaling.pass_minutes(14, 6, 14)
            assert await scaling.capacity() == (10, 3), "no two minutes on end"
            await scaling.pass_minutes(21)
            assert await scaling.capacity() == (30, 3), "21 units a second are 70 % of 30"
            await scaling.pass_minutes(21, 21)
            assert await scaling.capacity() == (30, 3)
            await scaling.pass_minutes(*[0] * 14)
            assert await scaling.capacity() == (30, 3)
            await scaling.pass_minutes(0)
            assert await scaling.capacity() == (5, 3), "fifteen minutes without a request"
            activities = await scaling.activities()
            assert told(activities) == [
                ("Setting read capacity units to 5.", "Successful"),
                ("Setting read capacity units to 30.", "Successful"),
            ]
            high, low = (alarm["AlarmName"] for alarm in made["Alarms"][:2])
            assert [each["Cause"] for each in activities] == [
                f"monitor alarm {low} in state ALARM triggered policy p",
                f"monitor alarm {high} in state ALARM triggered policy p",
            ]

    asyncio.run(scenario())


def test_minutes_from_before_the_policy_do_not_count(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            await scaling.pass_minutes(50, 50, *[0] * 20)
            await scaling.put_policy()
            await scaling.pass_minutes(*[0] * 14)
            assert await scaling.capacity() == (10, 10)
            await scaling.pass_minutes(0)
            assert await scaling.capacity() == (5, 10)

    asyncio.run(scenario())


def test_a_clock_that_jumps_has_each_minute_looked_at(tmp_path):
    """Two minutes of load within an hour that is closed at once."""

    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            await scaling.put_policy()
            await scaling.work()
            for _ in range(2):
                await scaling.measure(50 * MINUTE)
                scaling.clock.advance(MINUTE)
            scaling.clock.advance(10 * MINUTE)
            await scaling.work()
            assert await scaling.capacity() == (72, 10)
            scaling.clock.advance(86_400)
            await scaling.work()
            assert await scaling.capacity() == (5, 10)
            assert len(await scaling.activities()) == 2

    asyncio.run(scenario())


def test_reads_and_writes_of_a_table_and_an_index_are_scaled_apart(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(GlobalSecondaryIndexes=[INDEX])
            await scaling.register(5, 100, **of(WRITE))
            await scaling.put_policy(**of(WRITE), **tracking(50.0, "DynamoDBWriteCapacityUtilization"))
            index = of(INDEX_READ, INDEX_RESOURCE)
            await scaling.register(1, 100, **index)
            await scaling.put_policy(**index)
            for _ in range(2):
                await scaling.measure(30 * MINUTE, "ConsumedWriteCapacityUnits")
                dimensions = {"TableName": TABLE, "GlobalSecondaryIndexName": "by-day"}
                await scaling.measure(14 * MINUTE, dimensions=dimensions)
                await scaling.pass_minutes(90)  # Reads of the table, which nobody scales.
            table = (await scaling.dynamodb("DescribeTable", {"TableName": TABLE}))["Table"]
            provisioned = table["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]
            assert await scaling.capacity() == (10, 60)
            assert (provisioned["ReadCapacityUnits"], provisioned["WriteCapacityUnits"]) == (20, 5)

    asyncio.run(scenario())


def test_a_metric_of_the_customer_scales_too(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            await scaling.put_policy(**customized(10.0))
            for _ in range(3):
                await scaling.measure(25.0, "depth", {"Queue": "orders"}, "queue")
                await scaling.pass_minutes(0)
            assert await scaling.capacity() == (25, 10)
            await scaling.pass_minutes(*[0] * 30)
            assert await scaling.capacity() == (25, 10), "what is not known is not low"

    asyncio.run(scenario())


def test_extreme_values_only_reach_the_bounds(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 2**31 - 1)
            await scaling.put_policy(**customized(2.0**-360))
            for _ in range(3):
                await scaling.measure(2.0**360, "depth", {"Queue": "orders"}, "queue")
                await scaling.pass_minutes(0)
            [failed] = await scaling.activities()
            assert told([failed]) == [("Setting read capacity units to 2147483647.", "Failed")]
            await scaling.register(5, 100)
            await scaling.pass_minutes(0)
            assert await scaling.capacity() == (10, 10), "the minute had no value"

    asyncio.run(scenario())


def test_an_expression_over_metrics_scales_too(tmp_path):
    """As AWS's guide has it: what waits in a queue, for each unit that works on it."""
    waiting = {"Metric": {"Namespace": "queue", "MetricName": "depth"}, "Stat": "Sum"}
    metrics = [
        {"Id": "m1", "MetricStat": waiting, "ReturnData": False},
        {"Id": "e1", "Expression": "m1 / 10", "Label": "work"},
    ]

    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            await scaling.put_policy(**customized(10.0, CustomizedMetricSpecification={"Metrics": metrics}))
            for _ in range(3):
                await scaling.measure(250.0, "depth", None, "queue")
                await scaling.pass_minutes(0)
            assert await scaling.capacity() == (10, 10), "its metric has no dimensions"
            for _ in range(3):
                await scaling.measure(250.0, "depth", {}, "queue")
                await scaling.pass_minutes(0)
            assert await scaling.capacity() == (25, 10)
            [shown] = (await scaling("DescribeScalingPolicies", ServiceNamespace="dynamodb"))[
                "ScalingPolicies"
            ]
            given = shown["TargetTrackingScalingPolicyConfiguration"]["CustomizedMetricSpecification"]
            assert given == {"Metrics": metrics}
            rows = alarm_store.alarms(scaling.database.engine.reader)
            rules = [metric_rule(row.definition) for row in rows]
            assert [(rule.period, rule.periods, rule.threshold) for rule in rules] == [
                (60, 3, 10.0),
                (60, 15, 9.0),
            ]

    asyncio.run(scenario())


def test_decreases_that_updatetable_refuses_are_failed_activities(tmp_path):
    """After four on a day, one an hour. Source: docs/reference/validation-rules.md, "UpdateTable"."""

    async def scenario():
        async with auto_scaling(tmp_path, lifecycle_delay=0.001) as scaling:
            await scaling.create_table(read=100)
            scaling.clock.advance(MINUTE)
            for read in (90, 80, 70, 60):
                request = {"TableName": TABLE, "ProvisionedThroughput": units(read, 10)}
                await scaling.dynamodb("UpdateTable", request)
                scaling.clock.advance(1)
            scaling.clock.advance(MINUTE - 4)
            await scaling.register(5, 100)
            await scaling.put_policy()
            await scaling.pass_minutes(*[0] * 20)
            [failed] = await scaling.activities()
            assert told([failed]) == [("Setting read capacity units to 5.", "Failed")]
            assert failed["StatusMessage"].startswith(
                "Failed to set read capacity units to 5. Reason: Subscriber limit exceeded: "
                "Provisioned throughput decreases are limited within a given UTC day."
            )
            await scaling.pass_minutes(*[0] * 45)
            assert await scaling.capacity() == (5, 10)
            assert told(await scaling.activities())[0] == ("Setting read capacity units to 5.", "Successful")

    asyncio.run(scenario())


def test_a_busy_table_is_scaled_when_it_is_active_again(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path, lifecycle_delay=90.0) as scaling:
            await scaling.create_table(read=10)
            scaling.clock.advance(2 * MINUTE)
            await scaling.register(5, 100)
            await scaling.put_policy()
            await scaling.pass_minutes(14)
            await scaling.dynamodb("UpdateTable", {"TableName": TABLE, "ProvisionedThroughput": units(10, 9)})
            await scaling.pass_minutes(14)
            assert await scaling.activities() == []
            await scaling.pass_minutes(14)
            assert told(await scaling.activities()) == [("Setting read capacity units to 20.", "InProgress")]
            await scaling.pass_minutes(14, 14)
            assert await scaling.capacity() == (20, 9)
            assert len(await scaling.activities()) == 1

    asyncio.run(scenario())


def test_a_target_without_its_table_waits_for_the_next_of_that_name(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 100)
            await scaling.put_policy()
            await scaling.dynamodb("DeleteTable", {"TableName": TABLE})
            await scaling.pass_minutes(*[50] * 3)
            assert await scaling.activities() == []
            await scaling.create_table()
            await scaling.pass_minutes(50)
            assert await scaling.capacity() == (72, 10)

    asyncio.run(scenario())


def test_activities_are_shown_for_six_weeks_in_pages(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=1)
            for least in (2, 3, 4):
                await scaling.register(least, 100)
                scaling.clock.advance(86_400)
            first = await scaling("DescribeScalingActivities", ServiceNamespace="dynamodb", MaxResults=2)
            assert [each["Cause"][-1] for each in first["ScalingActivities"]] == ["4", "3"]
            second = await scaling.activities(NextToken=first["NextToken"])
            assert [each["Cause"][-1] for each in second] == ["2"]
            assert len(await scaling.activities(ResourceId=f"table/{TABLE}")) == 3
            assert await scaling.activities(ResourceId="table/other") == []
            scaling.clock.advance(40 * 86_400 - 1)
            assert [each["StartTime"] - START for each in await scaling.activities()] == [172_800, 86_400]

    asyncio.run(scenario())
