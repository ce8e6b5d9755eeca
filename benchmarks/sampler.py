"""Replies that are verified while the load is on: a connection of its own asks now and then, and compares."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.verification import Verification

_PAUSE_SECONDS: Final = 0.05
_SHARE: Final = 50  # It pauses so many times as long as a look took, so as to be no load itself.


@contextmanager
def sampled(verification: Verification) -> Iterator[None]:
    """Look at replies until the block ends. Raises then what was found: WrongData, Refused."""
    found: list[Exception] = []
    ended = threading.Event()

    def look() -> None:
        pause = _PAUSE_SECONDS
        while not ended.wait(pause):
            started = time.monotonic()
            try:
                verification.meanwhile()
            except Exception as error:  # It is raised where the block ends.
                found.append(error)
                return
            pause = max(_PAUSE_SECONDS, _SHARE * (time.monotonic() - started))

    thread = threading.Thread(target=look, name="sampler")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
    if found:
        raise found[0]
