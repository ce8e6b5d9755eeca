"""Long work beside short requests: pages of a scan, back-fills, the filling of tables.

A step of long work keeps all requests waiting that come meanwhile. As long as requests need little of the
event loop's time, long work takes the rest of it. Where they need more, it does smaller steps and takes a
quarter at the most, so that they find the loop free.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, thread_time
from typing import Final

_REQUESTS_SHARE: Final = 0.2  # of the loop's time, above which requests have the right of way
_REST_PER_WORK: Final = 3.0
_REST_SECONDS_MIN: Final = 0.001


class _Times:
    """Seconds: on the clock, of this thread's processor, and of all long work in it."""

    __slots__ = ("processor", "wall", "work")

    worked = 0.0  # by all paces of the process

    def __init__(self) -> None:
        self.wall = perf_counter()
        self.processor = thread_time()
        self.work = _Times.worked


class Pace:
    """The pace of one long work: `size` is how much its next step should do, from `least` to `most`.

    `weight` is what a step costs in all as a multiple of itself: more than 1 for work that is committed
    after it. All of it happens on the loop's thread.
    """

    __slots__ = ("_least", "_most", "_own", "_since", "_weight", "size")

    def __init__(self, *, least: int = 1, most: int = 1, weight: float = 1.0) -> None:
        self._least = least
        self._most = most
        self._weight = weight
        self._since = _Times()
        self._own = 0.0  # this work's seconds since then
        self.size = least

    @contextmanager
    def step(self) -> Iterator[None]:
        """A step of the work, which must not await."""
        begun = thread_time()
        try:
            yield
        finally:
            self.spend(self._weight * (thread_time() - begun))

    def spend(self, seconds: float) -> None:
        """Count work that was done elsewhere."""
        self._own += seconds
        _Times.worked += seconds

    async def rest(self) -> None:
        """Let everybody else have the loop after a step, and for long enough if requests need it."""
        await asyncio.sleep(0)
        now, since = _Times(), self._since
        requests = (now.processor - since.processor) - (now.work - since.work)
        if requests <= _REQUESTS_SHARE * (now.wall - since.wall):
            self.size = min(2 * self.size, self._most)
        else:
            self.size = self._least
            await asyncio.sleep(max(_REST_SECONDS_MIN, _REST_PER_WORK * self._own))
        self._since, self._own = _Times(), 0.0
