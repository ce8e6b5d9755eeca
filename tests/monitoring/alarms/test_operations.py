"""What the operations on alarms show, page by page, and what they refuse."""

import asyncio
from typing import Any

import pytest

from harness.alarms import NOON, alarming
from stator.monitoring.alarms import store
from stator.operations.cloudwatch.alarms import history

ARN = "arn:aws:cloudwatch:us-east-1:000000000000:alarm:"
TOPIC = "arn:aws:sns:us-east-1:000000000000:pager"

FULL: dict[str, Any] = {
    "AlarmName": "all members",
    "AlarmDescription": "",
    "ActionsEnabled": False,
    "OKActions": [TOPIC],
    "AlarmActions": [TOPIC, TOPIC + "-2"],
    "InsufficientDataActions": [],
    "MetricName": "SuccessfulRequestLatency",
    "Namespace": "AWS/DynamoDB",
    "ExtendedStatistic": "p99.9",
    "Dimensions": [{"Name": "TableName", "Value": "t"}, {"Name": "Operation", "Value": "GetItem"}],
    "Period": 300,
    "Unit": "Milliseconds",
    "EvaluationPeriods": 3,
    "DatapointsToAlarm": 2,
    "Threshold": 12.5,
    "ComparisonOperator": "LessThanOrEqualToThreshold",
    "TreatMissingData": "missing",
    "EvaluateLowSampleCountPercentile": "ignore",
}


def test_every_member_is_given_back_as_it_was_given() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world("PutMetricAlarm", **FULL)
            shown = await world.shown("all members")
            assert {name: shown[name] for name in FULL} == FULL
            assert set(shown) - set(FULL) == {
                "AlarmArn",
                "AlarmConfigurationUpdatedTimestamp",
                "StateValue",
                "StateReason",
                "StateUpdatedTimestamp",
                "StateTransitionedTimestamp",
            }

    asyncio.run(run())


def test_pages_and_filters_of_descriptions() -> None:
    async def run() -> None:
        async with alarming() as world:
            for name in ("b1", "b2", "b3", "a1", "c1"):
                await world.put(name, AlarmActions=[TOPIC] if name != "b3" else [])
            await world("PutCompositeAlarm", AlarmName="b", AlarmRule="ALARM(b1) OR OK(a1)")
            await world("SetAlarmState", AlarmName="b2", StateValue="ALARM", StateReason="")
            both = ["MetricAlarm", "CompositeAlarm"]

            async def pages(**asked: Any) -> list[list[str]]:
                found = []
                token: dict[str, str] = {}
                while True:
                    reply = await world("DescribeAlarms", **asked, **token)
                    rows = reply["CompositeAlarms"] + reply["MetricAlarms"]
                    found.append([row["AlarmName"] for row in rows])
                    if "NextToken" not in reply:
                        return found
                    token = {"NextToken": reply["NextToken"]}

            assert await pages() == [["a1", "b1", "b2", "b3", "c1"]]
            assert await pages(MaxRecords=2) == [["a1", "b1"], ["b2", "b3"], ["c1"]]
            assert await pages(MaxRecords=2, AlarmTypes=both) == [["b", "a1"], ["b1", "b2"], ["b3", "c1"]]
            assert await pages(AlarmNamePrefix="b", AlarmTypes=both) == [["b", "b1", "b2", "b3"]]
            assert await pages(AlarmNames=["c1", "gone", "a1", "b"]) == [["a1", "c1"]]
            assert await pages(AlarmNames=[]) == [[]]
            assert await pages(StateValue="ALARM") == [["b2"]]
            assert await pages(ActionPrefix="arn:aws:sns:", AlarmNamePrefix="b") == [["b1", "b2"]]
            children = await world("DescribeAlarms", ChildrenOfAlarmName="b")
            assert [set(row) for row in children["MetricAlarms"]] == [
                {"AlarmName", "AlarmArn", "StateValue", "StateUpdatedTimestamp"}
            ] * 2
            parents = await world("DescribeAlarms", ParentsOfAlarmName="a1")
            assert parents["CompositeAlarms"] == [{"AlarmName": "b", "AlarmArn": ARN + "b"}]
            first = await world("DescribeAlarms", MaxRecords=1)
            assert await world.refused("DescribeAlarms", NextToken=first["NextToken"], StateValue="OK") == (
                "InvalidNextToken",
                "The next token specified is invalid.",
            )
            for wrong in (
                {"ChildrenOfAlarmName": "b", "StateValue": "OK"},
                {"AlarmNames": ["b"], "AlarmNamePrefix": "b"},
            ):
                await world.refused("DescribeAlarms", **wrong)

    asyncio.run(run())


def test_alarms_for_a_metric() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put("sum")
            await world.put("average", Statistic="Average", Unit="Count")
            await world.put("other", Dimensions=[])
            asked = {"Namespace": "Shop", "MetricName": "Orders"}
            store_1 = [{"Name": "Store", "Value": "1"}]

            async def names(**more: Any) -> list[str]:
                reply = await world("DescribeAlarmsForMetric", **asked, **more)
                return [row["AlarmName"] for row in reply["MetricAlarms"]]

            assert await names() == ["other"]
            assert await names(Dimensions=store_1) == ["average", "sum"]
            assert await names(Dimensions=store_1, Statistic="Sum") == ["sum"]
            assert await names(Dimensions=store_1, Unit="Count") == ["average"]
            assert await names(Dimensions=store_1, Period=300) == []

    asyncio.run(run())


@pytest.mark.parametrize("at_once", [3, 200])
def test_pages_and_filters_of_histories(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_LOOKED_AT_ONCE", at_once)

    async def run() -> None:
        async with alarming() as world:
            await world.put("a")
            await world.put("b")
            await world("PutCompositeAlarm", AlarmName="c", AlarmRule="ALARM(a)")
            for state in ("OK", "ALARM", "OK"):
                world.clock.seconds += 10
                for name in ("a", "b"):
                    await world("SetAlarmState", AlarmName=name, StateValue=state, StateReason="test")

            async def told(size: int, **asked: Any) -> list[tuple[str, float]]:
                found: list[tuple[str, float]] = []
                token: dict[str, str] = {}
                while True:
                    reply = await world("DescribeAlarmHistory", MaxRecords=size, **asked, **token)
                    rows = reply["AlarmHistoryItems"]
                    assert len(rows) <= size
                    found += [(row["AlarmName"], row["Timestamp"] - NOON) for row in rows]
                    if "NextToken" not in reply:
                        return found
                    assert len(rows) == size
                    token = {"NextToken": reply["NextToken"]}

            everything = [("a", 5), ("b", 5), *((name, at) for at in (15, 25, 35) for name in "ab")]
            for size in (1, 3, 100):
                assert sorted(await told(size, ScanBy="TimestampAscending")) == sorted(everything)
                assert [at for _, at in await told(size)] == [35, 35, 25, 25, 15, 15, 5, 5]
                assert await told(size, AlarmName="a") == [("a", 35), ("a", 25), ("a", 15), ("a", 5)]
            assert await told(2, AlarmName="c") == []
            assert await told(2, AlarmTypes=["CompositeAlarm"]) == [("c", 5)]
            between = {"StartDate": NOON + 15, "EndDate": NOON + 25.0}
            assert [at for _, at in await told(2, **between)] == [25, 25, 15, 15]
            assert await told(1, **between, AlarmName="b") == [("b", 25), ("b", 15)]
            assert await told(5, HistoryItemType="ConfigurationUpdate", AlarmName="b") == [("b", 5)]
            await world.refused("DescribeAlarmHistory", NextToken="nonsense")

    asyncio.run(run())


def test_histories_are_kept_for_thirty_days_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(TreatMissingData="ignore")
            for number in range(6):
                world.clock.seconds += 1
                state = ("OK", "ALARM")[number % 2]
                await world("SetAlarmState", AlarmName="high", StateValue=state, StateReason="test")
            assert await world.history() == [
                "Alarm updated from OK to ALARM",
                "Alarm updated from ALARM to OK",
                "Alarm updated from OK to ALARM",
            ]
            world.clock.seconds += 30 * 86_400 - 0.5
            await world.settle()
            assert await world.history() == ["Alarm updated from OK to ALARM"]
            world.clock.seconds += 2 * 3600
            await world.settle()
            assert await world.history() == []

    monkeypatch.setattr(store, "HISTORY_MAX", 3)
    asyncio.run(run())


def test_actions_are_enabled_and_disabled() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put()
            await world("DisableAlarmActions", AlarmNames=["high", "gone"])
            assert (await world.shown())["ActionsEnabled"] is False
            await world("EnableAlarmActions", AlarmNames=["high"])
            assert (await world.shown())["ActionsEnabled"] is True

    asyncio.run(run())


def test_tags() -> None:
    async def run() -> None:
        async with alarming() as world:
            await world.put(Tags=[{"Key": "team", "Value": "shop"}])
            arn = ARN + "high"
            await world(
                "TagResource",
                ResourceARN=arn,
                Tags=[{"Key": "team", "Value": "ops"}, {"Key": "x", "Value": ""}],
            )
            await world("UntagResource", ResourceARN=arn, TagKeys=["team", "gone"])
            assert await world("ListTagsForResource", ResourceARN=arn) == {
                "Tags": [{"Key": "x", "Value": ""}]
            }
            for operation, more in (
                ("ListTagsForResource", {}),
                ("TagResource", {"Tags": []}),
                ("UntagResource", {"TagKeys": []}),
            ):
                shape, _ = await world.refused(operation, ResourceARN=ARN + "gone", **more)
                assert shape == "ResourceNotFoundException"
                shape, _ = await world.refused(operation, ResourceARN="arn:aws:sns:x:y:z", **more)
                assert shape == "InvalidParameterValueException"
            many = [{"Key": str(number), "Value": ""} for number in range(50)]
            assert await world.refused("TagResource", ResourceARN=arn, Tags=many) == (
                "InvalidParameterValueException",
                "The number of tags exceeds the limit of 50 tags per resource",
            )

    asyncio.run(run())


def query(id_: str, **members: Any) -> dict[str, Any]:
    metric = {"Namespace": "Shop", "MetricName": "Orders"}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    return {"Id": id_, **({"MetricStat": stat} if "Expression" not in members else {}), **members}


ON_QUERIES = dict.fromkeys(("Namespace", "MetricName", "Dimensions", "Statistic", "Period"))
REFUSED = [
    ({"AlarmName": "a\tb"}, "ValidationException", "AlarmName must not contain ASCII control characters"),
    ({"AlarmActions": ["pager"]}, "ValidationException", "Invalid arn syntax: pager"),
    (
        {"OKActions": ["arn:aws:sns:eu-west-1:000000000000:pager"]},
        "ValidationException",
        "Invalid region eu-west-1 specified. Only us-east-1 is supported.",
    ),
    ({"Period": 61}, "ValidationException", "Period must be 10, 20, 30 or a multiple of 60"),
    (
        {"Period": 300, "EvaluationPeriods": 289},
        "ValidationException",
        "Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400)",
    ),
    (
        {"Period": 3600, "EvaluationPeriods": 169},
        "ValidationException",
        "Metrics cannot be checked across more than a week (EvaluationPeriods * Period must be <= 604800) "
        "for alarms using period >= 3600",
    ),
    (
        {"EvaluationPeriods": None},
        "ValidationException",
        "1 validation error detected: Value null at 'evaluationPeriods' failed to satisfy constraint: "
        "Member must not be null",
    ),
    (
        {"Statistic": None},
        "MissingRequiredParameterException",
        "The parameter Statistic or ExtendedStatistic is required.",
    ),
    ({"MetricName": None}, "MissingRequiredParameterException", "The parameter MetricName is required."),
    (
        {"ExtendedStatistic": "p99"},
        "InvalidParameterCombinationException",
        "The parameters Statistic and ExtendedStatistic are mutually exclusive and you have specified both.",
    ),
    (
        {"Statistic": None, "ExtendedStatistic": "p101"},
        "InvalidParameterValueException",
        "The value p101 for parameter ExtendedStatistic is not supported.",
    ),
    (
        {"Metrics": [query("m1")]},
        "InvalidParameterCombinationException",
        "The parameters Metrics and MetricName are mutually exclusive and you have specified both.",
    ),
    (
        {**ON_QUERIES, "Metrics": [query("m1"), query("m2")]},
        "ValidationException",
        "Exactly one element of the metrics list should return data.",
    ),
    (
        {**ON_QUERIES, "Metrics": [query("e1", Expression="m1 / 0 +")]},
        "ValidationException",
        None,
    ),
    (
        {**ON_QUERIES, "Metrics": [query("e1", Expression="SUM(SEARCH('{Shop} Orders', 'Sum', 60))")]},
        "ValidationException",
        "SEARCH is not supported on Metric Alarms.",
    ),
    ({**ON_QUERIES, "Metrics": []}, "ValidationException", "Invalid metrics list"),
    (
        {**ON_QUERIES, "Metrics": [query("e1", Expression="[m1, m1]"), query("m1") | {"ReturnData": False}]},
        "ValidationException",
        "An alarm watches one time series, and the expression 'e1' returns 2.",
    ),
    (
        {**ON_QUERIES, "Metrics": [query("e1", Expression="1 + 1")]},
        "ValidationException",
        "Error in expression 'e1': The expression returns a Scalar, not a time series",
    ),
    (
        {**ON_QUERIES, "Metrics": [query("m1", MetricStat={"Metric": {}, "Period": 60, "Stat": "Sum"})]},
        "ValidationException",
        "The parameter Metrics.member.1.MetricStat.Metric.Namespace is required.",
    ),
    (
        {**ON_QUERIES, "Metrics": [query("e1", Expression="TIME_SERIES(1)", Period=5)]},
        "ValidationException",
        "Period must be 10, 20, 30 or a multiple of 60",
    ),
    (
        {"Dimensions": [{"Name": "Store", "Value": "1"}, {"Name": "Store", "Value": "2"}]},
        "InvalidParameterValueException",
        "The values for parameter Name in Dimensions are not unique.",
    ),
    (
        {"DatapointsToAlarm": 2},
        "ValidationException",
        "DatapointsToAlarm must be less than or equal to EvaluationPeriods",
    ),
    (
        {"TreatMissingData": "never"},
        "ValidationException",
        "1 validation error detected: Value 'never' at 'treatMissingData' failed to satisfy constraint: "
        "Member must satisfy enum value set: [missing, ignore, breaching, notBreaching]",
    ),
    (
        {"Threshold": float("nan")},
        "InvalidParameterValueException",
        "The value nan for parameter Threshold is invalid.",
    ),
    (
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        "ValidationException",
        "GreaterThanUpperThreshold is for anomaly detection bands, which are not supported.",
    ),
    (
        {"ThresholdMetricId": "ad1"},
        "ValidationException",
        "Alarms on anomaly detection bands are not supported: give a Threshold.",
    ),
    ({"Tags": [{"Key": "k", "Value": ""}] * 2}, "ValidationException", "Duplicate tag keys are not allowed"),
]


@pytest.mark.parametrize(("members", "shape", "text"), REFUSED)
def test_refused_definitions(members: dict[str, Any], shape: str, text: str | None) -> None:
    async def run() -> None:
        async with alarming() as world:
            with pytest.raises(Exception) as refused:
                await world.put(**members)
            assert getattr(refused.value, "shape", "") == shape
            if text is not None:
                assert getattr(refused.value, "message", "") == text
            assert (await world("DescribeAlarms"))["MetricAlarms"] == []

    asyncio.run(run())


@pytest.mark.parametrize(
    ("members", "text"),
    [
        ({"AlarmRule": "ALARM(x"}, "AlarmRule is invalid: it ends where ) is expected"),
        (
            {"AlarmRule": "TRUE", "ActionsSuppressor": "x"},
            "ActionsSuppressorWaitPeriod is required when ActionsSuppressor is specified",
        ),
        (
            {
                "AlarmRule": "TRUE",
                "ActionsSuppressor": "x",
                "ActionsSuppressorWaitPeriod": 1,
                "ActionsSuppressorExtensionPeriod": 1,
            },
            "Could not save the composite alarm as the actions suppressor alarm [x] does not exist",
        ),
    ],
)
def test_refused_composite_alarms(members: dict[str, Any], text: str) -> None:
    async def run() -> None:
        async with alarming() as world:
            refused = await world.refused("PutCompositeAlarm", AlarmName="c", **members)
            assert refused == ("ValidationException", text)

    asyncio.run(run())
