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

    `rest` is for how many seconds it rests at the least where requests need the loop: longer for work of
    which a step is the smaller part, such as one that is committed. All of it happens on the loop's thread.
    """

    __slots__ = ("_least", "_most", "_own", "_rest", "_since", "size")

    def __init__(self, *, least: int = 1, most: int = 1, rest: float = 0.001) -> None:
        self._least = least
        self._most = most
        self._rest = rest
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
            seconds = thread_time() - begun
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
            await asyncio.sleep(max(self._rest, _REST_PER_WORK * self._own))
        self._since, self._own = _Times(), 0.0
