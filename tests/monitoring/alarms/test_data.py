"""What alarms look at: long ranges are read in steps, and rarely."""

import asyncio
from random import Random
from typing import Any

import pytest

from harness.alarms import NOON, ORDERS, alarming
from stator.base.pace import Pace
from stator.monitoring.alarms import evaluator
from stator.monitoring.alarms.data import data_of
from stator.monitoring.alarms.definition import metric_rule
from stator.monitoring.alarms.evaluation import Datum
from stator.monitoring.metrics.points import Sample, of_values
from stator.monitoring.metrics.statistics import statistic

DAY = 86_400


@pytest.mark.parametrize("period", [60, 300, 3600, 15_060, 21_600, DAY])
def test_reading_in_steps_reads_the_same(period: int) -> None:
    async def run() -> None:
        random = Random(period)
        async with alarming() as world:
            minutes = random.sample(range(NOON - 3 * DAY, NOON, 60), 400)
            await world.stage.metrics.add(
                Sample(ORDERS, "Count", minute, of_values({random.random(): 2.0})) for minute in minutes
            )
            asked = {
                "Namespace": ORDERS.namespace,
                "MetricName": ORDERS.name,
                "Dimensions": [{"Name": "Store", "Value": "1"}],
                "Period": period,
                "EvaluationPeriods": 1 if period == DAY else 5,
                "Threshold": 1.0,
                "ComparisonOperator": "LessThanThreshold",
            }
            store = world.stage.metrics
            for stat in ("Sum", "SampleCount", "p90"):
                rule = metric_rule(asked | {"Statistic": stat})
                end = NOON - 60
                data = await data_of(rule, end, store, Pace())
                start = end - len(data) * period
                direct = {
                    time: Datum(time, pytest.approx(statistic(point, stat)), point.samples)
                    for time, point in store.read(ORDERS, start, end, period)
                }
                assert [found.time for found in data] == list(range(end - period, start - 1, -period))
                assert [found for found in data if found.value is not None] == list(reversed(direct.values()))

    asyncio.run(run())


def test_alarms_on_more_than_a_day_are_evaluated_with_the_hour() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Period=DAY, EvaluationPeriods=2, DatapointsToAlarm=1)
            await world.put("short", Period=DAY)
            await world.minute(40)
            states = []
            for _ in range(4):
                states.append((await world.state(), await world.state("short")))
                await world.wait(20 * 60)
            waiting, gone_off = ("INSUFFICIENT_DATA", "ALARM"), ("ALARM", "ALARM")
            assert states == [waiting, waiting, waiting, gone_off]

    asyncio.run(run())


def test_an_alarm_that_meets_a_bug_keeps_no_other_from_being_evaluated(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = evaluator.data_of

    async def broken(rule: Any, *rest: Any) -> Any:
        if rule.threshold == 13:
            raise ZeroDivisionError
        return await real(rule, *rest)

    async def run() -> None:
        async with alarming() as world:
            await world.put("broken", Threshold=13.0)
            await world.put("sound")
            await world.minute(40)
            assert await world.state("sound") == "ALARM"
            assert await world.state("broken") == "INSUFFICIENT_DATA"

    monkeypatch.setattr(evaluator, "data_of", broken)
    asyncio.run(run())
    assert {vars(record)["alarm"] for record in caplog.records if record.levelname == "ERROR"} == {"broken"}
