"""SEARCH: the examples of AWS's user guide, and the metrics of DynamoDB."""

import pytest

from stator.monitoring.metrics.math import MetricStat, Plan, Query, Window, evaluate
from stator.monitoring.metrics.math.search import labels, parse
from stator.monitoring.metrics.points import Metric, Point, metric, of_values


def named(name: str) -> Metric:
    return metric("MyNamespace", name)


def finds(search: str, of: Metric) -> bool:
    return parse(search)(of)


@pytest.mark.parametrize(
    ("search", "name", "found"),
    [
        ("count", "CustomCount1", True),
        ("Count", "CustomCount1", True),
        ("COUNT", "CustomCount1", True),
        ("couNT", "CustomCount1", False),
        ("CustomCount", "CustomCount1", True),
        ("Count1", "CustomCount1", True),
        ("customcount", "CustomCount1", False),
        ("count1", "CustomCount1", False),
        ("sdb", "SDBFailure", True),
        ("sdbfailure", "SDBFailure", True),
        ("trial", "Project2-trial333", True),
        ("333", "Project2-trial333", True),
        ("network/errors", "Network-Errors-2", True),
        ("Network_Errors", "NetworkErrors2", True),
        ('"CustomCount1"', "CustomCount1", True),
        ('"customcount1"', "CustomCount1", False),
        ('"Custom"', "CustomCount1", False),
        ('"Europe\\\\France Traffic\\(Network\\)"', "Europe\\France Traffic(Network)", True),
        ('{MyNamespace}, "CustomCount1"', "CustomCount1", True),
        ("{MyNamespace} NOT custom", "CustomCount1", False),
        ("NOT Namespace=AWS", "CustomCount1", True),
    ],
)
def test_terms(search: str, name: str, found: bool) -> None:
    assert finds(search, named(name)) is found


READS = [
    metric("AWS/DynamoDB", "ConsumedReadCapacityUnits", {"TableName": table}) for table in ("users", "orders")
]
INDEX = metric(
    "AWS/DynamoDB",
    "ConsumedReadCapacityUnits",
    {"TableName": "orders", "GlobalSecondaryIndexName": "ByDate"},
)
WRITES = metric("AWS/DynamoDB", "ConsumedWriteCapacityUnits", {"TableName": "orders"})
OTHER = metric("shop", "Orders", {"TableName": "orders"})
ALL = [*READS, INDEX, WRITES, OTHER]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("{AWS/DynamoDB,TableName}", [*READS, WRITES]),
        ('{AWS/DynamoDB,TableName} MetricName="ConsumedReadCapacityUnits"', READS),
        ("{AWS/DynamoDB, GlobalSecondaryIndexName, TableName}", [INDEX]),
        ("{AWS/DynamoDB, TableName} write", [WRITES]),
        ("orders", [READS[1], INDEX, WRITES, OTHER]),
        ("TableName=users", [READS[0]]),
        ("MetricName=orders", [OTHER]),
        ("Namespace=shop OR (read AND TableName=users)", [READS[0], OTHER]),
        ("dynamo consumed NOT read", [WRITES]),
        ("capacity NOT TableName=orders NOT nothing", [READS[0]]),
        ('"AWS/DynamoDB" MetricName="ConsumedWriteCapacityUnits"', [WRITES]),
    ],
)
def test_metrics_of_dynamodb(search: str, found: list[Metric]) -> None:
    assert list(filter(parse(search), ALL)) == found


def test_labels_are_what_differs() -> None:
    assert labels(READS) == ["users", "orders"]
    assert labels([READS[1], WRITES]) == ["ConsumedReadCapacityUnits", "ConsumedWriteCapacityUnits"]
    assert labels([READS[0], OTHER]) == ["ConsumedReadCapacityUnits users", "Orders orders"]
    assert labels([OTHER]) == ["Orders"]
    assert labels([]) == []


class Source:
    """Every metric has its place in `ALL` as its value."""

    def read(self, of, start, end, period, unit=None) -> list[tuple[int, Point]]:
        return [(time, of_values({float(ALL.index(of)): 1.0})) for time in range(start, end, period)]

    def metrics(self):
        return iter(ALL)


def test_searches_in_expressions() -> None:
    plan = Plan(
        [
            Query("e1", expression="SEARCH('{AWS/DynamoDB,TableName} read', 'Sum', 300)", label="Reads of"),
            Query("e2", expression="SUM(e1) + SUM(SEARCH(' MetricName=\"Orders\" ', 'Maximum', 300))"),
            Query("e3", expression='SEARCH("nothing", "Sum", 60)'),
            Query("e4", expression="SEARCH('{AWS/DynamoDB,TableName} read', 'Sum', 300)"),
            Query("m1", stat=MetricStat(WRITES, 300, "Sum")),
        ]
    )
    results = evaluate(plan, Window(0, 600), Source())
    found = {one.label: list(one.points.values()) for one in results["e1"].series}
    assert found == {"Reads of users": [0, 0], "Reads of orders": [1, 1]}
    assert results["e2"].series[0].points == {0: 5, 300: 5}
    assert results["e3"].series == ()
    assert [one.label for one in results["e4"].series] == ["users", "orders"]
