"""A bench for tests of the collector."""

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from harness.collecting import Bench, With, opened


@pytest.fixture
def with_bench(tmp_path: Path) -> With:
    """Runs a test's body with a bench of its own."""

    def run(body: Callable[[Bench], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            async with opened(tmp_path) as bench:
                await body(bench)

        asyncio.run(main())

    return run
