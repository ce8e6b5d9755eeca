"""Patience: how long to wait before something is tried again.

A wait is a random part of a bound that doubles from try to try, as far as a limit. So clients that failed at
the same moment do not come back at the same moment.
"""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True)
class Backoff:
    """The bounds of waits, in seconds; chance (from 0 up to 1) and sleep are handed in."""

    first_seconds: float = 0.1
    seconds_max: float = 3.0
    tries_max: int = 8
    chance: Callable[[], float] = random.random
    sleep: Callable[[float], None] = time.sleep

    def tries(self) -> Iterator[int]:
        """The numbers of the tries, from 0, with a wait before each but the first."""
        for number in range(self.tries_max):
            if number:
                bound = min(self.seconds_max, self.first_seconds * 2 ** (number - 1))
                self.sleep(bound * self.chance())
            yield number


# For what is tried again because of someone else's write, which takes milliseconds.
CONTENTION = Backoff(first_seconds=0.01, seconds_max=0.5, tries_max=20)
