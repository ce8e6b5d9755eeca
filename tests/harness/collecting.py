"""Books, meters and their collector on a database of a test's own, with no server between."""

import json
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from harness.handlers import ACCOUNT
from harness.metrics import Hand, Seen, seen_in
from stator import model
from stator.base.ids import RandomIds
from stator.monitoring.metrics.collector import Collector
from stator.monitoring.metrics.store import MetricsStore
from stator.operations import REGISTRY, Call
from stator.storage.open import open_engine
from stator.tables.book import Books
from stator.tables.database import Database
from stator.tables.meter import Meter

NOON = 1_800_000_000.0
MINUTE = 60


class Bench:
    """A database with a table `orders`, the books of two workers, and who collects them."""

    def __init__(self, database: Database, clock: Hand) -> None:
        self.clock = clock
        self.database = database
        self.store = MetricsStore(database.engine)
        self.books = Books(2)
        self.meters = [Meter(book, clock) for book in self.books.books]
        self.collector = Collector(database, self.store, self.books)

    def tick(self, seconds: float = 0.0) -> None:
        self.clock.advance(seconds)
        for meter in self.meters:
            meter.tick()

    def another_collector(self) -> Collector:
        """Who begins to collect after the present one is gone."""
        return Collector(self.database, self.store, self.books)

    def seen(self) -> Seen:
        return seen_in(self.store)

    async def create(self, name: str, **parameters: Any) -> None:
        request = {
            "TableName": name,
            "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        } | parameters
        await self.ask("CreateTable", request)

    async def ask(self, operation: str, request: dict[str, Any]) -> None:
        decoded = model.decode(operation).decode(json.dumps(request).encode())
        await REGISTRY[f"DynamoDB_20120810.{operation}"].handler(
            Call(self.database, "us-east-1", "localhost"), decoded
        )


@asynccontextmanager
async def opened(data: Path | None) -> AsyncIterator[Bench]:
    clock = Hand(NOON)
    engine = open_engine(data)
    try:
        database = await Database.open(engine, clock=clock, ids=RandomIds(Random(1)), account=ACCOUNT)
        bench = Bench(database, clock)
        await bench.create("orders")
        yield bench
    finally:
        await engine.aclose()


With = Callable[[Callable[[Bench], Coroutine[Any, Any, None]]], None]
