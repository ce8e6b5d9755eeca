"""A server killed in the middle of writes loses nothing that it acknowledged, and keeps nothing by halves.

Each of several clients owns some keys, so it knows what each of its items must be: what the last acknowledged
write left there, or, for the one write that was never answered, what was there before or after it. A batch is
one commit: an unanswered one is there whole or not at all. `stator check` ends every round, so the index
entries and the counters agree with the items.
"""

import random
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from harness.process import ServerProcess
from harness.wire import Reply, Wire, call

ROUNDS = 30
CLIENTS = 6
KEYS_PER_CLIENT = 12
TABLE = "ledger"

Item = dict[str, Any]
State = dict[str, Item | None]


def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path).start()
    clients = [Client(number) for number in range(CLIENTS)]
    try:
        with server.connect() as wire:
            create_table(wire)
        for round_number in range(ROUNDS):
            crash(server, clients, acknowledged=random.Random(round_number).randint(20, 400))
            server.start()
            with server.connect() as wire:
                for client in clients:
                    client.compare(wire)
            server.check()
        assert sum(client.acknowledged for client in clients) > ROUNDS * 20
    finally:
        server.close()


def create_table(wire: Wire) -> None:
    key, other = ({"AttributeName": name, "AttributeType": "S"} for name in ("id", "kind"))
    reply = wire.ask(
        call(
            "CreateTable",
            {
                "TableName": TABLE,
                "AttributeDefinitions": [key, other],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
                "GlobalSecondaryIndexes": [
                    {
                        "IndexName": "by-kind",
                        "KeySchema": [{"AttributeName": "kind", "KeyType": "HASH"}],
                        "Projection": {"ProjectionType": "ALL"},
                    }
                ],
            },
        )
    )
    assert reply.status == 200, reply.body


def crash(server: ServerProcess, clients: list["Client"], acknowledged: int) -> None:
    """Let all clients write; kill the server once they have seen that many acknowledgements together."""
    enough = threading.Semaphore(0)
    threads = [
        threading.Thread(target=client.write_until_killed, args=(server.connect(), enough.release))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for _ in range(acknowledged):
        assert enough.acquire(timeout=20), "the server stopped answering"
    server.kill()
    for thread in threads:
        thread.join()


class Client:
    """Writes to keys of its own, and knows what they must hold.

    `sure` is what acknowledged writes left; `unsure` is what the unanswered write, if any, would have made of
    the keys that it named, all of them or none.
    """

    def __init__(self, number: int) -> None:
        self.random = random.Random(1000 + number)
        self.keys = [f"{number}-{key}" for key in range(KEYS_PER_CLIENT)]
        self.sure: State = dict.fromkeys(self.keys)
        self.unsure: State = {}
        self.acknowledged = 0
        self.version = 0

    def write_until_killed(self, wire: Wire, acknowledged: Callable[[], None]) -> None:
        writes = [self.put, self.put, self.update, self.update, self.delete, self.batch]
        with wire:
            while True:
                operation, request, self.unsure = self.random.choice(writes)()
                try:
                    reply = wire.ask(call(operation, request))
                except OSError:
                    return
                except EOFError:
                    return
                assert reply.status == 200, reply.body
                self.sure |= self.unsure
                self.unsure = {}
                self.acknowledged += 1
                acknowledged()

    def put(self) -> tuple[str, object, State]:
        item = self.new_item(self.random.choice(self.keys))
        return "PutItem", {"TableName": TABLE, "Item": item}, {item["id"]["S"]: item}

    def update(self) -> tuple[str, object, State]:
        key = self.random.choice(self.keys)
        self.version += 1
        changed = {"version": {"N": str(self.version)}, "kind": {"S": self.random.choice("abc")}}
        request = {
            "TableName": TABLE,
            "Key": {"id": {"S": key}},
            "UpdateExpression": "SET version = :version, kind = :kind",
            "ExpressionAttributeValues": {f":{name}": value for name, value in changed.items()},
        }
        return "UpdateItem", request, {key: (self.sure[key] or {"id": {"S": key}}) | changed}

    def delete(self) -> tuple[str, object, State]:
        key = self.random.choice(self.keys)
        return "DeleteItem", {"TableName": TABLE, "Key": {"id": {"S": key}}}, {key: None}

    def batch(self) -> tuple[str, object, State]:
        items = [self.new_item(key) for key in self.random.sample(self.keys, 5)]
        request = {"RequestItems": {TABLE: [{"PutRequest": {"Item": item}} for item in items]}}
        return "BatchWriteItem", request, {item["id"]["S"]: item for item in items}

    def new_item(self, key: str) -> Item:
        self.version += 1
        return {
            "id": {"S": key},
            "version": {"N": str(self.version)},
            "kind": {"S": self.random.choice("abc")},
            # Some items are cut into several rows of the store.
            "payload": {"S": self.random.choice("xyz") * self.random.choice([10, 500, 3_000, 20_000])},
        }

    def compare(self, wire: Wire) -> None:
        """Everything is as this client knows; what it was unsure of is known from here on."""
        found = {key: read(wire, key) for key in self.keys}
        if self.unsure and all(found[key] == after for key, after in self.unsure.items()):
            self.sure |= self.unsure
        self.unsure = {}
        assert found == self.sure


def read(wire: Wire, key: str) -> Item | None:
    request = {"TableName": TABLE, "Key": {"id": {"S": key}}, "ConsistentRead": True}
    reply: Reply = wire.ask(call("GetItem", request))
    assert reply.status == 200, reply.body
    item: Item | None = msgspec.json.decode(reply.body, type=dict[str, Any]).get("Item")
    return item
