"""GetMetricStatistics: datapoints, units, rounding, and refusals."""

from typing import Any

import pytest

from harness.cloudwatch import NOON, Cloud

INVALID = "InvalidParameterValueException"
COMBINATION = "InvalidParameterCombinationException"


def asked(**members: Any) -> dict[str, Any]:
    request = {
        "Namespace": "shop",
        "MetricName": "Orders",
        "StartTime": NOON,
        "EndTime": NOON + 600,
        "Period": 60,
        "Statistics": ["Sum"],
        **members,
    }
    return {name: value for name, value in request.items() if value is not None}


def sums(reply: dict[str, Any]) -> list[tuple[float, float]]:
    return [(point["Timestamp"] - NOON, point["Sum"]) for point in reply["Datapoints"]]


def test_what_was_asked_for_and_no_more(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1, 1: 2, 59: 6, 60: 4}, Unit="Count")
    reply = cloud(
        "GetMetricStatistics", **asked(Statistics=["Sum", "Average"], ExtendedStatistics=["p50", "tm50"])
    )
    assert reply == {
        "Label": "Orders",
        "Datapoints": [
            {
                "Timestamp": NOON,
                "Sum": 9,
                "Average": 3,
                "Unit": "Count",
                "ExtendedStatistics": {"p50": 2, "tm50": pytest.approx(2 / 1.5)},
            },
            {
                "Timestamp": NOON + 60,
                "Sum": 4,
                "Average": 4,
                "Unit": "Count",
                "ExtendedStatistics": {"p50": 4, "tm50": 4},
            },
        ],
    }


def test_periods_begin_with_the_start(cloud: Cloud) -> None:
    """One datapoint for the last ten minutes, wherever they begin; the start is rounded to its minute."""
    cloud.put("Orders", {60 * minute: minute for minute in range(20)})
    reply = cloud("GetMetricStatistics", **asked(StartTime=NOON + 150, EndTime=NOON + 720, Period=600))
    assert sums(reply) == [(120, sum(range(2, 12)))]
    reply = cloud("GetMetricStatistics", **asked(StartTime=NOON + 150, EndTime=NOON + 721, Period=600))
    assert sums(reply) == [(120, sum(range(2, 12))), (720, 12)]


def test_units_are_answered_apart(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1}, Unit="Count")
    cloud.put("Orders", {0: 2, 60: 4})
    reply = cloud("GetMetricStatistics", **asked())
    assert [(point["Unit"], point["Sum"]) for point in reply["Datapoints"]] == [
        ("None", 2),
        ("Count", 1),
        ("None", 4),
    ]
    assert sums(cloud("GetMetricStatistics", **asked(Unit="Count"))) == [(0, 1)]
    assert sums(cloud("GetMetricStatistics", **asked(Unit="Bytes"))) == []


def test_percentiles_of_statistic_sets(cloud: Cloud) -> None:
    set_ = {"SampleCount": 3, "Sum": 9, "Minimum": 1, "Maximum": 7}
    data = [{"MetricName": "Orders", "Timestamp": NOON, "StatisticValues": set_}]
    cloud("PutMetricData", Namespace="shop", MetricData=data)
    extended = asked(Statistics=None, ExtendedStatistics=["p99"])
    assert cloud("GetMetricStatistics", **extended)["Datapoints"] == []
    both = cloud("GetMetricStatistics", **asked(ExtendedStatistics=["p99"]))["Datapoints"]
    assert both == [{"Timestamp": NOON, "Sum": 9, "Unit": "None"}]


def test_short_periods(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1, 4: 2, 5: 4, 31: 8}, StorageResolution=1)
    assert sums(cloud("GetMetricStatistics", **asked(Period=5))) == [(0, 3), (5, 4), (30, 8)]
    cloud.clock.seconds += 4 * 3_600
    assert sums(cloud("GetMetricStatistics", **asked(Period=5))) == []
    assert sums(cloud("GetMetricStatistics", **asked())) == [(0, 15)]


def test_what_is_old_is_only_seen_with_longer_periods(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1, 60: 2})
    cloud.clock.seconds += 16 * 86_400
    assert sums(cloud("GetMetricStatistics", **asked())) == []
    assert sums(cloud("GetMetricStatistics", **asked(Period=300))) == [(0, 3)]
    cloud.run(cloud.store.trim(cloud.clock.now()))
    assert sums(cloud("GetMetricStatistics", **asked(Period=300))) == [(0, 3)]


@pytest.mark.parametrize(
    ("members", "shape", "message"),
    [
        (
            {"EndTime": NOON},
            INVALID,
            "The parameter StartTime must be less than the parameter EndTime.",
        ),
        (
            {"Statistics": None},
            COMBINATION,
            "At least one of the parameters Statistics and ExtendedStatistics must be specified.",
        ),
        (
            {"EndTime": NOON + 1441 * 60},
            COMBINATION,
            "You have requested up to 1441 datapoints, which exceeds the limit of 1440. You may reduce the"
            " datapoints requested by increasing Period, or decreasing the time range.",
        ),
        ({"Period": 90}, INVALID, "The parameter Period must be a multiple of 60."),
        ({"Period": 7}, INVALID, "The parameter Period must be a value in the set [ 1, 5, 10, 20, 30 ]."),
        (
            {"ExtendedStatistics": ["p90", "Sum"]},
            INVALID,
            "The value for parameter ExtendedStatistics.member.2 is not a valid statistic.",
        ),
        (
            {"Statistics": ["p90"]},
            INVALID,
            "The parameter Statistics.member.1 must be a value in the set"
            " [ SampleCount, Average, Sum, Minimum, Maximum ].",
        ),
        ({"MetricName": None}, "MissingRequiredParameterException", "The parameter MetricName is required."),
    ],
)
def test_refusals(cloud: Cloud, members: dict[str, Any], shape: str, message: str) -> None:
    assert cloud.refused("GetMetricStatistics", **asked(**members)) == (shape, message)
