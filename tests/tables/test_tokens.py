"""Tokens in a space of their own: found while they hold, and gone afterwards."""

import asyncio
from typing import Any

import pytest

from stator.base.clock import FileClock
from stator.base.ids import RandomIds
from stator.server.jobs.upkeep import trim_tokens
from stator.storage.open import open_engine
from stator.tables import tokens
from stator.tables.database import Database
from stator.tables.keyspace import TOKENS

NOW = 1_700_000_000.0


def test_a_token_holds_also_when_the_clock_is_set_back() -> None:
    """By less than a period: a correction of the clock must not repeat transactions."""
    digest = tokens.digest(b"request")

    async def find() -> list[Any]:
        engine = open_engine(None)
        await engine.write(lambda transaction: tokens.bind(transaction, "t", digest, NOW))
        moments = [NOW - 599, NOW, NOW + 599.9, NOW + 600, NOW + 6_000]
        return [tokens.find(engine.reader, "t", moment) for moment in moments]

    assert asyncio.run(find()) == [digest, digest, digest, None, None]


@pytest.mark.parametrize("now", [0.0, 599.0, 1200.0])
def test_the_beginning_of_time(now: float) -> None:
    """A test's clock may begin anywhere."""

    async def find() -> bytes | None:
        engine = open_engine(None)
        await engine.write(lambda transaction: tokens.bind(transaction, "t", tokens.digest(b""), now))
        assert not await engine.write(lambda transaction: tokens.trim(transaction, now, 10))
        return tokens.find(engine.reader, "t", now)

    assert asyncio.run(find()) == tokens.digest(b"")


def test_upkeep_forgets_what_no_longer_holds(tmp_path: Any) -> None:
    """In chunks, and nothing that still holds."""
    clock = FileClock.create(tmp_path / "clock", NOW)

    async def trim() -> tuple[int, int]:
        database = await Database.open(open_engine(None), clock=clock, ids=RandomIds(), account="0" * 12)

        def bind(transaction: Any, names: list[str]) -> None:
            for name in names:
                tokens.bind(transaction, name, tokens.digest(b""), clock.now())

        await database.engine.write(lambda transaction: bind(transaction, [f"old-{n}" for n in range(2_500)]))
        clock.advance(700)
        await database.engine.write(lambda transaction: bind(transaction, [f"new-{n}" for n in range(10)]))
        counts = []
        for seconds in (0, 599):
            clock.advance(seconds)
            await trim_tokens(database)
            counts.append(len(database.engine.reader.scan(TOKENS, b"\0", None, limit=10_000)))
            assert tokens.find(database.engine.reader, "new-0", clock.now()) is not None
        return counts[0], counts[1]

    # The old ones do not hold any more, but their period is not over for all of it: they stay a while.
    assert asyncio.run(trim()) == (2_510, 10)
