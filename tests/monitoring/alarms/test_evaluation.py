"""Verdicts on data: the tables of AWS's documentation, and what stands around them in words."""

from typing import Any

import pytest

from stator.monitoring.alarms.definition import ALARM, INSUFFICIENT_DATA, OK, MetricRule, metric_rule
from stator.monitoring.alarms.evaluation import Datum, Verdict, evaluate, range_of

MINUTE = 60
KEPT = None
X, GOOD, MISSING = 5.0, 0.0, None
VALUES = {"X": X, "0": GOOD, "-": MISSING}
TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def definition(**members: Any) -> dict[str, Any]:
    return {
        "AlarmName": "high",
        "ActionsEnabled": True,
        "Namespace": "Shop",
        "MetricName": "Orders",
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 3,
        "Threshold": 1.0,
        "ComparisonOperator": "GreaterThanThreshold",
        **members,
    }


def rule(**members: Any) -> MetricRule:
    return metric_rule(definition(**members))


def data(text: str, samples: float = 1.0) -> list[Datum]:
    """Data as AWS's tables write it, oldest first: X breaches, 0 does not, - is missing."""
    values = [VALUES[mark] for mark in reversed(text.split())]
    return [
        Datum(-MINUTE * number, value, None if value is None else samples)
        for number, value in enumerate(values, 1)
    ]


def state(verdict: Verdict | None) -> str | None:
    return KEPT if verdict is None else verdict.state


# "How alarm state is evaluated when data is missing", 3 out of 3, then 2 out of 3. The states are those for
# missing, ignore, breaching, notBreaching.
AWS = [
    (3, "0 - X - X", (OK, OK, OK, OK)),
    (3, "0 - - - -", (OK, OK, OK, OK)),
    (3, "- - - - -", (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
    (3, "0 X X - X", (ALARM, ALARM, ALARM, ALARM)),
    (3, "- - X - -", (ALARM, KEPT, ALARM, OK)),
    (2, "0 - X - X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 0 X 0 X", (ALARM, ALARM, ALARM, ALARM)),
    (2, "0 - X - -", (OK, OK, ALARM, OK)),
    (2, "- - - - 0", (OK, OK, ALARM, OK)),
    (2, "- - - X -", (ALARM, KEPT, ALARM, OK)),
    # The older table has these two, and the text on premature transitions the others.
    (3, "- - - - X", (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
    (3, "X - - - -", (ALARM, KEPT, ALARM, OK)),
    (3, "- - - X -", (INSUFFICIENT_DATA, KEPT, ALARM, OK)),
    (3, "- - - X 0", (OK, OK, OK, OK)),
    (3, "- - X - 0", (OK, OK, OK, OK)),
]


@pytest.mark.parametrize(("to_alarm", "points", "states"), AWS)
def test_missing_data(to_alarm: int, points: str, states: tuple[str | None, ...]) -> None:
    for treatment, expected in zip(TREATMENTS, states, strict=True):
        given = rule(DatapointsToAlarm=to_alarm, TreatMissingData=treatment)
        assert range_of(given) == 5
        assert state(evaluate(given, data(points))) == expected, treatment


def test_missing_data_of_dynamodb_is_ignored_whatever_is_set() -> None:
    queries = [
        {
            "Id": "m1",
            "MetricStat": {
                "Metric": {"Namespace": "AWS/DynamoDB", "MetricName": "x"},
                "Period": 60,
                "Stat": "Sum",
            },
        }
    ]
    for treatment in TREATMENTS:
        on_metric = rule(Namespace="AWS/DynamoDB", TreatMissingData=treatment)
        on_queries = rule(Metrics=queries, TreatMissingData=treatment, Namespace=None, Period=None)
        for given in (on_metric, on_queries):
            assert evaluate(given, data("- - - - -")) is KEPT
            assert state(evaluate(given, data("- - - - 0"))) == OK
            assert state(evaluate(given, data("- - X X X"))) == ALARM


@pytest.mark.parametrize(
    ("operator", "breaching"),
    [
        ("GreaterThanOrEqualToThreshold", (False, True, True)),
        ("GreaterThanThreshold", (False, False, True)),
        ("LessThanThreshold", (True, False, False)),
        ("LessThanOrEqualToThreshold", (True, True, False)),
    ],
)
def test_operators(operator: str, breaching: tuple[bool, ...]) -> None:
    given = rule(ComparisonOperator=operator, Threshold=5)
    assert tuple(map(given.breaches, (4.0, 5.0, 6.0))) == breaching


def test_the_newest_points_decide() -> None:
    given = rule(DatapointsToAlarm=2, EvaluationPeriods=3)
    assert state(evaluate(given, data("X X X 0 0"))) == OK
    assert state(evaluate(given, data("0 0 X 0 X"))) == ALARM


@pytest.mark.parametrize(
    ("statistic", "samples", "enough"),
    [
        ("p99", 999, False),
        ("p99", 1000, True),
        ("p50", 19, False),
        ("p50", 20, True),
        ("p10", 99, False),
        ("p10", 100, True),
        ("p100", 1, True),
    ],
)
def test_percentiles_of_few_samples(statistic: str, samples: int, enough: bool) -> None:
    members = {"Statistic": None, "ExtendedStatistic": statistic, "EvaluationPeriods": 1}
    found = data("- - X", samples)
    ignoring = rule(**members, EvaluateLowSampleCountPercentile="ignore")
    assert state(evaluate(ignoring, found)) == (ALARM if enough else KEPT)
    assert state(evaluate(rule(**members), found)) == ALARM
    assert state(evaluate(ignoring, data("- - -"))) == INSUFFICIENT_DATA
