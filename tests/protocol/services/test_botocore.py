"""What botocore writes is read, and what is written botocore reads: every operation, in every protocol."""

import random
from datetime import datetime
from typing import Any

import pytest
from botocore.model import OperationModel
from botocore.parsers import create_parser

from harness.other_wire import some_value, written
from harness.services import PROTOCOLS, service_model
from stator.model.services import catalogue
from stator.model.services.directory import SERVICES

from .conftest import Stage

SEED = 20261121
ROUNDS = 6


EACH = [
    pytest.param(service.name, protocol, id=f"{service.name}-{protocol}")
    for service in SERVICES
    for protocol in PROTOCOLS
    if protocol in service_model(service.name).metadata["protocols"]
]


def operations(service: str, protocol: str) -> list[OperationModel]:
    model = service_model(service, protocol)
    return [model.operation_model(each.name) for each in catalogue.service_model(service).operations]


@pytest.mark.parametrize(("service", "protocol"), EACH)
def test_requests_arrive_as_they_were_meant(stage: Stage, service: str, protocol: str) -> None:
    source = random.Random(SEED)
    for operation in operations(service, protocol):
        for _ in range(ROUNDS):
            values = some_value(operation.input_shape, source)
            reply = stage.ask(written(operation, values))
            assert reply.status == 200, (operation.name, values, reply.body)
            assert stage.asked.pop() == (service, operation.name, values)
            assert stage.calls.pop().region == "eu-west-3"


@pytest.mark.parametrize(("service", "protocol"), EACH)
def test_replies_are_read_as_they_were_meant(stage: Stage, service: str, protocol: str) -> None:
    source, parser = random.Random(SEED), create_parser(protocol)
    for operation in operations(service, protocol):
        request = some_value(operation.input_shape, source)
        for _ in range(ROUNDS):
            expected = some_value(operation.output_shape, source)
            stage.outcome = expected
            reply = stage.ask(written(operation, request)).checked()
            parsed = parser.parse(
                {"status_code": reply.status, "headers": reply.headers, "body": reply.body},
                operation.output_shape,
            )
            metadata = parsed.pop("ResponseMetadata")
            assert (
                metadata.get("RequestId", reply.headers["x-amzn-requestid"])
                == reply.headers["x-amzn-requestid"]
            )
            assert seconds(parsed) == expected, operation.name


def seconds(value: Any) -> Any:
    """A parsed value, its moments in seconds since the epoch."""
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, dict):
        return {name: seconds(each) for name, each in value.items()}
    return [seconds(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_requests_and_replies(stage: Stage, protocol: str) -> None:
    metric = {"Namespace": "a", "MetricName": "b", "Dimensions": []}
    stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
    request = {
        "MetricDataQueries": [{"Id": f"m{number}", "MetricStat": stat} for number in range(500)],
        "StartTime": 0.0,
        "EndTime": 60.0,
    }
    times, values = [float(number) for number in range(5_000)], [number / 4 for number in range(5_000)]
    expected = {"Id": "m1", "Label": "b", "Timestamps": times, "Values": values, "StatusCode": "Complete"}

    async def outcome() -> Any:
        return {"MetricDataResults": [expected]}

    stage.outcome = outcome()
    operation = service_model("cloudwatch", protocol).operation_model("GetMetricData")
    reply = stage.ask(written(operation, request)).checked()
    assert stage.asked == [("cloudwatch", "GetMetricData", request)]
    raw = {"status_code": reply.status, "headers": reply.headers, "body": reply.body}
    [parsed] = create_parser(protocol).parse(raw, operation.output_shape)["MetricDataResults"]
    assert [time.timestamp() for time in parsed.pop("Timestamps")] == times
    assert parsed == {name: value for name, value in expected.items() if name != "Timestamps"}
    request["MetricDataQueries"][499]["Id"] = ""
    assert stage.ask(written(operation, request)).status == 400
