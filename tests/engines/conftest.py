"""Every test of this folder runs on every engine: what they check is the contract of `stator.storage.engine`.

An engine of another kind joins by a line in `OPENERS`.
"""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stator.storage.engine import Engine
from stator.storage.open import open_engine

OPENERS: dict[str, Callable[[Path], Engine]] = {
    "memory": lambda directory: open_engine(None),
    "sqlite": open_engine,
}


@pytest.fixture(params=OPENERS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A fresh, empty engine."""
    engine = OPENERS[request.param](tmp_path)
    yield engine
    engine.close()


@pytest.fixture
def write(engine: Engine) -> Callable:
    """Run bodies in one batch; answers with what each returned or raised."""

    def write(*bodies: Callable) -> list:
        async def together() -> list:
            return await asyncio.gather(*map(engine.write, bodies), return_exceptions=True)

        return asyncio.run(together())

    return write
