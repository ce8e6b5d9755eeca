"""Scan: pages, and segments that share a table out.

Source: docs/operations.md, "Scan": segments partition the items disjointly and completely.
"""

import random
from itertools import pairwise

import pytest

from harness.api import global_index


@pytest.fixture(scope="module")
def table(api):
    """300 items in 100 partitions; every third one in an index."""
    name = api.table("pk:S sk:N", global_index("sparse", "g"), g="S")
    source = random.Random(11)
    for number in range(0, 300, 25):
        writes = []
        for n in range(number, number + 25):
            item = {"pk": {"S": f"partition {n % 100}"}, "sk": {"N": str(n)}}
            if n % 3 == 0:
                item["g"] = {"S": str(source.randint(1, 20))}
            writes.append({"PutRequest": {"Item": item}})
        api("BatchWriteItem", {"RequestItems": {name: writes}})
    return name


def numbers(items):
    return [int(item["sk"]["N"]) for item in items]


@pytest.mark.parametrize("limit", [1, 7, 100, 1000])
def test_pages(api, table, limit):
    items = api.items("Scan", {"TableName": table, "Limit": limit})
    assert sorted(numbers(items)) == list(range(300))
    assert numbers(items) == numbers(api.items("Scan", {"TableName": table}))


def test_partitions_lie_together_in_order(api, table):
    items = api.items("Scan", {"TableName": table})
    partitions = [item["pk"]["S"] for item in items]
    changes = sum(one != two for one, two in pairwise(partitions))
    assert changes == 99
    for one, two in pairwise(items):
        if one["pk"] == two["pk"]:
            assert int(one["sk"]["N"]) < int(two["sk"]["N"])


def test_sparse_index(api, table):
    request = {"TableName": table, "IndexName": "sparse"}
    items = api.items("Scan", request | {"Limit": 9})
    assert sorted(numbers(items)) == list(range(0, 300, 3))
    page = api("Scan", request | {"Limit": 9})
    assert set(page["LastEvaluatedKey"]) == {"pk", "sk", "g"}


@pytest.mark.parametrize("total", [1, 2, 3, 4, 7, 16, 100, 999, 1_000_000])
@pytest.mark.parametrize("index", [None, "sparse"])
def test_segments(api, table, total, index):
    request = {"TableName": table, "TotalSegments": total, "Limit": 11}
    if index is not None:
        request["IndexName"] = index
    whole = api.items("Scan", {name: value for name, value in request.items() if name != "TotalSegments"})
    segments = range(total)
    if total > 100:
        # A share of the segments has that share of the items, in the order of the scan, without gaps.
        segments = sorted(random.Random(total).sample(range(total), 40))
    found = [item for segment in segments for item in api.items("Scan", request | {"Segment": segment})]
    if len(segments) == total:
        assert found == whole
    else:
        assert found == [item for item in whole if item in found]
        assert len(found) < len(whole)


def test_start_key_of_a_segment(api, table):
    request = {"TableName": table, "TotalSegments": 3, "Limit": 5}
    for segment in range(3):
        page = api("Scan", request | {"Segment": segment})
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        assert api("Scan", request | start | {"Segment": segment})["Count"] == 5
        error, text = api.refusal("Scan", request | start | {"Segment": (segment + 1) % 3})
        assert error == "ValidationException"
        assert "Please use ExclusiveStartKey with correct Segment" in text


def test_filter_and_count(api, table):
    request = {
        "TableName": table,
        "FilterExpression": "begins_with(pk, :p) AND sk < :n",
        "ExpressionAttributeValues": {":p": {"S": "partition 1"}, ":n": {"N": "100"}},
    }
    # Partitions 1 and 10 to 19.
    assert api("Scan", request | {"Select": "COUNT"}) == {"Count": 11, "ScannedCount": 300}
    assert sorted(numbers(api("Scan", request)["Items"])) == [1, *range(10, 20)]
