"""The operations on a database of the test's own, with no server between: handlers, called with requests."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

from stator import model
from stator.base.clock import Clock
from stator.base.errors import ApiError
from stator.base.ids import RandomIds
from stator.operations import REGISTRY, Call
from stator.storage.open import open_engine
from stator.tables.database import Database

ACCOUNT = "000000000000"
NOON = 1_800_000_000.0


class Handlers:
    """Calls handlers with requests, as the pipeline does."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._call = Call(database, "us-east-1", "localhost:8000")

    async def __call__(self, operation: str, request: dict[str, Any]) -> Any:
        """The reply, or the ApiError raised."""
        decoded = model.decode(operation).decode(json.dumps(request).encode())
        reply = REGISTRY[f"DynamoDB_20120810.{operation}"].handler(self._call, decoded)
        if not isinstance(reply, bytes | dict):
            reply = await reply
        return json.loads(reply) if isinstance(reply, bytes) else reply

    async def outcome(self, operation: str, request: dict[str, Any]) -> Any:
        """The reply, or the error's name and text."""
        try:
            return await self(operation, request)
        except ApiError as error:
            return error.name, error.message

    async def items(self, operation: str, request: dict[str, Any]) -> list[dict[str, Any]]:
        """The items of all pages of a Query or Scan."""
        found: list[dict[str, Any]] = []
        while True:
            reply = await self(operation, request)
            found += reply["Items"]
            if "LastEvaluatedKey" not in reply:
                return found
            request = request | {"ExclusiveStartKey": reply["LastEvaluatedKey"]}


@asynccontextmanager
async def opened(
    data: Path | None, seed: int, *, clock: Clock | None = None, **settings: Any
) -> AsyncIterator[Handlers]:
    """Handlers on the database in `data` (None: in memory) with `settings`; its ids come from `seed`."""
    engine = open_engine(data)
    try:
        database = await Database.open(
            engine, clock=clock or Noon(), ids=RandomIds(Random(seed)), account=ACCOUNT, **settings
        )
        yield Handlers(database)
    finally:
        await engine.aclose()


class Noon:
    """A clock that stands still."""

    def now(self) -> float:
        """Seconds since the epoch."""
        return NOON
