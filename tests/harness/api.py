"""The API by raw requests, which no SDK has checked before."""

from itertools import count
from typing import Any, NamedTuple

from harness.wire import Wire, call


class Index(NamedTuple):
    """A secondary index, and the parameter of CreateTable that it belongs to."""

    parameter: str
    definition: dict[str, Any]


def local_index(name: str, keys: str, projection: str = "ALL", *included: str) -> Index:
    """A local secondary index; `keys` as in `global_index`."""
    return Index("LocalSecondaryIndexes", _definition(name, keys, projection, included))


def global_index(name: str, keys: str, projection: str = "ALL", *included: str) -> Index:
    """A global secondary index. `keys` are like "g" or "g h"; with several of a kind, "g1 g2 / h1 h2"."""
    return Index("GlobalSecondaryIndexes", _definition(name, keys, projection, included))


def _definition(name: str, keys: str, projection: str, included: tuple[str, ...]) -> dict[str, Any]:
    if "/" in keys:
        hashes, ranges = (part.split() for part in keys.split("/"))
    else:
        hashes, ranges = keys.split()[:1], keys.split()[1:]
    shape: dict[str, Any] = {"ProjectionType": projection}
    if included:
        shape["NonKeyAttributes"] = list(included)
    return {
        "IndexName": name,
        "KeySchema": [
            *({"AttributeName": attribute, "KeyType": "HASH"} for attribute in hashes),
            *({"AttributeName": attribute, "KeyType": "RANGE"} for attribute in ranges),
        ],
        "Projection": shape,
    }


class Api:
    """Sends requests as they are, and takes replies apart."""

    _numbers = count(1)  # of tables: several folders' tests share a server

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def __call__(self, operation: str, request: dict[str, Any]) -> Any:
        """The reply of a request that succeeds; None if it is empty."""
        reply = self._wire.ask(call(operation, request))
        assert reply.status == 200, reply.body
        return reply.json if reply.body else None

    def refusal(self, operation: str, request: dict[str, Any]) -> tuple[str, str | None]:
        """The error's name and text."""
        reply = self._wire.ask(call(operation, request))
        assert reply.status == 400, reply.body
        return reply.error

    def error_body(self, operation: str, request: dict[str, Any]) -> Any:
        """The whole reply of a request that fails."""
        reply = self._wire.ask(call(operation, request))
        assert reply.status == 400, reply.body
        return reply.json

    def table(self, keys: str = "pk:S", *indexes: Index, **attributes: str) -> str:
        """A new table, by its name. `keys` is like "pk:S" or "pk:S sk:N"; `attributes` are index keys."""
        name = f"items-{next(self._numbers)}"
        pairs = [pair.split(":") for pair in keys.split()]
        types = dict(pairs) | attributes
        lists: dict[str, list[dict[str, Any]]] = {}
        for index in indexes:
            lists.setdefault(index.parameter, []).append(index.definition)
        self(
            "CreateTable",
            {
                "TableName": name,
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [
                    {"AttributeName": attribute, "KeyType": kind}
                    for (attribute, _), kind in zip(pairs, ("HASH", "RANGE"), strict=False)
                ],
                "AttributeDefinitions": [
                    {"AttributeName": attribute, "AttributeType": kind} for attribute, kind in types.items()
                ],
                **lists,
            },
        )
        return name

    def put(self, table: str, *items: dict[str, Any]) -> None:
        """Put items."""
        for item in items:
            self("PutItem", {"TableName": table, "Item": item})

    def items(self, operation: str, request: dict[str, Any]) -> list[dict[str, Any]]:
        """The items of all pages of a Query or Scan."""
        found = []
        while True:
            reply = self(operation, request)
            found += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return found
            request = request | {"ExclusiveStartKey": reply["LastEvaluatedKey"]}
