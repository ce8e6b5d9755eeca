"""PutMetricData: what is kept, and what is refused in which words."""

from typing import Any

import pytest

from harness.cloudwatch import NOON, Cloud
from stator.monitoring.metrics.points import Point, metric, of_values

ORDERS = metric("shop", "Orders")
MINUTE = int(NOON) - int(NOON) % 60
INVALID = "InvalidParameterValueException"
COMBINATION = "InvalidParameterCombinationException"
MISSING = "MissingRequiredParameterException"


def points(cloud: Cloud, unit: str | None = None) -> list[tuple[int, Point]]:
    return cloud.store.read(ORDERS, MINUTE - 86_400, MINUTE + 86_400, 60, unit)


def put(cloud: Cloud, *data: dict[str, Any]) -> None:
    cloud("PutMetricData", Namespace="shop", MetricData=[{"MetricName": "Orders", **one} for one in data])


def refused(cloud: Cloud, **datum: Any) -> tuple[str, str | None]:
    try:
        return cloud.refused(
            "PutMetricData", Namespace="shop", MetricData=[{"MetricName": "Orders", **datum}]
        )
    finally:
        assert points(cloud) == []


def test_the_ways_to_give_values(cloud: Cloud) -> None:
    put(
        cloud,
        {"Value": 3},
        {"Values": [1, 2, 3], "Counts": [4, 1, 1]},
        {"Values": [7]},
        {"StatisticValues": {"SampleCount": 2, "Sum": 10, "Minimum": 5, "Maximum": 5}},
    )
    assert points(cloud) == [(MINUTE, of_values({3: 2, 1: 4, 2: 1, 7: 1, 5: 2}))]
    put(cloud, {"StatisticValues": {"SampleCount": 3, "Sum": 10, "Minimum": 1, "Maximum": 8}})
    assert points(cloud) == [(MINUTE, Point(13, 39, 1, 8))]


def test_times_units_and_resolutions(cloud: Cloud) -> None:
    put(
        cloud,
        {"Value": 1, "Timestamp": NOON - 61, "Unit": "Seconds"},
        {"Value": 2, "Timestamp": NOON + 7_199},
        {"Value": 4, "Timestamp": NOON + 3, "StorageResolution": 1},
        {"Value": 8, "Timestamp": NOON + 3, "StorageResolution": 60},
    )
    assert [(time - MINUTE, point.sum) for time, point in points(cloud)] == [(-120, 1), (0, 12), (7_140, 2)]
    assert [point.sum for _, point in points(cloud, "None")] == [12, 2]
    assert [point.sum for _, point in points(cloud, "Seconds")] == [1]
    seconds = cloud.store.read(ORDERS, MINUTE, MINUTE + 60, 1)
    assert [(time - MINUTE, point.sum) for time, point in seconds] == [(3, 4)]


def test_data_of_entities_count_too(cloud: Cloud) -> None:
    entity = {"KeyAttributes": {"Type": "Service", "Name": "shop"}}
    cloud(
        "PutMetricData",
        Namespace="shop",
        EntityMetricData=[{"Entity": entity, "MetricData": [{"MetricName": "Orders", "Value": 1}]}],
    )
    assert points(cloud) == [(MINUTE, of_values({1: 1}))]


def test_order_of_dimensions_does_not_matter(cloud: Cloud) -> None:
    one, other = {"Name": "Store", "Value": "1"}, {"Name": "Till", "Value": "2"}
    put(
        cloud,
        {"Value": 1, "Dimensions": [one, other]},
        {"Value": 2, "Dimensions": [other, one]},
        {"Value": 4, "Dimensions": [one]},
    )
    assert sorted(len(known.metric.dimensions) for known in cloud.store.known()) == [1, 2]
    both = metric("shop", "Orders", {"Till": "2", "Store": "1"})
    assert cloud.store.read(both, MINUTE, MINUTE + 60, 60) == [(MINUTE, of_values({1: 1, 2: 1}))]


@pytest.mark.parametrize(
    ("datum", "shape", "message"),
    [
        (
            {},
            COMBINATION,
            "At least one of the parameters MetricData.member.1.Value, MetricData.member.1.StatisticValues"
            " and MetricData.member.1.Values must be specified.",
        ),
        (
            {"Value": 1, "Values": [1]},
            COMBINATION,
            "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive"
            " and you have specified both.",
        ),
        ({"Value": "NaN"}, INVALID, "The value NaN for parameter MetricData.member.1.Value is invalid."),
        (
            {"Value": "-Infinity"},
            INVALID,
            "The value -Infinity for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            {"Value": 2.0**361},
            INVALID,
            f"The value {2.0**361} for parameter MetricData.member.1.Value is invalid.",
        ),
        (
            {"Values": [1, 2], "Counts": [1]},
            INVALID,
            "The parameters MetricData.member.1.Values and MetricData.member.1.Counts must be of the same"
            " size.",
        ),
        (
            {"Values": [1, "NaN"]},
            INVALID,
            "The value NaN for parameter MetricData.member.1.Values.member.2 is invalid.",
        ),
        (
            {"Values": [1], "Counts": [0]},
            INVALID,
            "The value 0.0 for parameter MetricData.member.1.Counts.member.1 is invalid.",
        ),
        (
            {"Values": list(range(151))},
            INVALID,
            "The collection MetricData.member.1.Values must not have a size greater than 150.",
        ),
        (
            {"StatisticValues": {"SampleCount": 1, "Sum": 1, "Minimum": 2, "Maximum": 1}},
            INVALID,
            "The parameter MetricData.member.1.StatisticValues.Maximum must be greater than"
            " MetricData.member.1.StatisticValues.Minimum.",
        ),
        (
            {"StatisticValues": {"SampleCount": 1}},
            MISSING,
            "The parameter MetricData.member.1.StatisticValues.Sum is required.",
        ),
        (
            {"Value": 1, "Timestamp": NOON - 15 * 86_400},
            INVALID,
            "The parameter MetricData.member.1.Timestamp must specify a time within the past two weeks.",
        ),
        (
            {"Value": 1, "Timestamp": NOON + 7_201},
            INVALID,
            "The parameter MetricData.member.1.Timestamp must specify a time no more than two hours in the"
            " future.",
        ),
        (
            {"Value": 1, "StorageResolution": 5},
            INVALID,
            "The parameter MetricData.member.1.StorageResolution must be a value in the set [ 1, 60 ].",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "a", "Value": "1"}, {"Name": "a", "Value": "2"}]},
            INVALID,
            "The values for parameter Name in MetricData.member.1.Dimensions are not unique.",
        ),
        (
            {"Value": 1, "Dimensions": [{"Name": "a", "Value": "ü"}]},
            INVALID,
            "The value ü for parameter MetricData.member.1.Dimensions.member.1.Value contains non-ASCII"
            " characters.",
        ),
        (
            {"Value": 1, "MetricName": "a\0b"},
            INVALID,
            "The value a\0b for parameter MetricData.member.1.MetricName is invalid.",
        ),
    ],
)
def test_refusals(cloud: Cloud, datum: dict[str, Any], shape: str, message: str) -> None:
    assert refused(cloud, **datum) == (shape, message)


def test_refusals_of_the_whole(cloud: Cloud) -> None:
    data = [{"MetricName": "Orders", "Value": 1}]
    assert cloud.refused("PutMetricData", Namespace="AWS/DynamoDB", MetricData=data) == (
        INVALID,
        "The value AWS/ for parameter Namespace is invalid.",
    )
    assert cloud.refused("PutMetricData", MetricData=data) == (
        MISSING,
        "The parameter Namespace is required.",
    )
    assert cloud.refused("PutMetricData", Namespace="shop") == (
        MISSING,
        "The parameter MetricData is required.",
    )
    assert cloud.refused("PutMetricData", Namespace="shop", MetricData=data * 1001) == (
        INVALID,
        "The collection MetricData must not have a size greater than 1000.",
    )
    assert (
        cloud.refused("PutMetricData", Namespace="shop", MetricData=[*data, {"MetricName": "b"}])[0]
        == COMBINATION
    )
    assert points(cloud) == [], "nothing of a request that is refused is kept"
