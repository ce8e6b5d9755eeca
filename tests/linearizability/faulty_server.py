"""A server with a planted fault, to show that the checker finds it.

    python faulty_server.py <fault> serve --port ... --data ...

Each fault is an engine around the real one that breaks one promise of `stator.storage.engine`, a little and
for a short time only, as a mistake in the real one would.
"""

import asyncio
import sys
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import stator.storage.open
from stator.cli.main import main
from stator.storage.engine import Engine, Reader, Transaction
from stator.storage.memory import MemoryEngine
from stator.storage.overlay import Overlay
from stator.tables.keyspace import FIRST_TABLE_SPACE, TOKENS

SECONDS = 0.02  # for which a fault can be seen
_SPACES = range(FIRST_TABLE_SPACE + 8)  # all that the tests use
_ROWS_MAX = 1_000_000

Written = dict[int, dict[bytes, bytes | None]]  # by space and key; None for what was deleted


class Faultless:
    """An engine around the real one."""

    name = "sqlite"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.reader: Reader = engine.reader

    def read(self, body: Callable[[Reader], Any]) -> Any:
        return body(self.reader)

    def write(self, body: Callable[[Transaction], Any]) -> "asyncio.Future[Any]":
        return self.engine.write(body)

    def reclaim(self, rows: int) -> "asyncio.Future[bool]":
        return self.engine.reclaim(rows)

    def close(self) -> None:
        self.engine.close()

    async def aclose(self) -> None:
        await self.engine.aclose()


class AcknowledgesEarly(Faultless):
    """Everything happens in memory, and comes to the disk after it was acknowledged."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._memory = MemoryEngine()
        self._behind: deque[Written] = deque()
        stored = Overlay(engine.reader)
        for space in _SPACES:
            for key, value in engine.reader.scan(space, b"\0", None, limit=_ROWS_MAX):
                stored.put(space, key, value)
        self._memory._store.publish(stored)
        self.reader = self._memory.reader

    def write(self, body: Callable[[Transaction], Any]) -> "asyncio.Future[Any]":
        def behind(transaction: Any) -> Any:
            result = body(transaction)
            self._behind.append({space: dict(changes) for space, changes in transaction.writes.items()})
            asyncio.get_running_loop().call_later(SECONDS, self._follow)
            return result

        return self._memory.write(behind)

    def _follow(self) -> None:
        if self._behind:
            written = self._behind.popleft()
            self.engine.write(lambda transaction: copy(written, transaction))

    async def aclose(self) -> None:
        """A stop loses nothing."""
        while self._behind:
            self._follow()
        await self.engine.aclose()


class ReadsLate(Faultless):
    """For a moment after a write, readers see what was there before."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._before: dict[tuple[int, bytes], bytes | None] = {}
        self.reader = LateReader(engine.reader, self._before)

    def write(self, body: Callable[[Transaction], Any]) -> "asyncio.Future[Any]":
        def noting(transaction: Any) -> Any:
            result = body(transaction)
            for place in rows(transaction):
                self._before.setdefault(place, self.engine.reader.get(*place))
                asyncio.get_running_loop().call_later(SECONDS, self._before.pop, place, None)
            return result

        return self.engine.write(noting)


class LateReader:
    """Reads what was there before, where that is known."""

    def __init__(self, reader: Reader, before: dict[tuple[int, bytes], bytes | None]) -> None:
        self._reader = reader
        self._before = before
        self.scan = reader.scan

    @property
    def generation(self) -> int | None:
        return self._reader.generation

    def get(self, space: int, key: bytes) -> bytes | None:
        if (space, key) in self._before:
            return self._before[space, key]
        return self._reader.get(space, key)

    def get_many(self, space: int, keys: Sequence[bytes]) -> list[bytes | None]:
        return [self.get(space, key) for key in keys]


class AppliesByHalves(Faultless):
    """Of a transaction, the first item is written at once and the others a moment later."""

    def write(self, body: Callable[[Transaction], Any]) -> "asyncio.Future[Any]":
        rest: Written = {}

        def half(transaction: Any) -> Any:
            rest.clear()
            result = body(transaction)
            for space, key in rows(transaction)[1:]:
                rest.setdefault(space, {})[key] = transaction.writes[space].pop(key)
            return result

        async def whole() -> Any:
            result = await self.engine.write(half)
            if rest:
                await asyncio.sleep(SECONDS)
                await self.engine.write(lambda transaction: copy(rest, transaction))
            return result

        return asyncio.ensure_future(whole())


class ForgetsTokens(Faultless):
    """A restart loses the tokens of transactions."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self._forgotten = engine.write(self._forget)

    @staticmethod
    def _forget(transaction: Transaction) -> None:
        for key, _ in transaction.scan(TOKENS, b"\0", None, limit=_ROWS_MAX):
            transaction.delete(TOKENS, key)


def rows(transaction: Any) -> list[tuple[int, bytes]]:
    """Where a body has written items."""
    return [
        (space, key)
        for space, changes in transaction.writes.items()
        if space >= FIRST_TABLE_SPACE
        for key in changes
    ]


def copy(written: Written, transaction: Transaction) -> None:
    """Write what another body has written."""
    for space, changes in written.items():
        for key, value in changes.items():
            if value is None:
                transaction.delete(space, key)
            else:
                transaction.put(space, key, value)


FAULTS: dict[str, Callable[[Engine], Faultless]] = {
    "none": Faultless,
    "acknowledges-early": AcknowledgesEarly,
    "reads-late": ReadsLate,
    "applies-by-halves": AppliesByHalves,
    "forgets-tokens": ForgetsTokens,
}


def plant(fault: str) -> None:
    """Let every engine that is opened from here on have a fault."""
    open_engine = stator.storage.open.open_engine

    def open_faulty(data: Path | None, **more: Any) -> Any:
        return FAULTS[fault](open_engine(data, **more))

    stator.storage.open.open_engine = open_faulty


if __name__ == "__main__":
    plant(sys.argv.pop(1))
    main()
