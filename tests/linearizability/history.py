"""What happened, as the clients saw it: who asked for what and when, and what was answered and when."""

import itertools
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from linearizability.model import CONFLICT, Operation, Result, State


class _Lost:
    """There was no answer: it took effect before the server died, or never."""

    def __repr__(self) -> str:
        return "lost"


LOST: Final = _Lost()
_OPEN: Final = 1 << 62


@dataclass(eq=False)
class Call:
    """One request: when it was sent and answered, counted in events, and its result."""

    operation: Operation
    client: int
    begun: int
    ended: int = _OPEN
    result: Result = LOST

    def take(self, state: State) -> State | None:
        """The state after it takes effect now; None if its result says that it did not."""
        if self.result is CONFLICT:
            return state
        after, result = self.operation.run(state)
        return after if self.result is LOST or result == self.result else None

    def __str__(self) -> str:
        return f"client {self.client}, {self.begun} to {self.ended}: {self.operation} -> {self.result}"


class Event(NamedTuple):
    """The beginning or the end of a call."""

    moment: int
    kind: Literal["begin", "end"]
    call: Call


class History:
    """The calls of several threads."""

    def __init__(self) -> None:
        self._moments = itertools.count()
        self._calls: list[Call] = []
        self._lock = threading.Lock()

    def begin(self, operation: Operation, client: int) -> Call:
        """A request is about to be sent."""
        with self._lock:
            call = Call(operation, client, next(self._moments))
            self._calls.append(call)
            return call

    def end(self, call: Call, result: Result) -> None:
        """Its reply has come."""
        with self._lock:
            call.ended, call.result = next(self._moments), result

    def take(self) -> list[Call]:
        """All calls since the last time.

        Those without an answer are lost: their server is dead, so they have had their effect or never will.
        """
        with self._lock:
            calls, self._calls = self._calls, []
            for call in calls:
                call.ended = min(call.ended, next(self._moments))
            return calls


def events(calls: list[Call]) -> Iterator[Event]:
    """Beginnings and ends, in the order in which they happened."""
    both = [Event(call.begun, "begin", call) for call in calls]
    both += [Event(call.ended, "end", call) for call in calls]
    return iter(sorted(both, key=lambda event: event.moment))
