"""Slow requests in the log, without what is none of its business."""

import http.client
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.wire import Wire, call
from stator.server.telemetry.request_log import RequestLog
from stator.tables.observation import Observation

Start = Callable[..., ServerProcess]

SLOW_SECONDS = 0.25
FAST = Observation(
    "GetItem", ("a",), SLOW_SECONDS - 0.01, 200, None, "ID", 1.0, {b"authorization": b"secret"}
)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of two workers that logs slow requests, with a table; all its requests are delayed."""
    process = ServerProcess(
        tmp_path_factory.mktemp("slow"), workers=2, slow_request=SLOW_SECONDS, log_format="json"
    ).start()
    try:
        process.client().create_table(
            TableName="slow",
            KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        yield process
    finally:
        process.close()


def delay(server: ServerProcess, seconds: float) -> None:
    """Have all requests of a server take so much longer."""
    connection = http.client.HTTPConnection(server.host, server.port)
    fault = {"kind": "latency", "seconds": seconds}
    connection.request("DELETE", "/_stator/faults")
    connection.getresponse().read()
    connection.request("POST", "/_stator/faults", json.dumps(fault))
    assert connection.getresponse().read()
    connection.close()


def entries(server: ServerProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in server.log.splitlines()]


def test_a_slow_request_is_logged_where_it_was_answered(
    running: ServerProcess, connect_to_all: Callable[[ServerProcess], list[Wire]]
) -> None:
    wires = connect_to_all(running)
    delay(running, SLOW_SECONDS)
    secret = "a value that nobody is to read"
    put = call("PutItem", {"TableName": "slow", "Item": {"k": {"S": secret}}})
    replies = [wire.ask(put) for wire in wires]
    replies.append(wires[0].ask(call("UpdateItem", {"TableName": "slow", "Key": {"x": {"S": secret}}})))
    ids = [reply.headers["x-amzn-requestid"] for reply in replies]
    logged = {entry["request_id"]: entry for entry in entries(running)}
    *written, refused = (logged[each] for each in ids)
    assert secret not in running.log
    assert "AKIDEXAMPLE" not in running.log
    assert {entry["worker"] for entry in written} == {0, 1}
    for entry in written:
        assert SLOW_SECONDS <= entry.pop("seconds") < SLOW_SECONDS + 10
        del entry["time"], entry["worker"], entry["request_id"]
        assert entry == {
            "level": "warning",
            "logger": "stator.requests",
            "message": "slow request",
            "operation": "PutItem",
            "tables": ["slow"],
            "status": 200,
        }
    assert (refused["operation"], refused["status"], refused["error"]) == (
        "UpdateItem",
        400,
        "ValidationException",
    )


def test_others_are_not_unless_all_are(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    log = RequestLog(SLOW_SECONDS)
    log(FAST)
    assert caplog.records == []
    RequestLog(0)(FAST._replace(seconds=1e6))
    assert caplog.records == []
    caplog.set_level(logging.DEBUG)
    log(FAST)
    log(FAST._replace(seconds=SLOW_SECONDS))
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("DEBUG", "request"),
        ("WARNING", "slow request"),
    ]
    assert "secret" not in str([vars(record) for record in caplog.records])
