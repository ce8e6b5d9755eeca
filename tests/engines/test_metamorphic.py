"""One list of operations leaves every engine the same, byte for byte, and gets the same answers on the way.

The operations are drawn from a seed, which names the test; keys are few, so that they meet, and lengths
favour the edges of the SQLite engine's rows. That engine is closed and opened again at drawn moments, and
reclaims.
"""

import asyncio
import random
from collections.abc import Callable

import pytest

from stator.storage.open import open_engine
from stator.storage.sqlite.chunks import OVERFLOW_BYTES, ROW_BYTES

ROUNDS = 60
LENGTHS = (
    0,
    5,
    100,
    800,
    ROW_BYTES - 4,
    ROW_BYTES,
    3_000,
    9_000,
    OVERFLOW_BYTES - 1,
    OVERFLOW_BYTES + 1,
    120_000,
)
SPACES = 4


class Refused(Exception):
    """What a body raises to leave nothing."""


def drawn_key(source: random.Random) -> bytes:
    return source.choice((b"a", b"b", b"k\0", b"\xff", b"zz")) * source.randint(1, 3)


def drawn_range(source: random.Random) -> tuple[bytes, bytes | None]:
    return source.choice((b"", drawn_key(source))), source.choice((None, drawn_key(source)))


def drawn_body(seed: int, live: list[int]) -> Callable:
    """A body that draws its operations from `seed`; it draws the same ones when it is run twice."""

    def body(transaction):
        source = random.Random(seed)
        answers = []
        for _ in range(source.randint(1, 6)):
            space, key = source.choice(live), drawn_key(source)
            match source.choice(("put", "put", "put", "delete", "get", "scan", "scan", "many")):
                case "put":
                    transaction.put(space, key, source.randbytes(source.choice(LENGTHS)))
                case "delete":
                    transaction.delete(space, key)
                case "get":
                    answers.append(transaction.get(space, key))
                case "many":
                    answers.append(transaction.get_many(space, [key, b"a", b"never"]))
                case "scan":
                    start, end = drawn_range(source)
                    limit, size = source.choice((1, 2, 5, 100)), source.choice((1, 4_000, 1 << 40))
                    answers.append(
                        transaction.scan(
                            space, start, end, limit=limit, reverse=source.random() < 0.5, size=size
                        )
                    )
        if source.random() < 0.1:
            raise Refused(answers)
        return answers

    return body


def contents(reader, spaces: int) -> list:
    return [reader.scan(space, b"", None, limit=1_000) for space in range(spaces)]


async def play(seed: int, engine, reopened: Callable) -> list:
    """Everything that an engine answers to the operations of `seed`."""
    source = random.Random(seed)
    live = list(range(SPACES))
    spaces = SPACES
    log: list = []
    for _ in range(ROUNDS):
        bodies = [drawn_body(source.getrandbits(32), list(live)) for _ in range(source.randint(1, 5))]
        drop = source.random() < 0.1
        if drop:
            dropped = live.pop(source.randrange(len(live)))
            bodies.append(lambda t, space=dropped: t.drop_space(space))
            live.append(spaces)
            spaces += 1
        results = await asyncio.gather(*map(engine.write, bodies), return_exceptions=True)
        log.append([result.args if isinstance(result, Refused) else result for result in results])
        if source.random() < 0.2:
            await engine.reclaim(source.randint(1, 10))
        log.append(contents(engine.reader, spaces))
        if source.random() < 0.1:
            engine = await reopened(engine)
    await engine.aclose()
    return log


@pytest.mark.parametrize("seed", range(8))
def test_engines_agree(seed, tmp_path):
    async def same(engine):
        return engine

    async def reopened(engine):
        await engine.aclose()
        return open_engine(tmp_path)

    in_memory = asyncio.run(play(seed, open_engine(None), same))
    on_disk = asyncio.run(play(seed, open_engine(tmp_path), reopened))
    assert on_disk == in_memory
    assert not any(isinstance(answer, Exception) for answers in in_memory for answer in answers)
