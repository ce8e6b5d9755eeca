"""`/metrics` of real servers: who may read it, from which process, and what it says of the server."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as read_openmetrics
from prometheus_client.parser import text_string_to_metric_families as read_plain

from harness.process import ServerProcess
from harness.wire import Wire, call, message
from stator.server.telemetry.exposition import OPENMETRICS, PLAIN
from stator.server.telemetry.families import FAMILIES

Start = Callable[..., ServerProcess]
Connect = Callable[[ServerProcess], list[Wire]]

KEY = {"AttributeName": "k", "KeyType": "HASH"}
ITEM_BYTES = 1_506
PAGE = message("GET", "/metrics", {"host": "stator"})
FROM_AFAR = message("GET", "/metrics", {"host": "stator", "x-forwarded-for": "192.0.2.1"})


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of two workers with a table of three items."""
    process = ServerProcess(tmp_path_factory.mktemp("watched"), workers=2).start()
    try:
        client = process.client()
        client.create_table(
            TableName="watched",
            KeySchema=[KEY],
            AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        for key in "abc":
            client.put_item(TableName="watched", Item={"k": {"S": key}})
        yield process
        assert "Traceback" not in process.log
    finally:
        process.close()


def values(text: str, read: Any = read_plain) -> dict[tuple[str, tuple[str, ...]], float]:
    """The samples of a page, by name and values of labels."""
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in read(text)
        for sample in family.samples
    }


def test_it_tells_of_the_server(running: ServerProcess) -> None:
    with running.connect() as wire:
        reply = wire.ask(PAGE)
    assert (reply.status, reply.headers["content-type"]) == (200, PLAIN)
    page = values(reply.body.decode())
    assert page["stator_workers", ()] == 2
    assert page["stator_tables", ()] == 1
    assert page["stator_table_items", ("watched",)] == 3
    assert page["stator_table_size_bytes", ("watched",)] == 6
    assert page["stator_storage_bytes", ("log",)] > 0
    assert page["stator_storage_free_bytes", ()] > 0
    assert page["stator_copies_under_way", ("restore",)] == 0
    for process in ("supervisor", "0", "1"):
        assert page["stator_process_resident_memory_bytes", (process,)] > 1_000_000
        assert page["stator_process_open_files", (process,)] > 0
        assert page["stator_process_start_time_seconds", (process,)] > 1.7e9
    assert page["stator_process_cpu_seconds_total", ("supervisor",)] > 0


def test_each_worker_answers_for_all(running: ServerProcess, connect_to_all: Connect) -> None:
    """A page counts all connections, whoever answers; its form is what its client accepts."""
    wires = connect_to_all(running)
    request = message("GET", "/metrics?all", {"host": "stator", "accept": OPENMETRICS})
    for wire in wires:
        reply = wire.ask(request)
        assert (reply.status, reply.headers["content-type"]) == (200, OPENMETRICS)
        page = values(reply.body.decode(), read_openmetrics)
        per_worker = [page["stator_connections", (number,)] for number in "01"]
        assert min(per_worker) > 0
        assert sum(per_worker) >= len(wires)


def ask(wires: list[Wire], *request: Any, status: int = 200) -> None:
    """Ask the same over several connections, each with an ordinal of its own in the request."""
    for number, wire in enumerate(wires):
        operation, body = request
        filled = json.dumps(body).replace("$", str(number))
        assert wire.ask(call(operation, filled.encode())).status == status


def test_requests_of_all_workers_are_counted(running: ServerProcess, connect_to_all: Connect) -> None:
    """Each as often as it was made, whichever worker answered, and whichever carried it out."""
    table = {"TableName": "counted"}
    running.client().create_table(
        **table,
        KeySchema=[KEY],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    wires = connect_to_all(running)
    (before,) = {values(wire.ask(PAGE).body.decode())["stator_user_errors_total", ()] for wire in wires}
    key = {"k": {"S": "$"}}
    ask(wires, "PutItem", {**table, "Item": {**key, "long": {"S": "x" * (ITEM_BYTES - 6)}}})
    ask(wires, "GetItem", {**table, "Key": key, "ConsistentRead": True})
    ask(wires, "Scan", table)
    ask(
        wires,
        "PutItem",
        {**table, "Item": key, "ConditionExpression": "attribute_not_exists(k)"},
        status=400,
    )
    ask(wires, "PutItem", {**table, "Item": {}}, status=400)
    ask(wires, "GetItem", {"TableName": "none", "Key": key}, status=400)
    pages = [values(wire.ask(PAGE).body.decode()) for wire in wires]
    each = len(wires)
    scan = -(-each * ITEM_BYTES // 4_096) / 2
    # A condition that does not hold costs the write of what is there.
    expected = {
        ("stator_requests_total", ("GetItem", "counted", "success")): each,
        ("stator_requests_total", ("PutItem", "counted", "success")): each,
        ("stator_requests_total", ("Scan", "counted", "success")): each,
        ("stator_request_duration_seconds_count", ("Scan", "counted")): each,
        ("stator_request_duration_seconds_bucket", ("Scan", "counted", "+Inf")): each,
        ("stator_conditional_check_failures_total", ("counted",)): each,
        ("stator_user_errors_total", ()): before + 2 * each,
        ("stator_consumed_capacity_units_total", ("counted", "", "write")): 4 * each,
        ("stator_consumed_capacity_units_total", ("counted", "", "read")): each + scan * each,
        ("stator_returned_items_total", ("Scan", "counted")): each * each,
    }
    for page in pages:
        assert {name: page[name] for name in expected} == expected
        assert 0 < page["stator_request_duration_seconds_sum", ("Scan", "counted")] < 60


def test_alarms_are_shown(running: ServerProcess) -> None:
    metrics = running.client("cloudwatch")
    metrics.put_metric_alarm(
        AlarmName="too many",
        Namespace="AWS/DynamoDB",
        MetricName="ConsumedReadCapacityUnits",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1.0,
        ComparisonOperator="GreaterThanThreshold",
    )
    metrics.set_alarm_state(AlarmName="too many", StateValue="ALARM", StateReason="as the test wants")
    with running.connect() as wire:
        page = values(wire.ask(PAGE).body.decode())
    states = ("OK", "ALARM", "INSUFFICIENT_DATA")
    assert [page["stator_alarms", (state,)] for state in states] == [0, 1, 0]
    assert [page["stator_alarm_state", ("too many", state)] for state in states] == [0, 1, 0]


def test_only_this_machine_may_read_it(running: ServerProcess, connect_to_all: Connect) -> None:
    for wire in connect_to_all(running):
        reply = wire.ask(FROM_AFAR)
        assert reply.status == 403
        assert b"metrics_access" in reply.body
        assert b"watched" not in reply.body


def test_everyone_may_if_told_so(start_server: Start, connect_to_all: Connect) -> None:
    server = start_server(workers=2, metrics_access="all")
    assert {wire.ask(FROM_AFAR).status for wire in connect_to_all(server)} == {200}


def test_other_requests_of_the_name_are_none(running: ServerProcess) -> None:
    with running.connect() as wire:
        assert wire.ask(message("GET", "/metrics/x", {"host": "stator"})).body.startswith(b"healthy")
        assert wire.ask(message("POST", "/metrics", {"host": "stator"}, b"{}")).status == 404


def test_all_that_is_told_is_in_the_table(running: ServerProcess) -> None:
    with running.connect() as wire:
        text = wire.ask(PAGE).body.decode()
    known = {family.sample if family.kind == "counter" else family.name: family for family in FAMILIES}
    for family in read_plain(text):
        row = known[family.name + ("_total" if family.type == "counter" else "")]
        assert (family.type, family.documentation) == (row.kind, row.help)
        assert {tuple(sorted(s.labels.keys() - {"le"})) for s in family.samples} == {
            tuple(sorted(row.labels))
        }
