"""How fast a transfer may go: so many items, or so many units of capacity, a second.

What a request costs is known when it was answered. So it is paid for afterwards: whoever made it waits until
the debt of all threads is paid, and then makes the next one.
"""

import threading
import time
from collections.abc import Callable
from typing import Final

_BURST_SECONDS: Final = 1.0  # of unused rate that is kept


class Rate:
    """A rate shared by threads; None sets no limit."""

    def __init__(self, per_second: float | None, now: Callable[[], float] = time.monotonic) -> None:
        self.per_second = per_second
        self._now = now
        self._lock = threading.Lock()
        self._paid_until = now()

    def pay(self, amount: float) -> float:
        """Note that `amount` was used; for how many seconds to wait before the next request."""
        if self.per_second is None:
            return 0.0
        with self._lock:
            now = self._now()
            self._paid_until = max(self._paid_until, now - _BURST_SECONDS) + amount / self.per_second
            return max(0.0, self._paid_until - now)


class Limits:
    """The limits of a transfer: items and units of capacity a second."""

    def __init__(self, items: float | None = None, capacity: float | None = None) -> None:
        self.items = Rate(items)
        self.capacity = Rate(capacity)

    def pay(self, items: int, capacity: float) -> float:
        """Note what a request took; for how many seconds to wait before the next one."""
        return max(self.items.pay(items), self.capacity.pay(capacity))
