"""Actions carried out: a real HTTP server is posted to, and real commands are run."""

import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from harness.alarms import NOON, World, alarming
from harness.hooks import hook
from harness.wire import PATIENCE_SECONDS
from stator.base.errors import StorageFull
from stator.monitoring.alarms import dispatch, store
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.dispatch import Dispatcher

TOPIC = "arn:aws:sns:us-east-1:000000000000:pager"


async def delivered(world: World, actions: Sequence[Action], attempts: int = 3) -> None:
    """Carry out all that is due."""
    dispatcher = Dispatcher(world.database.engine, actions, world.clock, pauses=(0.0,) * (attempts - 1))
    task = asyncio.create_task(dispatcher.run())
    async with asyncio.timeout(PATIENCE_SECONDS):
        while any(store.all_due(world.alarms.reader)):
            await asyncio.sleep(0.002)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def results(world: World) -> list[tuple[str, Any]]:
    """What the history says of actions: whether they went well, and why not."""
    reply = await world(
        "DescribeAlarmHistory", AlarmName="high", HistoryItemType="Action", ScanBy="TimestampAscending"
    )
    told = [json.loads(entry["HistoryData"]) for entry in reply["AlarmHistoryItems"]]
    return [(data["actionState"], data["error"]) for data in told]


async def go_off(world: World) -> None:
    await world.put(AlarmActions=[TOPIC], OKActions=[TOPIC], AlarmDescription="too many")
    await world.minute(40)


def logged(caplog: pytest.LogCaptureFixture) -> str:
    """All that was logged, with its fields."""
    return "\n".join(str(vars(record)) for record in caplog.records)


def test_a_webhook_is_told_what_sns_would_publish(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        with hook() as made:
            pager = Action(action="arn:aws:sns:*", webhook=made.url, headers=(("X-Token", "secret"),))
            async with alarming(actions=[pager]) as world:
                await go_off(world)
                await delivered(world, [pager])
                headers, told = made.received.get(timeout=PATIENCE_SECONDS)
                assert headers["Content-Type"] == "application/json; charset=utf-8"
                assert headers["Authorization"] == "Basic dXNlcjpzZWNyZXQ="
                assert headers["X-Token"] == "secret"
                reason = (await world.shown())["StateReason"]
                assert told == {
                    "AlarmName": "high",
                    "AlarmDescription": "too many",
                    "AWSAccountId": "000000000000",
                    "AlarmConfigurationUpdatedTimestamp": "2027-01-15T08:00:05.000+0000",
                    "NewStateValue": "ALARM",
                    "NewStateReason": reason,
                    "StateChangeTime": "2027-01-15T08:01:05.000+0000",
                    "Region": "US East (N. Virginia)",
                    "AlarmArn": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:high",
                    "OldStateValue": "INSUFFICIENT_DATA",
                    "OKActions": [TOPIC],
                    "AlarmActions": [TOPIC],
                    "InsufficientDataActions": [],
                    "Trigger": {
                        "MetricName": "Orders",
                        "Namespace": "Shop",
                        "StatisticType": "Statistic",
                        "Statistic": "SUM",
                        "Unit": None,
                        "Dimensions": [{"value": "1", "name": "Store"}],
                        "Period": 60,
                        "EvaluationPeriods": 1,
                        "ComparisonOperator": "GreaterThanThreshold",
                        "Threshold": 10.0,
                        "TreatMissingData": "missing",
                        "EvaluateLowSampleCountPercentile": "",
                    },
                }
                assert (await world.history())[-1] == f"Successfully executed action {TOPIC}"
                entry = (await world("DescribeAlarmHistory", AlarmName="high"))["AlarmHistoryItems"][0]
                data = json.loads(entry["HistoryData"])
                assert json.loads(data["publishedMessage"]) == told
                assert data["stateUpdateTimestamp"] == (NOON + 65) * 1000
                await world.minute(40)
                await delivered(world, [pager])
                assert made.received.empty(), "only transitions are told of"

    with caplog.at_level("DEBUG", "stator"):
        asyncio.run(run())
    (changed,) = (vars(record) for record in caplog.records if record.msg == "alarm changed")
    assert (changed["alarm"], changed["old_state"], changed["state"]) == (
        "high",
        "INSUFFICIENT_DATA",
        "ALARM",
    )
    assert "secret" not in logged(caplog)


@pytest.mark.parametrize(
    ("statuses", "outcome", "asked"),
    [
        ((503, 429), ("Succeeded", None), 3),
        ((500, 500, 500), ("Failed", "it answered with status 500"), 3),
        ((404,), ("Failed", "it answered with status 404"), 1),
        ((302, 200), ("Succeeded", None), 2),
    ],
)
def test_attempts(
    statuses: tuple[int, ...], outcome: object, asked: int, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        with hook(*statuses) as made:
            pager = Action(alarm="hi?h", webhook=made.url, states=("ALARM",))
            async with alarming(actions=[pager]) as world:
                await world.put()
                await world.minute(40)
                await delivered(world, [pager])
                assert await results(world) == [outcome]
                ids = {made.received.get_nowait()[0]["X-Stator-Delivery"] for _ in range(asked)}
                assert len(ids) == 1
                assert made.received.empty()
                resource = f"a webhook of 127.0.0.1:{made.url.split(':')[3].split('/')[0]}"
                assert resource in (await world.history())[-1]

    with caplog.at_level("DEBUG", "stator"):
        asyncio.run(run())
    assert "secret" not in logged(caplog)


def test_a_webhook_that_is_not_there(caplog: pytest.LogCaptureFixture) -> None:
    async def run() -> None:
        with hook() as made:
            pager = Action(action=TOPIC, webhook=made.url, timeout=5)
        async with alarming(actions=[pager]) as world:
            await go_off(world)
            await delivered(world, [pager])
            assert await results(world) == [("Failed", "it cannot be reached: Connection refused")]

    asyncio.run(run())
    assert "secret" not in logged(caplog)


PROGRAM = """
import json, os, sys
told = json.load(sys.stdin)
names = {name: value for name, value in os.environ.items() if name.startswith("STATOR_ALARM_")}
with open(sys.argv[1], "a") as file:
    json.dump([told["NewStateValue"], names], file)
    file.write("\\n")
"""


def test_a_command_is_run_for_each_transition_in_order(tmp_path: Path) -> None:
    async def run() -> None:
        out = tmp_path / "told"
        page = Action(action="arn:aws:sns:*:pager", command=(sys.executable, "-c", PROGRAM, str(out)))
        async with alarming(actions=[page]) as world:
            await go_off(world)
            await world.minute(1)
            await world.minute(40)
            await delivered(world, [page])
            told = [json.loads(line) for line in out.read_text().splitlines()]
            assert [state for state, _ in told] == ["ALARM", "OK", "ALARM"]
            names = told[1][1]
            delivery = names.pop("STATOR_ALARM_DELIVERY")
            assert delivery
            assert names == {
                "STATOR_ALARM_NAME": "high",
                "STATOR_ALARM_ARN": "arn:aws:cloudwatch:us-east-1:000000000000:alarm:high",
                "STATOR_ALARM_STATE": "OK",
                "STATOR_ALARM_OLD_STATE": "ALARM",
                "STATOR_ALARM_REASON": "Threshold Crossed: 1 datapoint [1.0 (15/01/27 08:01:00)] was not "
                "greater than the threshold (10.0).",
                "STATOR_ALARM_TIME": "2027-01-15T08:02:05.000+0000",
                "STATOR_ALARM_ACTION": TOPIC,
            }
            assert await results(world) == [("Succeeded", None)] * 3

    asyncio.run(run())


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (None, "it cannot be run: No such file or directory"),
        ("echo some words >&2; echo the last words >&2; exit 3", "it ended with status 3: the last words"),
        ("sleep 600 & sleep 600", "it did not end within 0.2 seconds"),
    ],
)
def test_commands_that_fail(command: str | None, error: str) -> None:
    async def run() -> None:
        program = ("/no/such/program",) if command is None else ("sh", "-c", command)
        page = Action(action=TOPIC, command=program, timeout=0.2 if "within" in error else 20)
        async with alarming(actions=[page]) as world:
            await go_off(world)
            await delivered(world, [page], attempts=1)
            assert await results(world) == [("Failed", error)]

    asyncio.run(run())


def test_what_is_due_outlives_a_restart_and_a_changed_file(tmp_path: Path) -> None:
    async def run() -> None:
        with hook() as made:
            pager = Action(action=TOPIC, webhook=made.url)
            gone = Action(action=TOPIC, webhook=made.url, timeout=7)
            async with alarming(tmp_path, actions=[pager, gone]) as world:
                await go_off(world)
            async with alarming(tmp_path, at=NOON + 65) as world:
                assert len(list(store.all_due(world.alarms.reader))) == 2
                await delivered(world, [pager])
                assert made.received.get(timeout=PATIENCE_SECONDS)[1]["AlarmName"] == "high"
                assert sorted(map(str, await results(world))) == [
                    "('Failed', 'alarm_actions has no such entry any more')",
                    "('Succeeded', None)",
                ]

    asyncio.run(run())


def test_an_action_is_not_repeated_because_its_result_cannot_be_stored(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def run() -> None:
        with hook() as made:
            pager = Action(action="arn:aws:sns:*", webhook=made.url)
            async with alarming(actions=[pager]) as world:
                await go_off(world)
                engine = world.database.engine
                write, refusals = engine.write, [StorageFull("the disk is full")] * 3

                def refuse(body: Any) -> Any:
                    if not refusals:
                        return write(body)
                    future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
                    future.set_exception(refusals.pop())
                    return future

                monkeypatch.setattr(engine, "write", refuse, raising=False)
                monkeypatch.setattr(dispatch, "_RETRY_SECONDS", 0.0)
                await delivered(world, [pager])
                assert await results(world) == [("Succeeded", None)]
                made.received.get(timeout=PATIENCE_SECONDS)
                assert made.received.empty()

    asyncio.run(run())
    assert ["is not stored for now" in record.msg for record in caplog.records].count(True) == 1


def test_actions_that_nobody_has_configured_fail_visibly_and_policies_are_left_alone() -> None:
    async def run() -> None:
        policy = "arn:aws:autoscaling:us-east-1:1:scalingPolicy:id:resource/dynamodb/table/t:policyName/p"
        async with alarming() as world:
            await world.put(AlarmActions=[TOPIC, policy])
            await world.minute(40)
            assert await results(world) == [("Failed", "no entry of alarm_actions matches it")]
            assert (await world.history())[-1] == f"Failed to execute action {TOPIC}"

    asyncio.run(run())


def test_disabled_actions_are_not_carried_out() -> None:
    async def run() -> None:
        pager = Action(action=TOPIC, command=("true",))
        async with alarming(actions=[pager]) as world:
            await world.put(AlarmActions=[TOPIC], ActionsEnabled=False)
            await world.minute(40)
            assert list(store.all_due(world.alarms.reader)) == []
            await world("EnableAlarmActions", AlarmNames=["high"])
            await world.minute(40)
            assert list(store.all_due(world.alarms.reader)) == []

    asyncio.run(run())
