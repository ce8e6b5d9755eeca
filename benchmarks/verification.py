"""Whether a peer did what it was asked: before each run, during it and after it, by single requests.

Every verification is made with a client, the data set and a source of random numbers, looks at the peer
`before` a run, `meanwhile` (each time once, over a client of its own) and `after` it, and raises WrongData if
it finds anything wrong. A fast peer that answers nonsense would otherwise win.
"""

import json
import math
import random
import statistics
from typing import Final, Protocol

from benchmarks.client import Client, Refused
from benchmarks.dataset import (
    INDEXED_TABLE,
    ITEMS_TABLE,
    RECOVERED_TABLE,
    ROWS_PER_PARTITION,
    ROWS_TABLE,
    DataSet,
    Item,
    WrongData,
    item_key,
    partition_key,
)
from benchmarks.wrk.run import Outcome

_ITEMS_READ: Final = 25
_ITEMS_COMPARED: Final = 200
_PARTITIONS_READ: Final = 5
_PAGES_READ: Final = 10
_PAGE_ITEMS_MIN: Final = 1_100  # a megabyte has some 1,200
_SEEN_CHANGES_MIN: Final = 20  # fewer expected ones prove nothing
_HEAD_BYTES_MAX: Final = 1_000


class Verification(Protocol):
    """The look at a peer around one run."""

    def before(self) -> None:
        """Look, and remember what `after` compares with."""
        ...

    def meanwhile(self) -> None:
        """Look while the load is on, at what holds then too."""
        ...

    def after(self, outcome: Outcome) -> None:
        """Look again. `outcome` is what the load generator saw."""
        ...


class Constant:
    """A peer without a database answers a GetItem with some item."""

    def __init__(self, client: Client, data: DataSet, draw: random.Random) -> None:
        self._client = client

    def before(self) -> None:
        reply = self._client.call("GetItem", {"TableName": ITEMS_TABLE, "Key": item_key(0)})
        if "Item" not in reply:
            raise WrongData(f"the constant reply has no item: {reply}")

    def meanwhile(self) -> None:
        self.before()

    def after(self, outcome: Outcome) -> None:
        self.before()


class Reads:
    """Items read back are right, and so large that the run's replies cannot have been emptier."""

    sample: int = _ITEMS_READ
    table: str = ITEMS_TABLE

    def __init__(self, client: Client, data: DataSet, draw: random.Random) -> None:
        self._client = client
        self._data = data
        self._draw = draw
        self._numbers = draw.sample(range(data.items), min(self.sample, data.items))
        self._items: list[Item] = []

    def before(self) -> None:
        self._items = self._read()

    def meanwhile(self) -> None:
        self._get(self._draw.randrange(self._data.items))

    def after(self, outcome: Outcome) -> None:
        self._read()
        request = {"TableName": ITEMS_TABLE, "Key": item_key(self._numbers[0])}
        check_reply_size(outcome, len(self._client.send("GetItem", request)))

    def _read(self) -> list[Item]:
        return [self._get(number) for number in self._numbers]

    def _get(self, number: int) -> Item:
        request = {"TableName": self.table, "Key": item_key(number), "ConsistentRead": True}
        item: Item = self._client.call("GetItem", request).get("Item", {})
        self._data.check_item(number, item)
        return item


class Writes(Reads):
    """All items are right after the run too, and about as many changed as that many writes must change."""

    sample = _ITEMS_COMPARED
    per_request = 1

    def after(self, outcome: Outcome) -> None:
        changed = sum(old != new for old, new in zip(self._items, self._read(), strict=True))
        written = outcome.requests * self.per_request
        expected = len(self._items) * (1 - math.exp(-written / self._data.items))
        if expected >= _SEEN_CHANGES_MIN and changed < expected / 2:
            raise WrongData(f"{changed} of {len(self._items)} items changed, not about {expected:.0f}")


class BatchReads(Reads):
    """A batch answers each item that it was asked for, and the run's replies were as large."""

    sample = 100

    def meanwhile(self) -> None:
        self._read()

    def after(self, outcome: Outcome) -> None:
        self._read()
        check_reply_size(outcome, len(self._client.send("BatchGetItem", self._request())))

    def _read(self) -> list[Item]:
        answered = self._client.call("BatchGetItem", self._request())["Responses"][ITEMS_TABLE]
        by_key = {item["pk"]["S"]: item for item in answered}
        items = [by_key.get(item_key(number)["pk"]["S"], {}) for number in self._numbers]
        for number, item in zip(self._numbers, items, strict=True):
            self._data.check_item(number, item)
        return items

    def _request(self) -> dict[str, object]:
        return {"RequestItems": {ITEMS_TABLE: {"Keys": [item_key(number) for number in self._numbers]}}}


class BatchWrites(Writes):
    """Writes of 25 items a request."""

    per_request = 25


class Transactions(Writes):
    """Moreover a transaction whose condition fails changes nothing."""

    per_request = 10

    def before(self) -> None:
        first, second = self._numbers[:2]
        old = [self._get(first), self._get(second)]
        put = {"Put": {"TableName": ITEMS_TABLE, "Item": self._data.new_item(first)}}
        check = {
            "ConditionCheck": {
                "TableName": ITEMS_TABLE,
                "Key": item_key(second),
                "ConditionExpression": "attribute_not_exists(pk)",
            }
        }
        try:
            self._client.call("TransactWriteItems", {"TransactItems": [put, check]})
        except Refused as error:
            if error.kind != "TransactionCanceledException":
                raise
        else:
            raise WrongData("a transaction was made whose condition does not hold")
        if [self._get(first), self._get(second)] != old:
            raise WrongData("a cancelled transaction changed an item")
        super().before()


class RecoveredWrites(Writes):
    """Writes to the table with point-in-time recovery."""

    table = RECOVERED_TABLE


class IndexedWrites(Writes):
    """Writes to the table with a stream and two indexes; the indexes hold the item as it is."""

    table = INDEXED_TABLE

    def after(self, outcome: Outcome) -> None:
        super().after(outcome)
        item = self._get(self._numbers[0])
        entries = self._client.call(
            "Query",
            {
                "TableName": INDEXED_TABLE,
                "IndexName": "by-hits",
                "KeyConditionExpression": "hits = :hits AND pk = :pk",
                "ExpressionAttributeValues": {":hits": item["hits"], ":pk": item["pk"]},
            },
        )["Items"]
        if entries != [item]:
            raise WrongData(f"an index holds {entries} of {item}")


class Updates(Writes):
    """Moreover the condition is evaluated: it refuses where it does not hold, and then nothing changes."""

    def before(self) -> None:
        number = self._numbers[0]
        old = self._get(number)
        hits = int(old["hits"]["N"])
        try:
            self._hit(old, at_least=hits + 1)
        except Refused as error:
            if error.kind != "ConditionalCheckFailedException":
                raise
        else:
            raise WrongData("an update was made whose condition does not hold")
        if self._get(number) != old:
            raise WrongData("a refused update changed the item")
        self._hit(old, at_least=hits)
        if self._get(number)["hits"]["N"] != str(hits + 1):
            raise WrongData("an update was not made whose condition holds")
        super().before()

    def _hit(self, item: Item, at_least: int) -> None:
        at = item["at"]["N"]
        self._client.call(
            "UpdateItem",
            {
                "TableName": ITEMS_TABLE,
                "Key": {"pk": item["pk"]},
                "ConditionExpression": "attribute_exists(pk) AND hits >= :least",
                "UpdateExpression": "SET note = :note, note_at = :at, hits = hits + :one",
                "ExpressionAttributeValues": {
                    ":least": {"N": str(at_least)},
                    ":one": {"N": "1"},
                    ":at": {"N": at},
                    ":note": {"S": self._data.note(int(at))},
                },
            },
        )


class Queries:
    """A partition has its 50 rows in their order, and the run's replies were as large."""

    def __init__(self, client: Client, data: DataSet, draw: random.Random) -> None:
        self._client = client
        self._data = data
        self._draw = draw
        self._partitions = draw.sample(range(data.partitions), min(_PARTITIONS_READ, data.partitions))

    def before(self) -> None:
        for partition in self._partitions:
            self._look(partition)

    def meanwhile(self) -> None:
        self._look(self._draw.randrange(self._data.partitions))

    def after(self, outcome: Outcome) -> None:
        self.before()
        check_reply_size(outcome, len(self._client.send("Query", _query(self._partitions[0]))))

    def _look(self, partition: int) -> None:
        reply = self._client.call("Query", _query(partition))
        self._data.check_rows(partition, reply["Items"])
        if reply["Count"] != len(reply["Items"]) or "LastEvaluatedKey" in reply:
            raise WrongData(f"a Query of partition {partition} says {reply}")


class RowReads(Queries):
    """Single rows, read by their whole keys."""

    def after(self, outcome: Outcome) -> None:
        self.before()
        key = {**partition_key(self._partitions[0]), "sk": {"N": "0"}}
        request = {"TableName": ROWS_TABLE, "Key": key}
        check_reply_size(outcome, len(self._client.send("GetItem", request)))


class RowUpdates(Queries):
    """Single rows that are updated: partitions are whole and right whatever was written."""

    def before(self) -> None:
        super().before()
        key = {"pk": {"S": "nobody"}, "sk": {"N": "0"}}
        condition = {"ConditionExpression": "attribute_exists(pk)", "UpdateExpression": "REMOVE title"}
        try:
            self._client.call("UpdateItem", {"TableName": ROWS_TABLE, "Key": key, **condition})
        except Refused as error:
            if error.kind != "ConditionalCheckFailedException":
                raise
        else:
            raise WrongData("an update was made whose condition does not hold")
        self._old = self._rows()

    def after(self, outcome: Outcome) -> None:
        super().before()
        new = self._rows()
        changed = sum(old != row for old, row in zip(self._old, new, strict=True))
        everything = self._data.partitions * ROWS_PER_PARTITION
        expected = len(new) * (1 - math.exp(-outcome.requests / everything))
        if expected >= _SEEN_CHANGES_MIN and changed < expected / 2:
            raise WrongData(f"{changed} of {len(new)} rows changed, not about {expected:.0f}")

    def _rows(self) -> list[Item]:
        return [
            row
            for partition in self._partitions
            for row in self._client.call("Query", _query(partition))["Items"]
        ]


class Scans:
    """A page from any place on has a megabyte scanned, and of it those items that pass the filter."""

    share = 4_500  # of the places in the pool, as in scan.lua

    def __init__(self, client: Client, data: DataSet, draw: random.Random) -> None:
        self._client = client
        self._data = data
        self._draw = draw

    def before(self) -> None:
        for _ in range(_PARTITIONS_READ):
            self._page()

    def meanwhile(self) -> None:
        self._page()

    def after(self, outcome: Outcome) -> None:
        sizes = [self._page() for _ in range(_PAGES_READ)]
        mean, expected = outcome.bytes / max(outcome.requests, 1), statistics.fmean(sizes)
        allowed = max(0.2 * expected, 2 * statistics.stdev(sizes))  # small tables have small and uneven pages
        if not expected - allowed <= mean <= expected + allowed + _HEAD_BYTES_MAX:
            raise WrongData(f"a page had {mean:.0f} bytes on average, not about {expected:.0f}")

    def _page(self) -> int:
        low = self._draw.randint(10_000, 99_999 - self.share)
        start = item_key(self._draw.randrange(self._data.items))
        body = self._client.send("Scan", scan_request(start, low, low + self.share))
        reply = json.loads(body)
        for item in reply["Items"]:
            self._data.check_item(int(item["pk"]["S"][5:]), item)
            if not low <= int(item["at"]["N"]) <= low + self.share:
                raise WrongData(f"a filter passed {item}")
        scanned = reply["ScannedCount"]
        if scanned < _PAGE_ITEMS_MIN and "LastEvaluatedKey" in reply:
            raise WrongData(f"a page ended after {scanned} items")
        if scanned >= _PAGE_ITEMS_MIN and not 0.5 <= len(reply["Items"]) / scanned * 90_000 / self.share <= 2:
            raise WrongData(f"a filter passed {len(reply['Items'])} items of {scanned}")
        return len(body)


def scan_request(start: Item, low: int, high: int) -> dict[str, object]:
    """A page of a Scan after `start`, of items whose places are in a range."""
    return {
        "TableName": ITEMS_TABLE,
        "ExclusiveStartKey": start,
        "FilterExpression": "#at BETWEEN :low AND :high",
        "ExpressionAttributeNames": {"#at": "at"},
        "ExpressionAttributeValues": {":low": {"N": str(low)}, ":high": {"N": str(high)}},
    }


def check_reply_size(outcome: Outcome, body_bytes: int) -> None:
    """Raise WrongData if the replies of a run were not about as long as one whose body was verified."""
    mean = outcome.bytes / max(outcome.requests, 1)
    if not 0.95 * body_bytes <= mean <= 1.05 * body_bytes + _HEAD_BYTES_MAX:
        raise WrongData(f"a reply had {mean:.0f} bytes on average, with bodies of about {body_bytes}")


def _query(partition: int) -> dict[str, object]:
    return {
        "TableName": ROWS_TABLE,
        "KeyConditionExpression": "pk = :pk",
        "ExpressionAttributeValues": {":pk": partition_key(partition)["pk"]},
        "ConsistentRead": True,
    }
