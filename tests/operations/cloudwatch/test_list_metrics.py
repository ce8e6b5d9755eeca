"""ListMetrics: filters, pages, and what is not shown any more."""

from typing import Any

import pytest

from harness.cloudwatch import Cloud

DAY = 86_400


def names(reply: dict[str, Any]) -> list[str]:
    return sorted(metric["MetricName"] for metric in reply["Metrics"])


def dimensions(**values: str) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in values.items()]


@pytest.fixture
def some(cloud: Cloud) -> Cloud:
    cloud.put("Orders", {0: 1}, Dimensions=dimensions(Store="1", Till="2"))
    cloud.put("Orders", {0: 1}, Dimensions=dimensions(Store="2"))
    cloud.put("Returns", {0: 1}, Dimensions=dimensions(Store="1"))
    cloud.put("Orders", {0: 1}, namespace="web")
    return cloud


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, ["Orders", "Orders", "Orders", "Returns"]),
        ({"Namespace": "shop"}, ["Orders", "Orders", "Returns"]),
        ({"Namespace": "sho"}, []),
        ({"MetricName": "Orders"}, ["Orders", "Orders", "Orders"]),
        ({"Namespace": "web", "MetricName": "Orders"}, ["Orders"]),
        ({"Dimensions": [{"Name": "Store"}]}, ["Orders", "Orders", "Returns"]),
        ({"Dimensions": dimensions(Store="1")}, ["Orders", "Returns"]),
        ({"Dimensions": [*dimensions(Store="1"), {"Name": "Till"}]}, ["Orders"]),
        ({"Dimensions": dimensions(Store="3")}, []),
    ],
)
def test_filters(some: Cloud, filters: dict[str, Any], found: list[str]) -> None:
    assert names(some("ListMetrics", **filters)) == found


def test_a_metric_as_it_is_shown(some: Cloud) -> None:
    assert some("ListMetrics", Dimensions=[{"Name": "Till"}], IncludeLinkedAccounts=True) == {
        "Metrics": [
            {"Namespace": "shop", "MetricName": "Orders", "Dimensions": dimensions(Store="1", Till="2")}
        ],
        "OwningAccounts": ["000000000000"],
    }


def test_pages(cloud: Cloud) -> None:
    for start in (0, 600):
        data = [{"MetricName": f"n{number}", "Value": 1} for number in range(start, start + 600)]
        cloud("PutMetricData", Namespace="many", MetricData=data)
    cloud.put("other", {0: 1})
    seen: list[str] = []
    sizes = []
    more: dict[str, str] = {}
    while True:
        reply = cloud("ListMetrics", Namespace="many", **more)
        sizes.append(len(reply["Metrics"]))
        seen += names(reply)
        if "NextToken" not in reply:
            break
        more = {"NextToken": reply["NextToken"]}
    assert sizes == [500, 500, 200]
    assert sorted(seen) == sorted(f"n{number}" for number in range(1_200))
    wrong = ("InvalidParameterValueException", "Invalid nextToken")
    assert cloud.refused("ListMetrics", Namespace="shop", **more) == wrong
    for token in ("", "x", "ü", "AAAA", more["NextToken"][:-4]):
        assert cloud.refused("ListMetrics", Namespace="many", NextToken=token) == wrong


def test_what_was_not_seen_for_long(some: Cloud) -> None:
    some.clock.seconds += 2 * 3_600
    assert len(names(some("ListMetrics", RecentlyActive="PT3H"))) == 4
    some.clock.seconds += 2 * 3_600
    assert names(some("ListMetrics", RecentlyActive="PT3H")) == []
    some.put("Returns", {4 * 3_600: 1}, Dimensions=dimensions(Store="1"))
    assert names(some("ListMetrics", RecentlyActive="PT3H")) == ["Returns"]
    some.clock.seconds += 14 * DAY
    assert names(some("ListMetrics")) == ["Returns"]
    some.clock.seconds += DAY
    assert names(some("ListMetrics")) == []
