"""Metrics as real clients see them: boto3's paginators, and the AWS CLI."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.programs import Terminal
from harness.services import PROTOCOLS, service_client

MINUTE = int(time.time()) // 60 * 60 - 300


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_paginators(server: ServerProcess, protocol: str) -> None:
    client = service_client(server.url, "cloudwatch", protocol)
    namespace = f"pages-{protocol}"
    data = [
        {"MetricName": f"m{number}", "Value": number, "Timestamp": MINUTE + 60 * minute, "Unit": "Count"}
        for number in range(510)
        for minute in range(1 + (number == 0))
    ]
    client.put_metric_data(Namespace=namespace, MetricData=data)
    pages = list(client.get_paginator("list_metrics").paginate(Namespace=namespace))
    assert [len(page["Metrics"]) for page in pages] == [500, 10]
    queries = [
        {"Id": "a", "Expression": "b + 1"},
        {
            "Id": "b",
            "MetricStat": {
                "Metric": {"Namespace": namespace, "MetricName": "m0"},
                "Period": 60,
                "Stat": "SampleCount",
            },
        },
    ]
    asked = client.get_paginator("get_metric_data").paginate(
        MetricDataQueries=queries,
        StartTime=MINUTE,
        EndTime=MINUTE + 600,
        ScanBy="TimestampAscending",
        PaginationConfig={"PageSize": 3},
    )
    results = [result for page in asked for result in page["MetricDataResults"]]
    shown = [(one["Id"], one["StatusCode"], one["Values"]) for one in results]
    assert shown == [
        ("a", "Complete", [2, 2]),
        ("b", "PartialData", [1]),
        ("b", "Complete", [1]),
    ]
    client.close()


def test_the_cli(server: ServerProcess, tmp_path: Path) -> None:
    queries: list[dict[str, Any]] = [
        {
            "Id": "m1",
            "MetricStat": {
                "Metric": {"Namespace": "cli", "MetricName": "Size"},
                "Period": 60,
                "Stat": "p50",
                "Unit": "Bytes",
            },
            "Label": "Median",
        }
    ]
    script = """
    set -e
    aws cloudwatch put-metric-data --namespace cli --metric-data \
        "MetricName=Size,Unit=Bytes,Timestamp=$TIME,Values=[1,2,3],Counts=[1,1,3]"
    aws cloudwatch get-metric-statistics --namespace cli --metric-name Size --period 60 \
        --start-time $TIME --end-time $((TIME + 60)) --statistics Sum SampleCount
    aws cloudwatch get-metric-data --metric-data-queries "$QUERIES" \
        --start-time $TIME --end-time $((TIME + 60))
    """
    done = Terminal(server.url, tmp_path).run(
        "sh", "-c", script, variables={"TIME": str(MINUTE), "QUERIES": json.dumps(queries)}
    )
    statistics, data = done.jsons
    [point] = statistics["Datapoints"]
    assert (point["Sum"], point["SampleCount"], point["Unit"]) == (12, 5, "Bytes")
    [result] = data["MetricDataResults"]
    assert (result["Label"], result["Values"]) == ("Median", [3])
