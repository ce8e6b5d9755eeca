"""A count of what requests should come to in a server's metrics, kept from their replies."""

import json
from collections import Counter
from typing import Any

from harness.metrics import Seen
from harness.wire import Wire, call


class Counted:
    """Asks a server, and keeps count of what that should come to."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self.requests: Counter[tuple[str, str]] = Counter()  # that succeeded, by table and operation
        self.units: Counter[tuple[str, str, str]] = Counter()  # by direction, table and global index
        self.returned: Counter[tuple[str, str]] = Counter()

    def __call__(self, operation: str, request: dict[str, Any], *tables: str, writes: bool = False) -> Any:
        """The reply of a request that succeeds and consumes something of tables."""
        asked = request if "Stream" in operation else request | {"ReturnConsumedCapacity": "INDEXES"}
        reply = self._wire.ask(call(operation, asked))
        assert reply.status == 200, reply.body
        answer: Any = reply.json
        for table in tables:
            self.requests[table, operation] += 1
        found = answer.get("ConsumedCapacity") or []
        for each in found if isinstance(found, list) else [found]:
            self._consumed(each, "Write" if writes else "Read")
        if operation in ("Query", "Scan") or (operation == "ExecuteStatement" and not writes):
            self.returned[tables[0], operation] += answer.get("Count", len(answer.get("Items", ())))
        return answer

    def _consumed(self, of: dict[str, Any], direction: str) -> None:
        table = of["TableName"].rpartition("/")[2]
        indexes = of.get("GlobalSecondaryIndexes", {})
        for index, units in indexes.items():
            self.units[direction, table, index] += units["CapacityUnits"]
        own = of["CapacityUnits"] - sum(units["CapacityUnits"] for units in indexes.values())
        if own:
            self.units[direction, table, ""] += own

    def refused(self, operation: str, request: dict[str, Any], status: int = 400) -> str:
        """The error's name of a request that fails."""
        reply = self._wire.ask(call(operation, request))
        assert reply.status == status, reply.body
        return reply.error[0]

    def check(self, seen: Seen) -> None:
        """Fail unless that is what the server has published."""
        for (table, operation), times in self.requests.items():
            of_operation = {"TableName": table, "Operation": operation}
            assert seen.samples("SuccessfulRequestLatency", **of_operation) == times, of_operation
            if operation in ("Query", "Scan"):
                assert seen.sum("ReturnedItemCount", **of_operation) == self.returned[table, operation]
        for (direction, table, index), units in self.units.items():
            place = {"TableName": table} | ({"GlobalSecondaryIndexName": index} if index else {})
            assert seen.sum(f"Consumed{direction}CapacityUnits", **place) == units, (direction, place)


def create(wire: Wire, name: str, *indexes: Any, **parameters: Any) -> dict[str, Any]:
    lists: dict[str, list[Any]] = {}
    for index in indexes:
        lists.setdefault(index.parameter, []).append(index.definition)
    attributes = {
        "pk",
        "sk",
        *(key["AttributeName"] for each in indexes for key in each.definition["KeySchema"]),
    }
    request = {
        "TableName": name,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "S"} for each in sorted(attributes)
        ],
        "BillingMode": "PAY_PER_REQUEST",
        **lists,
    }
    reply = wire.ask(call("CreateTable", request | parameters))
    assert reply.status == 200, reply.body
    described: dict[str, Any] = json.loads(reply.body)["TableDescription"]
    return described


def key(number: int) -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": str(number)}}


def item(number: int) -> dict[str, Any]:
    return {**key(number), "g": {"S": "all"}, "l": {"S": str(number)}}
