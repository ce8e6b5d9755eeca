"""Whether a history has a legal order: one in which each call takes effect at a moment between its two ends.

The search takes effects as late as it can ("just-in-time linearization", G. Lowe, "Testing for
linearizability", 2017). It walks through the events and keeps every *configuration* that they allow: a
state, and which of the calls under way have had their effect. A call's end keeps the configurations in which
it has had it, after whatever calls under way may have come before; when none remains, there is no legal
order. A lost call may also never have had it.

A transaction is one effect on several keys, so the state is that of all keys together. It stays cheap because
few calls are under way at a time, and most are told apart by their results.
"""

from collections.abc import Iterator

from linearizability.history import LOST, Call, events
from linearizability.model import State

Configuration = tuple[State, frozenset[Call]]

_CALLS_SHOWN = 12


class NotLinearizable(AssertionError):
    """There is no legal order; the text says with which call the last one failed."""


class Checker:
    """Checks a history part by part; no call is under way between two parts."""

    def __init__(self, state: State) -> None:
        self._possible: set[Configuration] = {(state, frozenset())}
        self._pending: list[Call] = []
        self.checked = 0

    def check(self, calls: list[Call]) -> None:
        """Check the calls that follow. Raises NotLinearizable."""
        for _, kind, call in events(calls):
            if kind == "begin":
                self._pending.append(call)
                continue
            possible = {each for before in self._possible for each in self._ending(before, call)}
            if not possible:
                raise NotLinearizable(self._report(call, calls))
            self._possible = possible
            self._pending.remove(call)
            self.checked += 1

    def _ending(self, before: Configuration, call: Call) -> Iterator[Configuration]:
        """What a configuration may have become when a call has ended; the call is under way no longer."""
        state, done = before
        if call in done:
            yield state, done - {call}
            return
        if call.result is LOST:
            yield before
        for after, also in self._reaching(before, call):
            yield after, also - {call}

    def _reaching(self, before: Configuration, last: Call) -> Iterator[Configuration]:
        """The configurations in which some calls under way have had their effects, `last` as the last."""
        seen: set[Configuration] = set()
        waiting = [before]
        while waiting:
            state, done = waiting.pop()
            for call in self._pending:
                after = None if call in done else call.take(state)
                if after is None:
                    continue
                reached = (after, done | {call})
                if reached in seen:
                    continue
                seen.add(reached)
                if call is last:
                    yield reached
                else:
                    waiting.append(reached)

    def _report(self, call: Call, calls: list[Call]) -> str:
        before = [each for each in calls if each.begun <= call.ended][-_CALLS_SHOWN:]
        return "\n".join(
            [
                f"no legal order explains {call}",
                "the calls up to then:",
                *(f"    {each}" for each in before),
                "what could have been:",
                *(f"    {state}, {len(done)} of those under way done" for state, done in self._possible),
            ]
        )
