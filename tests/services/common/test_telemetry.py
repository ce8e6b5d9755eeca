"""Traces: off unless asked for; asked for, they reach a collector and go on to the database."""

import re
from collections.abc import Iterator

import pytest

from harness.collector import Collector, attributes

from ..faults import FaultyEndpoint
from ..process import ServiceStarter

TRACE = "1-5759e988-bd862e3fe1be46a994272793"
PARENT = "53995c3f42cd8ad8"
HEADER = "X-Amzn-Trace-Id"


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as collector:
        yield collector


def test_a_trace_goes_through(
    start_service: ServiceStarter, faulty: FaultyEndpoint, collector: Collector
) -> None:
    service = start_service(
        "orders",
        endpoint=faulty.url,
        DYNAMODB_TABLE_NAME="orders-of-nobody",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )
    headers = {HEADER: f"Root={TRACE};Parent={PARENT};Sampled=1"}
    assert service.http.get("/orders", headers=headers).status_code == 503
    sent = faulty.asked[-1].headers[HEADER]
    service.stop()  # It exports what is left.
    (name, call), (_, request) = collector.spans
    assert name == "orders"
    assert (call.name, request.name) == ("DynamoDB.Scan", "GET /orders")
    assert request.parent_span_id.hex() == PARENT
    assert call.parent_span_id == request.span_id
    assert request.trace_id.hex() == call.trace_id.hex() == TRACE[2:].replace("-", "")
    assert sent == f"Root={TRACE};Parent={call.span_id.hex()};Sampled=1"
    told = attributes(call)
    assert (told["db.operation.name"], told["http.response.status_code"]) == ("Scan", 400)


def test_a_trace_begins_with_an_id_of_x_ray(
    start_service: ServiceStarter, faulty: FaultyEndpoint, collector: Collector
) -> None:
    service = start_service(
        "orders",
        endpoint=faulty.url,
        DYNAMODB_TABLE_NAME="orders-of-nobody",
        OTEL_EXPORTER_OTLP_ENDPOINT=collector.url,
    )
    service.http.get("/orders")
    found = re.fullmatch(r"Root=1-([0-9a-f]{8})-[0-9a-f]{24};Parent=.*", faulty.asked[-1].headers[HEADER])
    assert found is not None
    service.stop()
    began = collector.spans[-1][1].start_time_unix_nano // 10**9
    assert abs(int(found[1], 16) - began) <= 1


def test_nothing_is_traced_unless_asked_for(start_service: ServiceStarter, faulty: FaultyEndpoint) -> None:
    start_service("orders", endpoint=faulty.url, DYNAMODB_TABLE_NAME="x").http.get("/orders")
    assert HEADER not in faulty.asked[-1].headers
