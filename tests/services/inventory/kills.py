"""An endpoint that kills somebody when a certain write passes through it."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from ..faults import FaultyEndpoint, Reply

WRITES = {"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"}


@dataclass
class KillingEndpoint(FaultyEndpoint):
    """Passes requests on. At the write of the number that it is armed with, it does a deed, before the write
    reaches the database or after it did, and gives no reply."""

    _writes: int = 0
    _number: int = 0
    _after: bool = False
    _deed: Callable[[], None] = lambda: None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    done: bool = False

    def arm(self, number: int, deed: Callable[[], None], *, after: bool = False) -> None:
        """Do the deed at a write, counted from now on."""
        self._writes, self._number, self._deed, self._after, self.done = 0, number, deed, after, False

    def answer(self, headers: dict[str, str], body: bytes) -> Reply | None:
        """Answer a request, or not."""
        if headers.get("X-Amz-Target", "").partition(".")[2] not in WRITES:
            return super().answer(headers, body)
        with self._lock:
            self._writes += 1
            struck = self._writes == self._number
        if struck and not self._after:
            self._strike()
            return None
        reply = super().answer(headers, body)
        if struck:
            self._strike()
            return None
        return reply

    def _strike(self) -> None:
        self._deed()
        self.done = True
