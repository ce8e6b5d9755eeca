"""The table that a service reads from: views of aggregates, and how far the reading of events has come.

    id                           kind
    (aggregate)                  the service's own name    a view of one of its aggregates
    (prefix)#(aggregate)         the prefix                a view or a mark for one of another service's
    stream#(projection)          stream                    where a projection stands in its stream

Each view has the version up to which it goes, and is replaced only by one that was made from it. So an event
is applied once, whoever reads it how often.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Generic

from botocore.exceptions import ClientError

from services.common.errors import code_of
from services.common.items import deserialize, serialize
from services.common.paging import Page, decode_cursor, encode_cursor
from services.inventory.folds import Fold, S, Snapshot

_REFUSED: Final = "ConditionalCheckFailedException"
_STREAM: Final = "stream"


@dataclass(frozen=True)
class Views(Generic[S]):
    """The views of one kind in a table; without a prefix, those of the service's own aggregates."""

    client: Any
    table: str
    kind: str
    fold: Fold[S]
    prefix: str = ""

    def get(self, identifier: str, *, consistent: bool = False) -> Snapshot[S] | None:
        """A view; None if there is none."""
        item = _get(self.client, self.table, self.prefix + identifier, consistent=consistent)
        return None if item is None else self.fold.snapshot(identifier, item)

    def put(self, snapshot: Snapshot[S], *, replaces: int) -> bool:
        """Replace the view of version `replaces` (0 for none); whether it was still that one."""
        condition, values = "attribute_not_exists(id)", {}
        if replaces:
            condition, values = "version = :replaces", {":replaces": replaces}
        return self._put(snapshot, condition, values)

    def renew(self, snapshot: Snapshot[S]) -> bool:
        """Replace whatever view there is of this version or before; whether there was none after it."""
        condition = "attribute_not_exists(id) OR version <= :version"
        return self._put(snapshot, condition, {":version": snapshot.version})

    def remove(self, identifier: str) -> None:
        """Delete a view."""
        self.client.delete_item(TableName=self.table, Key=serialize({"id": self.prefix + identifier}))

    def page(self, limit: int, cursor: str | None) -> Page[Snapshot[S]]:
        """Some views, in no order: the table has no index that lists them."""
        start = decode_cursor(cursor, ["id"])
        found: list[Snapshot[S]] = []
        while True:
            answer = self.client.scan(
                TableName=self.table, Limit=limit - len(found), **self._mine(), **_from(start)
            )
            found.extend(map(self._snapshot, answer["Items"]))
            start = answer.get("LastEvaluatedKey")
            if start is None or len(found) == limit:
                return Page(found, encode_cursor(start))

    def all(self) -> Iterator[Snapshot[S]]:
        """All views."""
        pages = self.client.get_paginator("scan").paginate(
            TableName=self.table, ConsistentRead=True, **self._mine()
        )
        for page in pages:
            yield from map(self._snapshot, page["Items"])

    def _mine(self) -> dict[str, Any]:
        return {
            "FilterExpression": "kind = :kind",
            "ExpressionAttributeValues": serialize({":kind": self.kind}),
        }

    def _snapshot(self, item: Mapping[str, Any]) -> Snapshot[S]:
        values = deserialize(item)
        return self.fold.snapshot(values["id"].removeprefix(self.prefix), values)

    def _put(self, snapshot: Snapshot[S], condition: str, values: Mapping[str, Any]) -> bool:
        item = {**snapshot.attributes(), "id": self.prefix + snapshot.id, "kind": self.kind}
        return _put(self.client, self.table, item, condition, values)


@dataclass(frozen=True)
class Checkpoint:
    """Where a projection stands in a stream; it may lag behind what is applied.

    `caught_up_at` is when it last looked up all events in their table, `reading` where it is in each shard
    (see stream.Shard), and `ended` are shards that it has read to their end.
    """

    stream: str
    caught_up_at: str
    reading: Mapping[str, str]
    ended: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Checkpoints:
    """The checkpoint of one projection."""

    client: Any
    table: str
    projection: str

    def load(self) -> Checkpoint | None:
        """The checkpoint; None before the first."""
        item = _get(self.client, self.table, self._key, consistent=True)
        if item is None:
            return None
        return Checkpoint(item["stream"], item["caughtUpAt"], item["reading"], frozenset(item["ended"]))

    def save(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint."""
        self.client.put_item(
            TableName=self.table,
            Item=serialize(
                {
                    "id": self._key,
                    "kind": _STREAM,
                    "stream": checkpoint.stream,
                    "caughtUpAt": checkpoint.caught_up_at,
                    "reading": dict(checkpoint.reading),
                    "ended": sorted(checkpoint.ended),
                }
            ),
        )

    @property
    def _key(self) -> str:
        return f"{_STREAM}#{self.projection}"


def _get(client: Any, table: str, identifier: str, *, consistent: bool) -> dict[str, Any] | None:
    answer = client.get_item(TableName=table, Key=serialize({"id": identifier}), ConsistentRead=consistent)
    return deserialize(answer["Item"]) if "Item" in answer else None


def _put(client: Any, table: str, item: Mapping[str, Any], condition: str, values: Mapping[str, Any]) -> bool:
    try:
        client.put_item(
            TableName=table,
            Item=serialize(item),
            ConditionExpression=condition,
            **({"ExpressionAttributeValues": serialize(values)} if values else {}),
        )
    except ClientError as error:
        if code_of(error) != _REFUSED:
            raise
        return False
    return True


def _from(start: Mapping[str, Any] | None) -> dict[str, Any]:
    return {"ExclusiveStartKey": start} if start else {}
