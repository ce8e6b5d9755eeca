"""Traces: a span of each request reaches a collector, in its caller's trace."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.collector import Collector, attributes
from harness.process import ServerProcess, run
from harness.wire import call
from stator.server.telemetry.traces import Traces
from stator.tables.observation import Observation

Start = Callable[..., ServerProcess]

TRACE, PARENT = "5759e988bd862e3fe1be46a994272793", "53995c3f42cd8ad8"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
XRAY = f"Root=1-{TRACE[:8]}-{TRACE[8:]};Parent={PARENT};Sampled=1"
KEY = {"AttributeName": "k", "KeyType": "HASH"}
TABLE = {
    "TableName": "traced",
    "KeySchema": [KEY],
    "AttributeDefinitions": [{"AttributeName": "k", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
}
ITEM = {"TableName": "traced", "Item": {"k": {"S": "a secret value"}}}


def parent_of(span: Any) -> tuple[str, str]:
    return span.trace_id.hex(), span.parent_span_id.hex()


def test_requests_of_all_workers_are_traced(start_server: Start) -> None:
    with Collector() as collector:
        server = start_server(workers=2, traces=collector.url)
        wires = [server.connect() for _ in range(4)]
        assert wires[0].ask(call("CreateTable", TABLE)).status == 200
        headers = {"traceparent": TRACEPARENT}
        ids = {wire.ask(call("PutItem", ITEM, **headers)).headers["x-amzn-requestid"] for wire in wires}
        wires[0].ask(call("PutItem", ITEM, **{"x-amzn-trace-id": XRAY}))
        assert wires[1].ask(call("PutItem", {"TableName": "none", "Item": {}})).status == 400
        for wire in wires:
            wire.close()
        assert server.stop() == 0  # It sends what is left.
    spans = [span for service, span in collector.spans if service == "stator"]
    by_id = {attributes(span)["aws.request_id"]: span for span in spans}
    for request_id in ids:
        span = by_id.pop(request_id)
        assert span.name == "DynamoDB.PutItem"
        assert parent_of(span) == (TRACE, PARENT)
        assert span.end_time_unix_nano > span.start_time_unix_nano
        assert attributes(span) == {
            "db.system.name": "aws.dynamodb",
            "db.operation.name": "PutItem",
            "db.collection.name": "traced",
            "aws.dynamodb.table_names": ["traced"],
            "aws.request_id": request_id,
            "http.request.method": "POST",
            "http.response.status_code": 200,
        }
    created, continued, refused = by_id.values()
    assert (created.name, created.parent_span_id) == ("DynamoDB.CreateTable", b"")
    assert parent_of(continued) == (TRACE, PARENT)
    assert attributes(refused)["error.type"] == "ResourceNotFoundException"
    assert refused.status.code == 0  # The client's fault is no fault of the server.
    assert b"secret" not in b"".join(span.SerializeToString() for span in spans)


def observed(collector: Collector, *observations: Observation, endpoint: str = "") -> list[Any]:
    """The spans of observations, as they arrive at a collector."""

    async def trace() -> None:
        traces = Traces(endpoint or collector.url + "/")
        for each in observations:
            traces(each)
        await traces.close()

    with collector:
        asyncio.run(trace())
    return [span for _, span in collector.spans]


FAILED = Observation("Query", ("a", "b"), 0.5, 500, "InternalServerError", "ID", 1_700_000_000.0)


def test_a_span_says_what_happened() -> None:
    (span,) = observed(Collector(), FAILED)
    assert span.start_time_unix_nano == 1_700_000_000 * 10**9
    assert span.end_time_unix_nano - span.start_time_unix_nano == 500_000_000
    assert (span.kind, span.status.code, span.status.message) == (2, 2, "InternalServerError")
    told = attributes(span)
    assert told["aws.dynamodb.table_names"] == ["a", "b"]
    assert "db.collection.name" not in told


@pytest.mark.parametrize(
    "headers",
    [
        {b"traceparent": b"nonsense"},
        {b"x-amzn-trace-id": b"Root=nonsense"},
        {b"traceparent": b"00-" + b"0" * 32 + b"-" + b"0" * 16 + b"-01"},
        {b"traceparent": b"\xff", b"x-amzn-trace-id": b"\xff"},
    ],
)
def test_a_header_that_says_nothing_begins_a_trace(headers: dict[bytes, bytes]) -> None:
    (span,) = observed(Collector(), FAILED._replace(headers=headers))
    assert span.parent_span_id == b""


def test_the_variables_are_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    collector = Collector()
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", collector.url)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "songs-database")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    unsampled, sampled = FAILED, FAILED._replace(headers={b"traceparent": TRACEPARENT.encode()})
    assert len(observed(collector, unsampled, sampled, endpoint="on")) == 1
    assert [name for name, _ in collector.spans] == ["songs-database"]


def test_a_server_without_the_library_does_not_start(tmp_path: Path) -> None:
    """Instead of one that traces nothing, and says nothing of it."""
    missing = tmp_path / "without" / "opentelemetry"
    missing.mkdir(parents=True)
    (missing / "__init__.py").write_text("raise ImportError('not installed')\n")
    completed = run(
        *("serve", "--memory", "--port", "0", "--traces", "http://127.0.0.1:4318"),
        directory=tmp_path,
        PYTHONPATH=str(missing.parent),
    )
    assert (completed.returncode, completed.stdout) == (1, "")
    assert completed.stderr == (
        "stator: traces cannot be made: this needs an optional library: pip install 'stator[telemetry]'.\n"
    )
    completed = run("serve", "--metrics", "off", "--slow-request", "1", directory=tmp_path)
    assert (completed.returncode, "metrics must be on" in completed.stderr) == (1, True)
    completed = run("serve", "--traces", "collector", directory=tmp_path)
    assert completed.returncode == 2
    assert "--traces must be a URL that begins with http:// or https://, or on" in completed.stderr
