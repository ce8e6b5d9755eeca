"""A seed document's own alarm, made by Terraform, goes off under load and comes back, though a worker dies.

Nothing but DynamoDB requests, the clock and Terraform touches the server, until the end: what it says then of
alarms and metrics must be what the test has seen and counted.
"""

import os
import signal
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.hooks import Hook, hook
from harness.process import ServerProcess, eventually
from harness.terraform import Summary, Terraform
from harness.wire import PATIENCE_SECONDS, Reply, Wire, call
from seeds.storefront import choose, lay_out

NOON = 1_800_000_000
MINUTE = 60
TABLE = "seed-products"
ALARM = "seed-dynamodb-products-write-throttle"
CONNECTIONS = 12  # The kernel spreads them over the workers.
UNITS_A_SECOND = 1


# Each with its operation, if it has one.
METRICS = [
    *((name, "") for name in ("WriteThrottledEvents", "WriteThrottleEvents", "ReadThrottledEvents")),
    *((f"Consumed{direction}CapacityUnits", "") for direction in ("Read", "Write")),
    *((name, "PutItem") for name in ("SuccessfulRequestLatency", "ThrottledRequests", "SystemErrors")),
    *((name, "GetItem") for name in ("SuccessfulRequestLatency", "ThrottledRequests", "SystemErrors")),
]


class Load:
    """A client with several connections, which counts what it is answered: by metric, operation, minute."""

    def __init__(self, server: ServerProcess, stack: ExitStack) -> None:
        self._server = server
        self._stack = stack
        self._asked = 0
        self.counts: dict[tuple[str, str, int], float] = defaultdict(float)
        self.connect()

    def connect(self) -> None:
        """Have new connections, which may reach any worker."""
        self._wires: list[Wire] = [
            self._stack.enter_context(self._server.connect()) for _ in range(CONNECTIONS)
        ]

    def _ask(self, operation: str, **request: Any) -> Reply:
        self._asked += 1
        wire = self._wires[self._asked % CONNECTIONS]
        return wire.ask(call(operation, {"TableName": TABLE, **request}))

    def _count(self, name: str, operation: str = "", times: float = 1) -> None:
        self.counts[name, operation, int(self._server.clock.now()) // MINUTE * MINUTE] += times

    def _answered(self, operation: str, reply: Reply, direction: str) -> bool:
        """Count a reply; whether it was a good one."""
        if reply.status == 200:
            consumed: Any = reply.json
            units = consumed["ConsumedCapacity"]["CapacityUnits"]
            self._count(f"Consumed{direction}CapacityUnits", times=units)
            self._count("SuccessfulRequestLatency", operation)
            return True
        assert reply.error[0] == "ProvisionedThroughputExceededException", reply.body
        for name in (f"{direction}ThrottledEvents", f"{direction}ThrottleEvents"):
            self._count(name)
        self._count("ThrottledRequests", operation)
        return False

    def put(self) -> bool:
        """Put an item; whether it was not throttled."""
        item = {"id": {"N": str(self._asked)}}
        reply = self._ask("PutItem", Item=item, ReturnConsumedCapacity="TOTAL")
        return self._answered("PutItem", reply, "Write")

    def use_lightly(self) -> None:
        """Read and write a little, on each connection."""
        for _ in range(CONNECTIONS):
            reply = self._ask("GetItem", Key={"id": {"N": "1"}}, ReturnConsumedCapacity="TOTAL")
            assert self._answered("GetItem", reply, "Read")
        assert self.put()

    def overload(self) -> None:
        """Write until the table has refused it a dozen times."""
        refused = 0
        for _ in range(2000):
            refused += not self.put()
            if refused == 12:
                return
        raise AssertionError("the table was never throttled")


@pytest.fixture
def told() -> Iterator[Hook]:
    """The webhook."""
    with hook() as made:
        yield made


@pytest.fixture
def server(tmp_path: Path, told: Hook) -> Iterator[ServerProcess]:
    """Two workers that throttle, tell the webhook of the document's alarms, and whose time stands still."""
    actions = tmp_path / "actions.toml"
    actions.write_text(f"[[action]]\nalarm = '{ALARM}'\nwebhook = '{told.url}'\n")
    made = ServerProcess(tmp_path, workers=2, clock=NOON, throttle=True, alarm_actions=actions)
    try:
        yield made.start()
        assert "Traceback" not in made.log
    finally:
        made.close()


def next_state(told: Hook) -> tuple[str, str]:
    """The transition of which the webhook is told next."""
    _, message = told.received.get(timeout=PATIENCE_SECONDS)
    assert message["AlarmName"] == ALARM
    return message["OldStateValue"], message["NewStateValue"]


def kill_one(server: ServerProcess) -> None:
    """Kill the writer, and wait for the worker that takes its place."""
    before = server.workers
    os.kill(before[0], signal.SIGKILL)
    for _ in eventually():
        now = server.workers
        if len(now) == len(before) and before[0] not in now:
            return


def measured(server: ServerProcess, since: float) -> dict[tuple[str, str, int], float]:
    """What CloudWatch says of the metrics that the test counts, by minute, without zeros."""
    client = server.client("cloudwatch")
    found: dict[tuple[str, str, int], float] = {}
    for name, operation in METRICS:
        dimensions = {"TableName": TABLE} | ({"Operation": operation} if operation else {})
        statistic = "SampleCount" if name == "SuccessfulRequestLatency" else "Sum"
        points = client.get_metric_statistics(
            Namespace="AWS/DynamoDB",
            MetricName=name,
            Dimensions=[{"Name": key, "Value": value} for key, value in dimensions.items()],
            StartTime=datetime.fromtimestamp(since, UTC),
            EndTime=datetime.fromtimestamp(server.clock.now(), UTC),
            Period=MINUTE,
            Statistics=[statistic],
        )["Datapoints"]
        for point in points:
            if point[statistic]:
                found[name, operation, int(point["Timestamp"].timestamp())] = point[statistic]
    return found


def settled(server: ServerProcess, newest: int) -> dict[tuple[str, str, int], float]:
    """What CloudWatch says as soon as the newest minute is published, which happens all at once."""
    for _ in eventually():
        if any(minute == newest for _, _, minute in measured(server, NOON)):
            break
    return measured(server, NOON)


def test_the_document_s_alarm(server: ServerProcess, told: Hook, tmp_path: Path) -> None:
    root = lay_out(tmp_path / "work")
    choose(root, billing_mode="PROVISIONED", read_capacity=5, write_capacity=UNITS_A_SECOND)
    tool = Terraform(root, tmp_path / "home", url=server.url, ambient=True).init()
    assert tool.apply() == Summary(added=4)
    with ExitStack() as stack:
        load = Load(server, stack)
        load.use_lightly()
        server.clock.advance(MINUTE)
        assert next_state(told) == ("INSUFFICIENT_DATA", "OK")
        # Two periods of five minutes with throttled writes, and between them a worker dies.
        load.overload()
        server.clock.advance(5 * MINUTE)
        load.use_lightly()
        kill_one(server)
        load.connect()
        load.overload()
        server.clock.advance(MINUTE)
        assert next_state(told) == ("OK", "ALARM")
        # As long again with all that is asked for.
        load.use_lightly()
        server.clock.advance(5 * MINUTE)
        assert next_state(told) == ("ALARM", "OK")
        load.use_lightly()
        server.clock.advance(MINUTE)
    history = server.client("cloudwatch").describe_alarm_history(
        AlarmName=ALARM, HistoryItemType="StateUpdate", ScanBy="TimestampAscending"
    )["AlarmHistoryItems"]
    assert [entry["HistorySummary"] for entry in history] == [
        "Alarm updated from INSUFFICIENT_DATA to OK",
        "Alarm updated from OK to ALARM",
        "Alarm updated from ALARM to OK",
    ]
    assert {(name, operation) for name, operation, _ in load.counts} <= set(METRICS)
    assert settled(server, max(minute for _, _, minute in load.counts)) == load.counts
