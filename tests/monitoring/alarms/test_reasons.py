"""The words of states, letter by letter as CloudWatch has sent them, and the data behind them."""

import json
from typing import Any

import pytest

from stator.monitoring.alarms.definition import MetricRule, metric_rule
from stator.monitoring.alarms.evaluation import Datum, evaluate
from stator.monitoring.alarms.reasons import REASON_DATA_MAX, reason, reason_data
from stator.monitoring.alarms.wording import number

END = 1_795_187_400  # 20 November 2026, 15:10 UTC
BASE = {
    "AlarmName": "high",
    "ActionsEnabled": True,
    "Namespace": "Shop",
    "MetricName": "Orders",
    "Statistic": "Sum",
    "Period": 60,
}


def rule(periods: int, operator: str, threshold: float, **members: Any) -> MetricRule:
    return metric_rule(
        BASE
        | {"EvaluationPeriods": periods, "ComparisonOperator": f"{operator}Threshold", "Threshold": threshold}
        | members
    )


def told(given: MetricRule, *values: float | None) -> str:
    """The reason of the state that values ask for, newest first, the rest of the range being missing."""
    verdict = evaluate(given, padded(given, values))
    assert verdict is not None
    return reason(given, verdict)


def padded(given: MetricRule, values: tuple[float | None, ...]) -> list[Datum]:
    count = given.periods + 2
    found = [*values, *[None] * count][:count]
    return [
        Datum(END - given.period * number, value, None if value is None else 1.0)
        for number, value in enumerate(found, 1)
    ]


GREATER, AT_LEAST, LESS = "GreaterThan", "GreaterThanOrEqualTo", "LessThan"

TEXTS = [
    (
        rule(1, GREATER, 1),
        [5],
        "Threshold Crossed: 1 datapoint [5.0 (20/11/26 15:09:00)] was greater than the threshold (1.0).",
    ),
    (
        rule(1, GREATER, 1),
        [1],
        "Threshold Crossed: 1 datapoint [1.0 (20/11/26 15:09:00)] was not greater than the threshold (1.0).",
    ),
    (
        rule(3, AT_LEAST, 1),
        [4, 5, 1],
        "Threshold Crossed: 3 datapoints [4.0 (20/11/26 15:09:00), 5.0 (20/11/26 15:08:00), "
        "1.0 (20/11/26 15:07:00)] were greater than or equal to the threshold (1.0).",
    ),
    (
        rule(1, GREATER, 50, DatapointsToAlarm=1),
        [99.50160229693434],
        "Threshold Crossed: 1 out of the last 1 datapoints [99.50160229693434 (20/11/26 15:09:00)] was "
        "greater than the threshold (50.0) (minimum 1 datapoint for OK -> ALARM transition).",
    ),
    (
        rule(2, AT_LEAST, 1, DatapointsToAlarm=2),
        [0, 3],
        "Threshold Crossed: 1 out of the last 2 datapoints [0.0 (20/11/26 15:09:00)] was not greater than or "
        "equal to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).",
    ),
    (
        rule(5, LESS, 65, DatapointsToAlarm=5),
        [0, 0, 0, 0, 0],
        "Threshold Crossed: 5 out of the last 5 datapoints were less than the threshold (65.0). The most "
        "recent datapoints which crossed the threshold: [0.0 (20/11/26 15:09:00), 0.0 (20/11/26 15:08:00), "
        "0.0 (20/11/26 15:07:00), 0.0 (20/11/26 15:06:00), 0.0 (20/11/26 15:05:00)] (minimum 5 datapoints "
        "for OK -> ALARM transition).",
    ),
    (
        rule(20, AT_LEAST, 1, DatapointsToAlarm=1, TreatMissingData="notBreaching"),
        [613],
        "Threshold Crossed: 1 out of the last 20 datapoints [613.0 (20/11/26 15:09:00)] was greater than or "
        "equal to the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] (minimum 1 "
        "datapoint for OK -> ALARM transition).",
    ),
    (
        rule(2, AT_LEAST, 1, TreatMissingData="breaching"),
        [0],
        "Threshold Crossed: 1 datapoint [0.0 (20/11/26 15:09:00)] was not greater than or equal to the "
        "threshold (1.0) and 1 missing datapoint was treated as [Breaching].",
    ),
    (
        rule(3, GREATER, 1, TreatMissingData="notBreaching"),
        [],
        "Threshold Crossed: no datapoints were received for 3 periods and 3 missing datapoints were treated "
        "as [NonBreaching].",
    ),
    (
        rule(1, GREATER, 1, TreatMissingData="breaching"),
        [],
        "Threshold Crossed: no datapoints were received for 1 period and 1 missing datapoint was treated as "
        "[Breaching].",
    ),
    (
        rule(3, GREATER, 1, DatapointsToAlarm=2, TreatMissingData="breaching"),
        [0],
        "Threshold Crossed: 1 datapoint was received for 3 periods and 2 missing datapoints were treated as "
        "[Breaching].",
    ),
    (rule(1, GREATER, 1), [], "Insufficient Data: 1 datapoint was unknown."),
    (rule(5, GREATER, 1), [], "Insufficient Data: 5 datapoints were unknown."),
    (
        rule(3, LESS, 1, DatapointsToAlarm=3),
        [None, None, 0],
        "Threshold Crossed: 1 out of the last 3 datapoints [0.0 (20/11/26 15:07:00)] was less than the "
        "threshold (1.0) (minimum 3 datapoints for OK -> ALARM transition).",
    ),
]


@pytest.mark.parametrize(("given", "values", "text"), TEXTS)
def test_reason(given: MetricRule, values: list[float | None], text: str) -> None:
    assert told(given, *values) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (5, "5.0"),
        (0.25, "0.25"),
        (1_893_750, "1893750.0"),
        (1e7, "1.0E7"),
        (123_456_789, "1.23456789E8"),
        (5e-4, "5.0E-4"),
        (-0.000123, "-1.23E-4"),
        (0.001, "0.001"),
        (0, "0.0"),
    ],
)
def test_numbers_are_written_as_java_does(value: float, text: str) -> None:
    assert number(value) == text


def test_reason_data() -> None:
    given = rule(2, GREATER, 30, Unit="Percent")
    verdict = evaluate(given, padded(given, (10.25, 10.0)))
    assert verdict is not None
    assert reason_data(given, verdict, END + 38.0314) == (
        '{"version":"1.0","queryDate":"2026-11-20T15:10:38.031+0000","startDate":"2026-11-20T15:08:00.000+0000",'
        '"unit":"Percent","statistic":"Sum","period":60,"recentDatapoints":[10.0,10.25],"threshold":30.0,'
        '"evaluatedDatapoints":[{"timestamp":"2026-11-20T15:09:00.000+0000","sampleCount":1.0,"value":10.25},'
        '{"timestamp":"2026-11-20T15:08:00.000+0000","sampleCount":1.0,"value":10.0}]}'
    )


def test_reason_data_without_data_has_no_start() -> None:
    given = rule(1, GREATER, 5)
    verdict = evaluate(given, padded(given, ()))
    assert verdict is not None
    assert reason_data(given, verdict, END) == (
        '{"version":"1.0","queryDate":"2026-11-20T15:10:00.000+0000","statistic":"Sum","period":60,'
        '"recentDatapoints":[],"threshold":5.0,'
        '"evaluatedDatapoints":[{"timestamp":"2026-11-20T15:09:00.000+0000"}]}'
    )


def test_reason_data_of_many_periods_keeps_to_its_length() -> None:
    given = rule(1440, GREATER, 5)
    verdict = evaluate(given, padded(given, tuple([6.0] * 1440)))
    assert verdict is not None
    text = reason_data(given, verdict, END)
    assert len(text) <= REASON_DATA_MAX
    assert json.loads(text)["evaluatedDatapoints"][0]["timestamp"] == "2026-11-20T15:09:00.000+0000"
