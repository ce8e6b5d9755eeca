"""Alarms from the outside: operations, time that passes, and what DescribeAlarms and the history show."""

import asyncio
import json
from pathlib import Path

from harness.alarms import NOON, ORDERS, World, alarming
from stator.monitoring.alarms import store
from stator.monitoring.alarms.evaluator import CAUGHT_UP_MAX
from stator.monitoring.metrics.points import Sample, metric, of_values


def test_from_creation_to_alarm_and_back() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put()
            made = await world.shown()
            assert made["StateValue"] == "INSUFFICIENT_DATA"
            assert made["StateReason"] == "Unchecked: Initial alarm creation"
            assert made["AlarmArn"] == "arn:aws:cloudwatch:us-east-1:000000000000:alarm:high"
            assert "StateReasonData" not in made
            await world.minute(4)
            assert await world.state() == "OK"
            await world.minute(7, 7.5)
            shown = await world.shown()
            assert shown["StateValue"] == "ALARM"
            assert shown["StateReason"] == (
                "Threshold Crossed: 1 datapoint [14.5 (15/01/27 08:01:00)] was greater than "
                "the threshold (10.0)."
            )
            assert shown["StateUpdatedTimestamp"] == shown["StateTransitionedTimestamp"] == NOON + 125
            assert json.loads(shown["StateReasonData"])["recentDatapoints"] == [14.5]
            await world.minute(1)
            assert await world.history() == [
                'Alarm "high" created',
                "Alarm updated from INSUFFICIENT_DATA to OK",
                "Alarm updated from OK to ALARM",
                "Alarm updated from ALARM to OK",
            ]

    asyncio.run(run())


def test_a_new_alarm_is_evaluated_at_once_on_what_there_is() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.measured(40)
            await world.put()
            assert await world.state() == "INSUFFICIENT_DATA"
            await world.settle()
            assert await world.state() == "ALARM"

    asyncio.run(run())


def test_a_new_definition_keeps_the_state_until_it_is_evaluated() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Tags=[{"Key": "team", "Value": "shop"}])
            await world.minute(40)
            before = await world.shown()
            world.clock.seconds += 1
            await world.put(Threshold=50.0, Tags=[{"Key": "other", "Value": "ignored"}])
            after = await world.shown()
            changed = {name for name in after if after[name] != before[name]}
            assert changed == {"Threshold", "AlarmConfigurationUpdatedTimestamp"}
            tags = await world("ListTagsForResource", ResourceARN=after["AlarmArn"])
            assert tags == {"Tags": [{"Key": "team", "Value": "shop"}]}
            await world.settle()
            assert await world.state() == "OK"
            assert (await world.history())[-2:] == ['Alarm "high" updated', "Alarm updated from ALARM to OK"]

    asyncio.run(run())


def test_windows_slide_by_the_minute() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Period=300, Threshold=100.0)
            states = []
            for orders in (60, 0, 0, 0, 60, 0, 0):
                await world.minute(orders)
                states.append(await world.state())
            # 120 orders in the five minutes that end with the fifth, and in no other five.
            assert states == ["OK"] * 4 + ["ALARM"] + ["OK"] * 2

    asyncio.run(run())


def test_each_minute_is_evaluated_in_its_turn_when_time_has_jumped() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(TreatMissingData="notBreaching")
            await world.minute(1)
            await world.measured(20, ago=-180)  # Four minutes from now.
            await world.measured(1, ago=-240)
            await world.wait(600)
            entries = (await world("DescribeAlarmHistory", AlarmName="high", HistoryItemType="StateUpdate"))[
                "AlarmHistoryItems"
            ]
            told = [(entry["Timestamp"] - NOON, entry["HistorySummary"][-5:]) for entry in entries]
            assert told == [(360, "to OK"), (300, "ALARM"), (65, "to OK")]

    asyncio.run(run())


def test_after_a_long_jump_only_the_newest_minute_counts() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(TreatMissingData="notBreaching")
            await world.minute(1)
            await world.measured(20, ago=-180)
            await world.wait((CAUGHT_UP_MAX + 1) * 60)
            assert (await world.history())[-1] == "Alarm updated from INSUFFICIENT_DATA to OK"
            assert store.evaluated_until(world.alarms.reader) == world.stage.closed_until

    asyncio.run(run())


def test_a_clock_that_was_set_back_does_not_stop_alarms() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put()
            await world.minute(40)
            await world.wait(7200)
            assert await world.state() == "INSUFFICIENT_DATA"
            world.clock.seconds -= 3600
            await world.put(Threshold=5.0)
            await world.minute(40)
            assert await world.state() == "ALARM"
            await world.minute(1)
            assert await world.state() == "OK"
            world.clock.seconds = NOON - 86_400  # before the alarm was made
            await world.minute(40)
            assert await world.state() == "ALARM"

    asyncio.run(run())


def test_a_state_set_by_hand_lasts_until_the_next_minute() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put()
            await world.minute(1)
            await world("SetAlarmState", AlarmName="high", StateValue="ALARM", StateReason="a test")
            await world.settle()
            shown = await world.shown()
            assert (shown["StateValue"], shown["StateReason"]) == ("ALARM", "a test")
            assert "StateReasonData" not in shown
            await world.minute(1)
            assert await world.state() == "OK"
            assert await world.refused("SetAlarmState", AlarmName="low", StateValue="OK", StateReason="") == (
                "ResourceNotFound",
                "Unknown",
            )
            assert await world.refused(
                "SetAlarmState",
                AlarmName="high",
                StateValue="OK",
                StateReason="",
                StateReasonData="{",
            ) == ("InvalidFormatFault", "StateReasonData is not valid JSON")

    asyncio.run(run())


def test_dynamodb_alarms_keep_their_state_without_data() -> None:
    async def run() -> None:
        throttles = metric("AWS/DynamoDB", "ReadThrottleEvents", {"TableName": "t"})
        async with alarming() as world:
            await world.put(
                Namespace="AWS/DynamoDB",
                MetricName="ReadThrottleEvents",
                Dimensions=[{"Name": "TableName", "Value": "t"}],
                Threshold=0.0,
                TreatMissingData="notBreaching",
            )
            states = [await world.state()]
            for values in ((), (0.0,), (3.0,), (), (), (), (), (0.0,)):
                await world.minute(*values, of=throttles)
                states.append(await world.state())
            assert states == ["INSUFFICIENT_DATA"] * 2 + ["OK"] + ["ALARM"] * 5 + ["OK"]
            assert (await world.shown())["TreatMissingData"] == "notBreaching"

    asyncio.run(run())


def test_alarms_on_expressions() -> None:
    async def run() -> None:
        orders = {
            "Namespace": "Shop",
            "MetricName": "Orders",
            "Dimensions": [{"Name": "Store", "Value": "1"}],
        }
        queries = [
            {"Id": "rate", "Expression": "errors / orders", "Label": "errors per order"},
            {
                "Id": "orders",
                "MetricStat": {"Metric": orders, "Period": 60, "Stat": "Sum"},
                "ReturnData": False,
            },
            {
                "Id": "errors",
                "MetricStat": {
                    "Metric": {"Namespace": "Shop", "MetricName": "Errors"},
                    "Period": 60,
                    "Stat": "Sum",
                },
                "ReturnData": False,
            },
        ]
        on_metric = ("Namespace", "MetricName", "Dimensions", "Statistic", "Period")
        async with alarming() as world:
            await world.put(**dict.fromkeys(on_metric), Metrics=queries, Threshold=0.5, EvaluationPeriods=2)
            for errors in (1, 3, 2):
                await world.minute(4)
                await world.measured(errors, of=metric("Shop", "Errors"))
                world.alarms.fresh.add("high")
                await world.wait(0)
            shown = await world.shown()
            assert shown["Metrics"] == queries
            assert "Period" not in shown
            assert "MetricName" not in shown
            assert shown["StateValue"] == "OK"
            await world.minute(4)
            await world.measured(4, of=metric("Shop", "Errors"))
            await world.minute(4)
            await world.measured(4, of=metric("Shop", "Errors"))
            await world.minute()
            assert await world.state() == "ALARM"

    asyncio.run(run())


def test_a_unit_that_nobody_uses_gives_no_data() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Unit="Seconds", EvaluationPeriods=3)
            await world.put("right", Unit="Count")
            await world.minute(40)
            assert await world.state() == "INSUFFICIENT_DATA"
            assert await world.state("right") == "ALARM"

    asyncio.run(run())


def test_a_restart_keeps_everything(tmp_path: Path) -> None:
    async def run() -> None:
        async with alarming(tmp_path) as world:
            await world.put(Tags=[{"Key": "team", "Value": "shop"}])
            await world("PutCompositeAlarm", AlarmName="both", AlarmRule="ALARM(high)")
            await world.minute(40)
            before = await seen(world)
            assert before[0]["StateValue"] == before[1]["StateValue"] == "ALARM"
        async with alarming(tmp_path, at=NOON + 65) as world:
            assert await seen(world) == before
            # What lies between is evaluated now, each minute in its turn.
            await world.measured(1, ago=0)
            await world.measured(30, ago=-60)
            await world.wait(120)
            assert (await world.history())[-2:] == [
                "Alarm updated from ALARM to OK",
                "Alarm updated from OK to ALARM",
            ]

    async def seen(world: World) -> list[object]:
        return [
            await world.shown(),
            await world.shown("both", "CompositeAlarm"),
            await world.history(),
            await world("ListTagsForResource", ResourceARN="arn:aws:cloudwatch:x:000000000000:alarm:high"),
        ]

    asyncio.run(run())


def test_many_alarms_are_evaluated_with_rests_in_between() -> None:
    async def run() -> None:
        async with alarming() as world:
            for number in range(230):
                await world.put(f"alarm-{number:03}", Threshold=float(number))
            turns = 0

            async def someone_else() -> None:
                nonlocal turns
                while True:
                    turns += 1
                    await asyncio.sleep(0)

            await world.measured(100, ago=0)
            other = asyncio.create_task(someone_else())
            await world.wait()
            other.cancel()
            reply = await world("DescribeAlarms", StateValue="ALARM", MaxRecords=100)
            assert len(reply["MetricAlarms"]) == 100
            assert turns > 230 / 10

    asyncio.run(run())


def test_high_resolution_alarms_look_at_each_ten_seconds() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Period=10, Threshold=5.0, TreatMissingData="notBreaching")
            await world.minute()
            second = world.stage.closed_until
            fine = Sample(ORDERS, "Count", second + 12, of_values({9.0: 1.0}))
            await world.stage.metrics.add([], seconds=[fine])
            await world.wait()
            entries = (await world("DescribeAlarmHistory", AlarmName="high", HistoryItemType="StateUpdate"))[
                "AlarmHistoryItems"
            ]
            told = [(entry["Timestamp"] - second, entry["HistorySummary"][-5:]) for entry in entries]
            assert told == [(50, "to OK"), (20, "ALARM"), (-50, "to OK")]

    asyncio.run(run())
