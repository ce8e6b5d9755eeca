"""Composite alarms: their states, their reasons, chains and cycles of them, and suppressed actions."""

import asyncio
import json
from typing import Any

from harness.alarms import NOON, World, alarming
from stator.monitoring.alarms import store
from stator.monitoring.alarms.actions import Action

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm"
TOPIC = "arn:aws:sns:us-east-1:000000000000:pager"
PAGER = Action(action=TOPIC, command=("true",))


async def children(world: World, *names: str) -> None:
    for name in names:
        await world.put(name, TreatMissingData="ignore")


async def compose(world: World, name: str, rule: str, **members: Any) -> None:
    await world("PutCompositeAlarm", AlarmName=name, AlarmRule=rule, **members)
    await world.settle()


async def set_state(world: World, name: str, state: str) -> None:
    await world("SetAlarmState", AlarmName=name, StateValue=state, StateReason="by hand")
    await world.settle()


async def state(world: World, name: str) -> str:
    return await world.state(name, "CompositeAlarm")


def test_state_and_reason() -> None:
    async def run() -> None:
        async with alarming() as world:
            await children(world, "cpu", "disk")
            await compose(world, "both", f'ALARM(cpu) AND ALARM("{ARN}:disk")')
            shown = await world.shown("both", "CompositeAlarm")
            assert shown["StateValue"] == "OK"
            assert shown["StateReason"] == f"{ARN}:both was created and its alarm rule evaluates to OK"
            await set_state(world, "cpu", "ALARM")
            assert await state(world, "both") == "OK"
            world.clock.seconds = NOON + 65.394
            await set_state(world, "disk", "ALARM")
            shown = await world.shown("both", "CompositeAlarm")
            assert shown["StateValue"] == "ALARM"
            assert shown["StateReason"] == (
                f"{ARN}:disk transitioned to ALARM at Friday 15 January, 2027 08:01:05 UTC"
            )
            assert json.loads(shown["StateReasonData"]) == {
                "triggeringAlarms": [
                    {
                        "arn": f"{ARN}:disk",
                        "state": {"value": "ALARM", "timestamp": "2027-01-15T08:01:05.394+0000"},
                    }
                ]
            }
            world.clock.seconds += 1
            await compose(world, "both", "FALSE")
            shown = await world.shown("both", "CompositeAlarm")
            assert shown["StateReason"] == f"{ARN}:both was updated and its new alarm rule evaluates to OK"
            assert await world.history("both", "CompositeAlarm") == [
                'Alarm "both" created',
                "Alarm updated from INSUFFICIENT_DATA to OK",
                "Alarm updated from OK to ALARM",
                'Alarm "both" updated',
                "Alarm updated from ALARM to OK",
            ]

    asyncio.run(run())


def test_chains_follow_at_once_and_cycles_stand_still() -> None:
    async def run() -> None:
        async with alarming() as world:
            await children(world, "cpu")
            await compose(world, "z", "ALARM(cpu)")
            await compose(world, "y", "ALARM(z)")
            await compose(world, "x", "NOT OK(y)")
            await compose(world, "one", "ALARM(cpu)")
            await compose(world, "two", "ALARM(one)")
            await compose(world, "one", "ALARM(two) OR ALARM(cpu)")
            await compose(world, "outside", "ALARM(one) OR ALARM(cpu)")
            await set_state(world, "cpu", "ALARM")
            assert [await state(world, name) for name in ("z", "y", "x", "outside")] == ["ALARM"] * 4
            assert [await state(world, name) for name in ("one", "two")] == ["OK"] * 2

    asyncio.run(run())


def test_a_state_set_by_hand_stays_until_a_child_changes() -> None:
    async def run() -> None:
        async with alarming() as world:
            await children(world, "cpu")
            await compose(world, "any", "ALARM(cpu)")
            world.clock.seconds += 1
            await set_state(world, "any", "ALARM")
            await world.wait(120)
            assert await state(world, "any") == "ALARM"
            await set_state(world, "cpu", "OK")
            assert await state(world, "any") == "OK"

    asyncio.run(run())


def test_who_may_be_referred_to_and_deleted() -> None:
    async def run() -> None:
        async with alarming() as world:
            await children(world, "cpu", "disk", "quiet")
            assert await world.refused(
                "PutCompositeAlarm", AlarmName="any", AlarmRule="ALARM(cpu) OR OK(gone) OR OK(lost)"
            ) == (
                "ValidationException",
                "Could not save the composite alarm as alarms [gone, lost] in the alarm rule do not exist",
            )
            await compose(world, "any", "ALARM(cpu)")
            await compose(world, "top", "ALARM(any)")
            names = ["cpu", "disk"]
            assert await world.refused("DeleteAlarms", AlarmNames=names) == (
                "ValidationException",
                "Cannot delete cpu as there are composite alarm(s) depending on it.",
            )
            assert await world.state("disk") == "INSUFFICIENT_DATA"
            assert (await world.refused("DeleteAlarms", AlarmNames=["any", "top"]))[
                0
            ] == "ValidationException"
            shape, _ = await world.refused("PutCompositeAlarm", AlarmName="cpu", AlarmRule="TRUE")
            assert shape == "ValidationException"
            await world("DeleteAlarms", AlarmNames=["top", "gone"])
            await world("DeleteAlarms", AlarmNames=["any", "cpu", "disk"])
            reply = await world("DescribeAlarms", AlarmTypes=["MetricAlarm", "CompositeAlarm"])
            assert [row["AlarmName"] for row in reply["MetricAlarms"]] == ["quiet"]
            assert reply["CompositeAlarms"] == []
            assert (await world.history("cpu"))[-1] == 'Alarm "cpu" deleted'

    asyncio.run(run())


def due(world: World) -> list[tuple[str, str]]:
    return [(row.alarm, row.state) for _, row in store.all_due(world.alarms.reader)]


async def suppressed(world: World) -> str | None:
    shown = await world.shown("site", "CompositeAlarm")
    reason = shown.get("ActionsSuppressedReason")
    assert reason in (None, f"Actions suppressed by {shown.get('ActionsSuppressedBy')}")
    by = shown.get("ActionsSuppressedBy")
    return None if by is None else str(by)


async def suppressible(world: World, wait: int, extension: int) -> None:
    await children(world, "cpu", "maintenance")
    await compose(
        world,
        "site",
        "ALARM(cpu)",
        AlarmActions=[TOPIC],
        OKActions=[TOPIC],
        ActionsSuppressor="maintenance",
        ActionsSuppressorWaitPeriod=wait,
        ActionsSuppressorExtensionPeriod=extension,
    )
    assert due(world) == [("site", "OK")]


def test_actions_wait_for_the_suppressor_and_are_carried_out_without_it() -> None:
    async def run() -> None:
        async with alarming(actions=[PAGER]) as world:
            await suppressible(world, 20, 30)
            await set_state(world, "cpu", "ALARM")
            assert await state(world, "site") == "ALARM"
            assert await suppressed(world) == "WaitPeriod"
            world.clock.seconds += 19
            await world.settle()
            assert due(world) == [("site", "OK")]
            world.clock.seconds += 1
            await world.settle()
            assert due(world) == [("site", "OK"), ("site", "ALARM")]
            assert await suppressed(world) is None

    asyncio.run(run())


def test_actions_are_suppressed_and_carried_out_after_the_extension() -> None:
    async def run() -> None:
        async with alarming(actions=[PAGER]) as world:
            await suppressible(world, 20, 30)
            await set_state(world, "cpu", "ALARM")
            world.clock.seconds += 10
            await set_state(world, "maintenance", "ALARM")
            assert await suppressed(world) == "Alarm"
            world.clock.seconds += 600
            await world.settle()
            await set_state(world, "maintenance", "OK")
            assert await suppressed(world) == "ExtensionPeriod"
            assert due(world) == [("site", "OK")]
            world.clock.seconds += 30
            await world.settle()
            assert due(world) == [("site", "OK"), ("site", "ALARM")]

    asyncio.run(run())


def test_what_came_and_went_while_suppressed_is_never_told() -> None:
    async def run() -> None:
        async with alarming(actions=[PAGER]) as world:
            await suppressible(world, 0, 0)
            await set_state(world, "maintenance", "ALARM")
            await set_state(world, "cpu", "ALARM")
            world.clock.seconds += 5
            await set_state(world, "cpu", "OK")
            world.clock.seconds += 5
            await set_state(world, "maintenance", "OK")
            await world.wait()
            assert due(world) == [("site", "OK")]
            history = await world.history("site", "CompositeAlarm", HistoryItemType="StateUpdate")
            assert history[-2:] == ["Alarm updated from OK to ALARM", "Alarm updated from ALARM to OK"]

    asyncio.run(run())
