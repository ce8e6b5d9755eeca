"""What is asked, request by request, and whether a reply is right.

Every reply is looked at: that it has the key that was asked for, and about the right length. One in
fifty is parsed and compared letter by letter; more would make the generator slower than what it measures.
"""

import random
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from benchmarks.client import HEADERS
from benchmarks.dataset import (
    INDEXED_TABLE,
    ITEMS_TABLE,
    RECOVERED_TABLE,
    ROWS_TABLE,
    DataSet,
    WrongData,
)
from benchmarks.records import RANGES_TABLE, RECORDS_TABLE, Records

LOOK_EVERY: Final = 50
_BATCH: Final = 25
_NOTHING: Final = (b"{}", b"")


class Request(NamedTuple):
    """A request: its kind, under which latencies are counted; its message; what its reply is known by."""

    kind: str
    message: bytes
    about: Any = None


class Source(Protocol):
    """What is asked."""

    def next(self) -> Request | None:
        """The next request; None when there is no more."""
        ...

    def reply(self, request: Request, body: bytes) -> Request | None:
        """Look at a reply. Raises WrongData. A request to follow at once on the same connection, if any."""
        ...


class Messages:
    """HTTP messages to one host, with the headers of an SDK."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._heads: dict[str, bytes] = {}

    def __call__(self, operation: str, body: str) -> bytes:
        head = self._heads.get(operation)
        if head is None:
            fields = {"Host": self._host, "X-Amz-Target": f"DynamoDB_20120810.{operation}", **HEADERS}
            lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
            head = self._heads[operation] = f"POST / HTTP/1.1\r\n{lines}Content-Length: ".encode()
        text = body.encode()
        return b"%b%d\r\n\r\n%b" % (head, len(text), text)


class Gets:
    """GetItem of random items."""

    def __init__(self, messages: Messages, data: DataSet, draw: random.Random) -> None:
        self._messages, self._data, self._draw = messages, data, draw
        self._replies = 0

    def next(self) -> Request:
        number = int(self._draw.random() * self._data.items)
        body = f'{{"TableName":"{ITEMS_TABLE}","Key":{{"pk":{{"S":"item-{number:010d}"}}}}}}'
        return Request("GetItem", self._messages("GetItem", body), number)

    def reply(self, request: Request, body: bytes) -> None:
        if b"item-%010d" % request.about not in body:
            raise WrongData(f"asked for item {request.about}: {body[:500]!r}")
        self._replies += 1
        if self._replies % LOOK_EVERY == 0:
            self._data.check_item(request.about, msgspec.json.decode(body)["Item"])


class Puts:
    """PutItem over random items."""

    def __init__(self, messages: Messages, data: DataSet, draw: random.Random) -> None:
        self._messages, self._data, self._draw = messages, data, draw

    def next(self) -> Request:
        number = int(self._draw.random() * self._data.items)
        body = f'{{"TableName":"{ITEMS_TABLE}","Item":{self._data.item_text(number)}}}'
        return Request("PutItem", self._messages("PutItem", body), number)

    def reply(self, request: Request, body: bytes) -> None:
        if body not in _NOTHING:
            raise WrongData(f"PutItem answered {body[:500]!r}")


class Fill:
    """BatchWriteItem, 25 items each, until a table has all that belongs into it."""

    def __init__(self, messages: Messages, table: str, items: Iterator[str]) -> None:
        self._messages, self._table, self._items = messages, table, items
        self._again: list[str] = []

    def next(self) -> Request | None:
        if self._again:
            return Request("BatchWriteItem", self._messages("BatchWriteItem", self._again.pop()))
        puts = ",".join(f'{{"PutRequest":{{"Item":{text}}}}}' for text in islice(self._items, _BATCH))
        if not puts:
            return None
        body = f'{{"RequestItems":{{"{self._table}":[{puts}]}}}}'
        return Request("BatchWriteItem", self._messages("BatchWriteItem", body))

    def reply(self, request: Request, body: bytes) -> Request | None:
        left = msgspec.json.decode(body).get("UnprocessedItems") if len(body) > 2 else None
        if not left:
            return None
        text = msgspec.json.encode({"RequestItems": left}).decode()
        return Request("BatchWriteItem", self._messages("BatchWriteItem", text))


def texts(table: str, data: DataSet, records: Records) -> Iterator[str]:
    """The first items of a table, as JSON."""
    if table in (ITEMS_TABLE, INDEXED_TABLE, RECOVERED_TABLE):
        return map(data.item_text, range(data.items))
    if table == ROWS_TABLE:
        return data.row_texts()
    form = {RECORDS_TABLE: records.record_text, RANGES_TABLE: records.ranged_text}[table]
    return map(form, range(data.items))
