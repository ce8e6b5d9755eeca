"""Scheduled actions: putting, showing and removing them, and that they are carried out when they are due."""

import asyncio

import pytest

from operations.autoscaling.scaling import READ, START, TABLE, auto_scaling, of, units

ARN = f"resource/dynamodb/table/{TABLE}:scheduledActionName/morning"


def action(schedule="rate(1 hour)", name="morning", least=None, most=None, **members):
    bounds = {"MinCapacity": least, "MaxCapacity": most}
    return {
        **of(),
        "ScheduledActionName": name,
        "Schedule": schedule,
        "ScalableTargetAction": {member: units for member, units in bounds.items() if units is not None},
        **members,
    }


def test_an_action_sets_the_bounds_and_brings_the_capacity_within_them(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            assert await scaling("PutScheduledAction", **action(least=15, most=20)) == {}
            [shown] = (await scaling("DescribeScheduledActions", ServiceNamespace="dynamodb"))[
                "ScheduledActions"
            ]
            arn = shown.pop("ScheduledActionARN")
            assert arn.startswith("arn:aws:autoscaling:us-east-1:000000000000:scheduledAction:")
            assert arn.endswith(ARN)
            assert shown == {**action(least=15, most=20), "CreationTime": START}
            scaling.clock.advance(3_599)
            await scaling.work()
            assert await scaling.activities() == []
            scaling.clock.advance(1)
            await scaling.work()
            assert await scaling.capacity() == (15, 10)
            [target] = (await scaling("DescribeScalableTargets", ServiceNamespace="dynamodb"))[
                "ScalableTargets"
            ]
            assert (target["MinCapacity"], target["MaxCapacity"]) == (15, 20)
            found = await scaling.activities()
            assert [(each["Description"], each["Cause"], each["StatusMessage"]) for each in found] == [
                (
                    "Setting read capacity units to 15.",
                    "minimum capacity was set to 15",
                    "Successfully set read capacity units to 15. Change successfully fulfilled by dynamodb.",
                ),
                (
                    "Setting min capacity to 15 and max capacity to 20",
                    "scheduled action name morning was triggered",
                    "Successfully set min capacity to 15 and max capacity to 20",
                ),
            ]
            assert "EndTime" not in found[1]

    asyncio.run(scenario())


def test_what_was_missed_is_made_up_for_once_and_in_order(tmp_path):
    """A server that was down for days: of each action only the last moment counts."""

    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            # START is 08:00.
            await scaling("PutScheduledAction", **action("cron(0 20 * * ? *)", "evening", most=6))
            await scaling("PutScheduledAction", **action("cron(0 9 * * ? *)", "morning", least=40))
            scaling.clock.advance(3 * 86_400)
            await scaling.work()
            await scaling.work()
            assert await scaling.capacity() == (6, 10), "the evening came last"
            causes = [each["Cause"] for each in await scaling.activities()]
            assert causes == [
                "maximum capacity was set to 6",
                "scheduled action name evening was triggered",
                "minimum capacity was set to 40",
                "scheduled action name morning was triggered",
            ]
            scaling.clock.advance(3_600)
            await scaling.work()
            assert await scaling.capacity() == (40, 10), "a maximum that is too low gives way"

    asyncio.run(scenario())


def test_at_is_once_and_start_and_end_bound_a_rate(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100)
            await scaling("PutScheduledAction", **action("at(2027-01-15T09:00:00)", "once", least=20))
            bounds = {"StartTime": START + 7_000, "EndTime": START + 7_000 + 3_600}
            await scaling("PutScheduledAction", **action("rate(1 hour)", "thrice", least=30, **bounds))
            moments = []
            for _ in range(60):
                scaling.clock.advance(500)
                await scaling.work()
                ran = [each for each in await scaling.activities() if "scheduled" in each["Cause"]]
                moments += [(each["Cause"].split()[3], each["StartTime"] - START) for each in ran]
            assert sorted(set(moments)) == [("once", 4_000), ("thrice", 7_000), ("thrice", 11_000)]
            names = (await scaling("DescribeScheduledActions", ServiceNamespace="dynamodb"))[
                "ScheduledActions"
            ]
            assert len(names) == 2, "what is over is still shown"

    asyncio.run(scenario())


def test_suspended_actions_pass_by(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table(read=10)
            await scaling.register(5, 100, SuspendedState={"ScheduledScalingSuspended": True})
            await scaling("PutScheduledAction", **action(least=15))
            scaling.clock.advance(3_600)
            await scaling.work()
            await scaling(
                "RegisterScalableTarget", **of(), SuspendedState={"ScheduledScalingSuspended": False}
            )
            await scaling.work()
            assert await scaling.capacity() == (10, 10)
            scaling.clock.advance(3_600)
            await scaling.work()
            assert await scaling.capacity() == (15, 10)

    asyncio.run(scenario())


def test_a_busy_table_follows_when_it_is_active_again(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path, lifecycle_delay=90.0) as scaling:
            await scaling.create_table(read=10)
            scaling.clock.advance(120)
            await scaling.register(5, 100)
            await scaling("PutScheduledAction", **action("rate(1 minute)", least=15, EndTime=START + 190))
            await scaling.dynamodb("UpdateTable", {"TableName": TABLE, "ProvisionedThroughput": units(10, 9)})
            await scaling.pass_minutes(0)
            assert len(await scaling.activities()) == 1, "the bounds alone"
            await scaling.pass_minutes(0, 0, 0)
            assert await scaling.capacity() == (15, 9)

    asyncio.run(scenario())


def test_a_change_leaves_what_is_not_given_but_times(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 100)
            zone = {"Timezone": "Europe/Berlin"}
            await scaling(
                "PutScheduledAction", **action("cron(0 9 * * ? *)", least=7, StartTime=START + 60, **zone)
            )
            await scaling("PutScheduledAction", **of(), ScheduledActionName="morning", EndTime=START + 10**6)
            [shown] = (await scaling("DescribeScheduledActions", ServiceNamespace="dynamodb"))[
                "ScheduledActions"
            ]
            assert (shown["Schedule"], shown["Timezone"]) == ("cron(0 9 * * ? *)", "Europe/Berlin")
            assert (shown.get("StartTime"), shown["EndTime"]) == (None, START + 10**6)
            assert shown["ScalableTargetAction"] == {"MinCapacity": 7}
            request = {**of(), "ScheduledActionName": "morning"}
            assert await scaling("DeleteScheduledAction", **request) == {}
            shape, message = await scaling.refused("DeleteScheduledAction", **request)
            assert (shape, message.split(":")[0]) == (
                "ObjectNotFoundException",
                "No scheduled action found for service namespace",
            )

    asyncio.run(scenario())


AT_LEAST_ONE = "At least one of minimum capacity and maximum capacity should be provided"


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (action(), AT_LEAST_ONE),
        ({**action(least=1), "ScalableTargetAction": {}}, AT_LEAST_ONE),
        (action(least=0), "Minimum capacity"),
        (action(most=0), "Maximum capacity"),
        (action(least=6, most=5), "Maximum capacity"),
        (action("every day", least=5), "Schedule must match"),
        (action(least=5, Timezone="Nowhere/Else"), "Schedule must match"),
        (action(least=5, StartTime=START, EndTime=START), "End time"),
        ({**of(), "ScheduledActionName": "x"}, "Schedule must be specified"),
    ],
)
def test_what_is_refused(tmp_path, request_, words):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            await scaling.register(5, 100)
            shape, message = await scaling.refused("PutScheduledAction", **request_)
            assert shape == "ValidationException"
            assert words in message
            assert await scaling("DescribeScheduledActions", ServiceNamespace="dynamodb") == {
                "ScheduledActions": []
            }

    asyncio.run(scenario())


def test_an_action_needs_a_target(tmp_path):
    async def scenario():
        async with auto_scaling(tmp_path) as scaling:
            await scaling.create_table()
            shape, message = await scaling.refused("PutScheduledAction", **action(least=5))
            assert shape == "ObjectNotFoundException"
            assert message.endswith(f"resource ID: table/{TABLE}, scalable dimension: {READ}")

    asyncio.run(scenario())
