"""The table of events of one service, which is only ever appended to.

    id            timestamp
    (aggregate)   2026-07-19T10:11:12.345Z#0000000001    an event
    (aggregate)   COMMAND#(key)                          a command that is done, if it came with a key
    (aggregate)   HEAD                                   the version, and the state that it amounts to

An append is one transaction: it puts events, moves the head on from the version that was decided on, and
notes the key of the command. So of two appends that were decided on one version only one succeeds, and a
command that comes again finds its note.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.errors import code_of
from services.common.items import deserialize, serialize
from services.inventory.events import Recorded, is_event

HEAD: Final = "HEAD"
_COMMAND: Final = "COMMAND#"
# Above the sort keys of all events, below those of other items.
_EVENTS_END: Final = "9~"
_CANCELLED: Final = "TransactionCanceledException"
_REFUSED: Final = "ConditionalCheckFailed"
# Reasons to decide once more: somebody else was at it, or the server was busy.
_PASSING: Final = {
    _REFUSED,
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
}


class Overtaken(Exception):
    """The aggregate is no longer at the version that was decided on."""


@dataclass(frozen=True)
class Done:
    """What is noted of a command: its digest, and the version that it led to."""

    digest: str
    version: int


@dataclass(frozen=True)
class Append:
    """What one command appends: events that follow `expected`, and the head's attributes after them."""

    id: str
    expected: int
    events: Sequence[Recorded]
    head: Mapping[str, Any]
    key: str | None
    digest: str
    token: str


class EventLog:
    """The events of all aggregates of one table."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self.table = table

    def head(self, identifier: str) -> dict[str, Any] | None:
        """The attributes of an aggregate's head, as they are now; None if it has no events."""
        answer = self._client.get_item(TableName=self.table, Key=_key(identifier, HEAD), ConsistentRead=True)
        return deserialize(answer["Item"]) if "Item" in answer else None

    def done(self, identifier: str, key: str) -> Done | None:
        """What is noted of a command; None if it was never done."""
        answer = self._client.get_item(
            TableName=self.table, Key=_key(identifier, _COMMAND + key), ConsistentRead=True
        )
        if "Item" not in answer:
            return None
        item = deserialize(answer["Item"])
        return Done(item["digest"], item["version"])

    def append(self, append: Append) -> None:
        """Append what a command has decided. Raises Overtaken, and then nothing was written."""
        try:
            self._client.transact_write_items(
                TransactItems=[
                    self._move_head(append),
                    *(self._put_new(event.attributes()) for event in append.events),
                    *([self._note(append)] if append.key is not None else []),
                ],
                ClientRequestToken=append.token,
            )
        except ClientError as error:
            if code_of(error) != _CANCELLED:
                raise
            codes = {reason["Code"] for reason in error.response["CancellationReasons"]} - {"None"}
            if not codes <= _PASSING:
                raise
            raise Overtaken(f"{append.id} is no longer at version {append.expected}") from None

    def events(self, identifier: str, after: str = "0") -> Iterator[Recorded]:
        """The events of an aggregate after a position, oldest first, as they are now."""
        for item in self._pages(
            "query",
            KeyConditionExpression="id = :id AND #timestamp BETWEEN :after AND :end",
            ExpressionAttributeNames={"#timestamp": "timestamp"},
            ExpressionAttributeValues=serialize({":id": identifier, ":after": after, ":end": _EVENTS_END}),
        ):
            if item["timestamp"] != after:
                yield Recorded.of(item)

    def page(self, identifier: str, limit: int, start: Mapping[str, Any] | None) -> dict[str, Any]:
        """The answer of a query for a page of an aggregate's events."""
        answer: dict[str, Any] = self._client.query(
            TableName=self.table,
            KeyConditionExpression="id = :id AND #timestamp < :end",
            ExpressionAttributeNames={"#timestamp": "timestamp"},
            ExpressionAttributeValues=serialize({":id": identifier, ":end": _EVENTS_END}),
            Limit=limit,
            **({"ExclusiveStartKey": start} if start else {}),
        )
        return answer

    def versions(self) -> Iterator[tuple[str, int]]:
        """All aggregates, and how far each has come. This reads the whole table."""
        for item in self._pages(
            "scan",
            FilterExpression="#timestamp = :head",
            ProjectionExpression="id, version",
            ExpressionAttributeNames={"#timestamp": "timestamp"},
            ExpressionAttributeValues=serialize({":head": HEAD}),
        ):
            yield item["id"], item["version"]

    def _pages(self, operation: str, **parameters: Any) -> Iterator[dict[str, Any]]:
        pages = self._client.get_paginator(operation).paginate(
            TableName=self.table, ConsistentRead=True, **parameters
        )
        for page in pages:
            yield from map(deserialize, page["Items"])

    def _move_head(self, append: Append) -> dict[str, Any]:
        item = serialize({**append.head, "id": append.id, "timestamp": HEAD})
        if append.expected == 0:
            return self._put(item, "attribute_not_exists(id)")
        return self._put(item, "version = :expected", {":expected": append.expected})

    def _put_new(self, attributes: Mapping[str, Any]) -> dict[str, Any]:
        return self._put(serialize(attributes), "attribute_not_exists(id)")

    def _note(self, append: Append) -> dict[str, Any]:
        return self._put_new(
            {
                "id": append.id,
                "timestamp": f"{_COMMAND}{append.key}",
                "digest": append.digest,
                "version": append.events[-1].version,
            }
        )

    def _put(
        self, item: Mapping[str, Any], condition: str, values: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        put = {"TableName": self.table, "Item": item, "ConditionExpression": condition}
        return {"Put": put | ({"ExpressionAttributeValues": serialize(values)} if values else {})}


def event_of(image: Mapping[str, Any]) -> Recorded | None:
    """The event that an item in DynamoDB's JSON is; None if it is another item of the table."""
    return Recorded.of(deserialize(image)) if is_event(image["timestamp"]["S"]) else None


def _key(identifier: str, sort: str) -> dict[str, Any]:
    return serialize({"id": identifier, "timestamp": sort})
