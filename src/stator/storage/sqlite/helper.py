"""A thread that makes one long call at a time, such as COMMIT, for the event loop's thread.

The calls are C code that releases the interpreter lock; the answer comes back on the loop's thread.
"""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

Done = Callable[[Any, Exception | None], None]


class _Call:
    """One call, and who is told; told once, be it by the loop or by `close`."""

    __slots__ = ("done", "error", "function", "loop", "result")

    def __init__(self, function: Callable[[], Any], done: Done, loop: asyncio.AbstractEventLoop) -> None:
        self.function = function
        self.done: Done | None = done
        self.loop = loop
        self.result: Any = None
        self.error: Exception | None = None

    def deliver(self) -> None:
        done, self.done = self.done, None
        if done is not None:
            done(self.result, self.error)


class Helper:
    """Owner of the thread, which starts with the first call."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: SimpleQueue[_Call | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._last: _Call | None = None

    def call(self, function: Callable[[], Any], done: Done) -> None:
        """Call `function` on the thread, then `done(result, error)` on the running loop's. One at a time."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name=self._name, daemon=True)
            self._thread.start()
        self._last = _Call(function, done, asyncio.get_running_loop())
        self._calls.put(self._last)

    def close(self) -> None:
        """Wait for the call under way, deliver its result on this thread, and end the thread."""
        if self._thread is None:
            return
        self._calls.put(None)
        self._thread.join()
        self._thread = None
        if self._last is not None:
            self._last.deliver()

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            try:
                call.result = call.function()
            except Exception as error:
                call.error = error
            try:
                call.loop.call_soon_threadsafe(call.deliver)
            except RuntimeError:  # the loop is closed; `close` delivers
                continue
