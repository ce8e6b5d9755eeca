"""GetMetricData: queries, expressions, order, pages, labels, and refusals."""

from typing import Any

import pytest

from harness.cloudwatch import NOON, Cloud
from stator.monitoring.metrics.math import search
from stator.operations.cloudwatch import metric_data, reading

INVALID = "ValidationException"


def stat(
    id_: str = "m1", name: str = "Orders", stat: str = "Sum", period: int = 60, **more: Any
) -> dict[str, Any]:
    metric = {"Namespace": "shop", "MetricName": name}
    inner = {key: more.pop(key) for key in ("Unit",) if key in more}
    return {"Id": id_, "MetricStat": {"Metric": metric, "Period": period, "Stat": stat, **inner}, **more}


def expression(id_: str, text: str, **more: Any) -> dict[str, Any]:
    return {"Id": id_, "Expression": text, **more}


def asked(*queries: dict[str, Any], **members: Any) -> dict[str, Any]:
    return {
        "MetricDataQueries": list(queries),
        "StartTime": NOON,
        "EndTime": NOON + 600,
        "ScanBy": "TimestampAscending",
        **members,
    }


def values(reply: dict[str, Any]) -> dict[str, list[tuple[float, float]]]:
    return {
        result["Label"]: [
            (time - NOON, value) for time, value in zip(result["Timestamps"], result["Values"], strict=True)
        ]
        for result in reply["MetricDataResults"]
    }


def test_metrics_and_expressions(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1, 60: 3, 61: 5, 180: 4})
    cloud.put("Lost", {60: 2})
    reply = cloud(
        "GetMetricData",
        **asked(
            stat(),
            stat("m2", "Lost", ReturnData=False),
            expression("e1", "100 * m2 / m1", Label="Percent lost"),
            stat("m3", stat="p100", period=300, Label="Most"),
            stat("m4", "Nothing"),
        ),
    )
    assert reply["MetricDataResults"][0] == {
        "Id": "m1",
        "Label": "Orders",
        "Timestamps": [NOON, NOON + 60, NOON + 180],
        "Values": [1, 8, 4],
        "StatusCode": "Complete",
    }
    assert reply["Messages"] == []
    assert values(reply) == {
        "Orders": [(0, 1), (60, 8), (180, 4)],
        "Percent lost": [(0, 0), (60, 25), (180, 0)],
        "Most": [(0, 5)],
        "Nothing": [],
    }


def test_newest_first_unless_asked_otherwise(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1, 60: 2})
    request = asked(stat())
    del request["ScanBy"]
    assert values(cloud("GetMetricData", **request)) == {"Orders": [(60, 2), (0, 1)]}


def test_periods_begin_at_multiples_of_themselves(cloud: Cloud) -> None:
    cloud.put("Orders", {60 * minute: 1 for minute in range(-10, 20)})
    reply = cloud("GetMetricData", **asked(stat(period=300), StartTime=NOON + 130, EndTime=NOON + 700))
    assert values(reply) == {"Orders": [(0, 5), (300, 5), (600, 2)]}


def test_units(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 1}, Unit="Count")
    cloud.put("Orders", {0: 2})
    for unit, found in (({}, [(0, 3)]), ({"Unit": "Count"}, [(0, 1)]), ({"Unit": "Bytes"}, [])):
        assert values(cloud("GetMetricData", **asked(stat(**unit)))) == {"Orders": found}


def all_pages(cloud: Cloud, request: dict[str, Any]) -> list[dict[str, Any]]:
    pages: list[dict[str, Any]] = []
    more: dict[str, str] = {}
    while True:
        pages.append(cloud("GetMetricData", **request, **more))
        if "NextToken" not in pages[-1]:
            return pages
        more = {"NextToken": pages[-1]["NextToken"]}


@pytest.mark.parametrize("order", ["TimestampAscending", "TimestampDescending"])
@pytest.mark.parametrize("room", [1, 2, 3, 5, 8, 100])
def test_pages_come_to_the_whole(cloud: Cloud, order: str, room: int) -> None:
    cloud.put("Orders", {60 * minute: minute for minute in range(5)})
    cloud.put("Lost", {60 * minute: minute for minute in range(0, 10, 3)})
    request = asked(
        stat("m1"),
        stat("m2", "Lost"),
        stat("m3", "Nothing"),
        expression("e1", "METRICS() * 2"),
        expression("e2", "m1 + m2", ReturnData=False),
        ScanBy=order,
    )
    [whole] = all_pages(cloud, request)
    pages = all_pages(cloud, {**request, "MaxDatapoints": room})
    joined: dict[tuple[str, str], list[float]] = {}
    for page in pages:
        results = page["MetricDataResults"]
        assert sum(len(result["Values"]) for result in results) <= room
        assert [result["StatusCode"] for result in results[:-1]] == ["Complete"] * (len(results) - 1)
        for result in results:
            joined.setdefault((result["Id"], result["Label"]), []).extend(result["Values"])
    assert joined == {
        (result["Id"], result["Label"]): result["Values"] for result in whole["MetricDataResults"]
    }
    assert len(pages) == 1 if room >= 18 else len(pages) >= 18 / room


def test_a_page_that_ends_inside_a_series_says_so(cloud: Cloud) -> None:
    """What comes meanwhile changes nothing of where the next page goes on."""
    cloud.put("Orders", {60 * minute: minute for minute in range(5)})
    request = asked(stat(), ScanBy="TimestampDescending", MaxDatapoints=3)
    first = cloud("GetMetricData", **request)
    assert first["MetricDataResults"][0]["StatusCode"] == "PartialData"
    cloud.put("Orders", {360: 1})
    second = cloud("GetMetricData", **request, NextToken=first["NextToken"])
    assert values(second) == {"Orders": [(60, 1), (0, 0)]}
    other = {**request, "StartTime": NOON + 60}
    wrong = ("InvalidNextToken", "Invalid nextToken")
    assert cloud.refused("GetMetricData", **other, NextToken=first["NextToken"]) == wrong
    assert cloud.refused("GetMetricData", **request, NextToken="gA==") == wrong


def test_dropped_values_are_told_of(cloud: Cloud) -> None:
    cloud.put("Orders", {0: 0, 60: 4})
    [result] = cloud("GetMetricData", **asked(stat(ReturnData=False), expression("e1", "8 / m1")))[
        "MetricDataResults"
    ]
    assert (result["Label"], result["Values"], result["StatusCode"]) == ("e1", [2], "Complete")
    [message] = result["Messages"]
    assert message["Code"] == "ArithmeticError"
    assert message["Value"].startswith("One or more data-points have been dropped")


def test_searches(cloud: Cloud) -> None:
    for table in ("users", "orders"):
        cloud.put("Reads", {0: len(table)}, Dimensions=[{"Name": "TableName", "Value": table}])
    cloud.put("Reads", {0: 100})
    search = "SEARCH('{shop, TableName} MetricName=Reads', 'Sum', 60)"
    reply = cloud("GetMetricData", **asked(expression("e1", search), expression("e2", "SUM(e1)")))
    assert values(reply) == {"orders": [(0, 6)], "users": [(0, 5)], "e2": [(0, 11)]}
    cloud.clock.seconds += 16 * 86_400
    assert values(cloud("GetMetricData", **asked(expression("e1", search)))) == {}


def test_labels_with_variables(cloud: Cloud) -> None:
    for table in ("users", "orders"):
        cloud.put("Reads", {0: 1, 60: len(table)}, Dimensions=[{"Name": "TableName", "Value": table}])
    cloud.put("Orders", {0: 1, 60: 3})
    search = "SEARCH('{shop, TableName} MetricName=Reads', 'Sum', 60)"
    queries = (
        expression("e1", search, Label="${PROP('Dim.TableName')} of ${LABEL}, at most ${MAX}"),
        stat(Label="${LABEL} ${AVG} ${PROP('Stat')}/${PROP('Period')} ${MAX_TIME} ${WHAT}", stat="Maximum"),
        expression("e2", "m1 * 2", Label="${LABEL}: ${SUM} in ${DATAPOINT_COUNT}, ${PROP('MetricName')}"),
        stat("m2", "Nothing", Label="${LABEL} ${MIN}${LAST_TIME}"),
    )
    reply = cloud("GetMetricData", **asked(*queries, LabelOptions={"Timezone": "+0130"}))
    assert list(values(reply)) == [
        "orders of orders, at most 6",
        "users of users, at most 5",
        "Orders 2 Maximum/60 2027-01-15 09:31:00 +0130 ${WHAT}",
        "e2: 8 in 2, Orders",
        "Nothing ",
    ]


def test_a_range_without_bounds_is_one_of_what_is_kept(cloud: Cloud) -> None:
    """It would take all memory to fill every minute since 1970."""
    cloud.put("Orders", {0: 1})
    request = asked(
        stat(), expression("e1", "FILL(m1, 0)"), StartTime=0, EndTime=NOON * 2, MaxDatapoints=30_000
    )
    page = all_pages(cloud, request)[0]
    assert len(page["MetricDataResults"][1]["Values"]) < 30_000
    assert sum(page["MetricDataResults"][1]["Values"]) == 1


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (
            stat("M1"),
            "The value M1 for parameter MetricDataQueries.member.1.Id is not matching the expected pattern"
            " ^[a-z][a-zA-Z0-9_]*$.\n",
        ),
        ({"Id": "m1"}, "The parameter MetricDataQueries.member.1.MetricStat is required.\n"),
        (
            stat(Expression="1"),
            "The parameters MetricDataQueries.member.1.Expression and MetricDataQueries.member.1.MetricStat"
            " are mutually exclusive and you have specified both.\n",
        ),
        (
            stat(stat="Best", period=90),
            "The parameter MetricDataQueries.member.1.MetricStat.Period must be a multiple of 60.\n"
            "The value for parameter MetricDataQueries.member.1.MetricStat.Stat is not a valid statistic.\n",
        ),
        (
            {"Id": "m1", "MetricStat": {"Metric": {}, "Period": 60, "Stat": "Sum"}},
            "The parameter MetricDataQueries.member.1.MetricStat.Metric.Namespace is required.\n"
            "The parameter MetricDataQueries.member.1.MetricStat.Metric.MetricName is required.\n",
        ),
        (expression("e1", "m1 +"), "Error in expression 'e1': Invalid syntax"),
        (expression("e1", "FOO(m1)"), "Error in expression 'e1': Function 'FOO' not found"),
        (
            expression("e1", "TIME_SERIES('a')"),
            "Error in expression 'e1': Unsupported argument type(s) for TIME_SERIES: '[String]'",
        ),
    ],
)
def test_refusals_of_queries(cloud: Cloud, query: dict[str, Any], message: str) -> None:
    assert cloud.refused("GetMetricData", **asked(query)) == (INVALID, message)


def test_other_refusals(cloud: Cloud) -> None:
    def refused(*queries: dict[str, Any], **members: Any) -> str | None:
        shape, message = cloud.refused("GetMetricData", **asked(*queries, **members))
        assert shape == INVALID
        return message

    assert refused(stat(), stat()) == "The values for parameter id in MetricDataQueries are not unique."
    assert refused(stat(), EndTime=NOON) == "The parameter StartTime must not equal parameter EndTime."
    assert refused(stat(), EndTime=NOON - 1) == "The parameter EndTime must be greater than StartTime."
    assert refused() == "The collection MetricDataQueries must not have a size less than 1."
    assert (
        refused(*(stat(f"m{number}") for number in range(501)))
        == "The collection MetricDataQueries must not have a size greater than 500."
    )
    assert refused(stat(), MaxDatapoints=0) == "The parameter MaxDatapoints must be between 1 and 100800."
    assert (
        refused(stat(), LabelOptions={"Timezone": "Berlin"})
        == "The value Berlin for parameter LabelOptions.Timezone is invalid."
    )


def test_much_is_computed_beside_the_loop_and_too_much_is_refused(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Four days of minutes."""
    monkeypatch.setattr(metric_data, "_READ_MAX", 15_000)
    minutes = 4 * 1_440
    for start in range(0, minutes, 1_000):
        times = range(start, min(start + 1_000, minutes))
        cloud.put("Orders", {-60 * minute: 1 for minute in times})
    range_ = {"StartTime": NOON - 60 * minutes, "EndTime": NOON + 60, "MaxDatapoints": 1}
    hidden = stat(ReturnData=False)
    request = asked(expression("e1", "RUNNING_SUM(m1) + 1"), hidden, **range_)
    [result] = cloud("GetMetricData", **request | {"ScanBy": "TimestampDescending"})["MetricDataResults"]
    assert result["Values"] == [minutes + 1]
    request = asked(expression("e1", "+".join(["m1"] * 600)), hidden, **range_)
    advice = "You may reduce them by increasing Period, or decreasing the time range."
    assert cloud.refused("GetMetricData", **request) == (
        INVALID,
        f"The expression 'e1' is computed from too many datapoints. {advice}",
    )
    many = [stat(f"m{number}", stat=f"p{number}", ReturnData=False) for number in range(3)]
    request = asked(expression("e1", "SUM(METRICS())"), *many, **range_)
    assert cloud.refused("GetMetricData", **request) == (
        INVALID,
        f"The request needs more than 15000 datapoints. {advice}",
    )
    fills = [expression(f"f{number}", "TIME_SERIES(1)", ReturnData=False) for number in range(100)]
    total = expression("e1", "+".join(f"f{number}" for number in range(100)))
    assert cloud.refused("GetMetricData", **asked(total, hidden, *fills, **range_))[0] == INVALID


def test_a_chain_of_expressions_that_all_fill_gaps_is_refused(cloud: Cloud) -> None:
    chain = [
        expression(f"e{number}", f"FILL(e{number - 1}, 0)", ReturnData=number == 499)
        for number in range(1, 500)
    ]
    request = asked(stat("e0", ReturnData=False), *chain, EndTime=NOON + 86_400)
    assert cloud.refused("GetMetricData", **request)[0] == INVALID


def test_searches_look_at_all_metrics_until_they_have_found_enough(
    cloud: Cloud, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "_STEP_METRICS", 2)
    monkeypatch.setattr(search, "SERIES_MAX", 3)
    for number in range(8):
        cloud.put(f"{'Odd' if number % 2 else 'Even'}{number}", {0: 1})
    queries = [
        expression(f"e{number}", f"SEARCH('{word}', 'Sum', 60)")
        for number, word in enumerate(("Odd", "8", "shop"))
    ]
    found = values(cloud("GetMetricData", **asked(*queries)))
    assert list(found) == ["Odd1", "Odd3", "Odd5", "Even0", "Even2", "Even4"]


def test_a_page_ends_before_it_takes_too_much(cloud: Cloud, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each query is cheap enough by itself, three of them are not."""
    monkeypatch.setattr(metric_data, "_COMPUTED_MAX", 100_000)
    day = 1_440
    queries = [expression(f"e{number}", f"SUM([TIME_SERIES({number})])", Period=60) for number in range(12)]
    pages = all_pages(cloud, asked(*queries, StartTime=NOON - 60 * 5 * day, EndTime=NOON))
    results = [result for page in pages for result in page["MetricDataResults"]]
    assert [result["Id"] for result in results] == [query["Id"] for query in queries]
    assert [sum(result["Values"]) for result in results] == [number * 5 * day for number in range(12)]
    assert 1 < len(pages) < 12
