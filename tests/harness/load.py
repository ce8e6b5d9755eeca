"""Clients that write at random to one table: items, batches and transactions over keys that they share."""

import random
import threading
from collections.abc import Callable
from typing import Any

from harness.feed import key_text
from harness.process import ServerProcess, eventually
from harness.streamed import Streamed
from harness.wire import Wire, call

CLIENTS = 6
KEYS = [f"key-{number}" for number in range(40)]


class Writer:
    """Random writes, until told to stop or until nobody answers."""

    def __init__(self, table: str, seed: int, now: Callable[[], float]) -> None:
        self._table = table
        self._random = random.Random(seed)
        self._now = now
        self._kinds = [self.put, self.put, self.update, self.delete, self.batch, self.transaction]
        self.written = 0

    def run(self, wire: Wire, stop: threading.Event) -> None:
        with wire:
            while not stop.is_set():
                operation, request = self._random.choice(self._kinds)()
                try:
                    reply = wire.ask(call(operation, request))
                except (OSError, EOFError):
                    return
                assert reply.status == 200, reply.body
                self.written += 1

    def item(self, key: str) -> dict[str, Any]:
        item = {"pk": {"S": key}, "n": {"N": str(self._random.randint(1, 9))}}
        if self._random.random() < 0.2:
            item["ttl"] = {"N": str(int(self._now()) - 60)}
        if self._random.random() < 0.2:
            item["filler"] = {"S": "x" * self._random.randint(10, 5_000)}
        return item

    def put(self) -> tuple[str, Any]:
        return "PutItem", {"TableName": self._table, "Item": self.item(self._random.choice(KEYS))}

    def key(self) -> dict[str, Any]:
        return {"pk": {"S": self._random.choice(KEYS)}}

    def update(self) -> tuple[str, Any]:
        return "UpdateItem", {
            "TableName": self._table,
            "Key": self.key(),
            "UpdateExpression": "ADD n :one REMOVE filler",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }

    def delete(self) -> tuple[str, Any]:
        return "DeleteItem", {"TableName": self._table, "Key": self.key()}

    def batch(self) -> tuple[str, Any]:
        keys = self._random.sample(KEYS, 8)
        writes = [{"PutRequest": {"Item": self.item(key)}} for key in keys[:5]]
        writes += [{"DeleteRequest": {"Key": {"pk": {"S": key}}}} for key in keys[5:]]
        return "BatchWriteItem", {"RequestItems": {self._table: writes}}

    def transaction(self) -> tuple[str, Any]:
        one, two, three = self._random.sample(KEYS, 3)
        update = {
            "TableName": self._table,
            "Key": {"pk": {"S": two}},
            "UpdateExpression": "SET n = :n",
            "ExpressionAttributeValues": {":n": {"N": "5"}},
        }
        actions = [
            {"Put": {"TableName": self._table, "Item": self.item(one)}},
            {"Update": update},
            {"Delete": {"TableName": self._table, "Key": {"pk": {"S": three}}}},
        ]
        return "TransactWriteItems", {"TransactItems": actions}


class Load:
    """Clients at work."""

    def __init__(self, server: ServerProcess, table: str, seed: int) -> None:
        now = server.clock.now
        self._stop = threading.Event()
        self._writers = [Writer(table, seed * CLIENTS + number, now) for number in range(CLIENTS)]
        self._threads = [
            threading.Thread(target=writer.run, args=(server.connect(), self._stop))
            for writer in self._writers
        ]
        for thread in self._threads:
            thread.start()

    @property
    def written(self) -> int:
        return sum(writer.written for writer in self._writers)

    def reach(self, count: int) -> None:
        for _ in eventually():
            if self.written >= count:
                return

    def end(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join()


def contents(table: Streamed) -> dict[str, Any]:
    found = table.items.scan(TableName=table.name)
    assert "LastEvaluatedKey" not in found
    return {key_text({"pk": item["pk"]}): item for item in found["Items"]}
