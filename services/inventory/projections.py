"""Projections: what is made of events, one aggregate at a time, each event once.

A step takes the snapshot so far and one event, and answers the snapshot after it: a fold for a view; for a
reaction, the commands that it gives, which may be given again, and a mark of how far it is. The snapshot
that is kept says which events it has. What is known is skipped, what is missing is fetched from the table of
events, and a snapshot is replaced only by one that was made from it. So it does not matter who brings
events, how often, or from where.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic

from services.inventory.event_log import EventLog
from services.inventory.events import Event, EventTypes, Recorded
from services.inventory.folds import Fold, S, Snapshot, State
from services.inventory.read_table import Views

Step = Callable[[Snapshot[S] | None, Recorded], Snapshot[S]]


@dataclass(frozen=True)
class Projection(Generic[S]):
    """What is made of the events of `source`, kept in `views`."""

    name: str
    source: EventLog
    views: Views[S]
    step: Step[S]

    def apply(self, identifier: str, events: Sequence[Recorded]) -> None:
        """Apply events of one aggregate, in order, as far as they are new."""
        kept = self.views.get(identifier, consistent=True)
        while True:
            after = self._after(kept, events)
            if after is None or after is kept:
                return
            if self.views.put(after, replaces=kept.version if kept else 0):
                return
            kept = self.views.get(identifier, consistent=True)  # Somebody else applied events meanwhile.

    def catch_up(self, identifier: str) -> None:
        """Apply what the table of events has of an aggregate."""
        kept = self.views.get(identifier, consistent=True)
        missed = list(self.source.events(identifier, *([kept.position] if kept else [])))
        if missed:
            self.apply(identifier, missed)

    def catch_up_all(self) -> int:
        """Apply everything that the table of events has; the number of aggregates that were behind."""
        behind = 0
        for identifier, version in self.source.versions():
            kept = self.views.get(identifier, consistent=True)
            if kept is None or kept.version < version:
                self.catch_up(identifier)
                behind += 1
        return behind

    def rebuild(self) -> int:
        """Make every snapshot anew from its first event, and delete those without events; their number.

        Readers and a projection at work may go on: each snapshot is replaced as a whole, and only by one that
        is as new. Only for steps that do nothing else than add up.
        """
        known = set()
        for identifier, _ in self.source.versions():
            known.add(identifier)
            while True:
                made = self._after(None, list(self.source.events(identifier)))
                if made is None or self.views.renew(made):
                    break
        for orphan in [each.id for each in self.views.all() if each.id not in known]:
            if self.source.head(orphan) is None:
                self.views.remove(orphan)
        return len(known)

    def agrees(self, kept: Snapshot[S]) -> bool:
        """Whether a snapshot is what its events amount to; only for steps that do nothing else."""
        return kept == self.views.fold.add_all(None, self.source.events(kept.id))

    def _after(self, kept: Snapshot[S] | None, events: Sequence[Recorded]) -> Snapshot[S] | None:
        for event in events:
            version = kept.version if kept else 0
            if event.version <= version:
                continue
            if event.version > version + 1:
                missed = list(self.source.events(event.id, *([kept.position] if kept else [])))
                return self._after(kept, missed)
            kept = self.step(kept, event)
        return kept


class Handled(State):
    """The state of a reaction: nothing but the version that it has reached."""


HANDLED: Fold[Handled] = Fold(Handled, {}, lambda state, event: Handled(), tolerant=True, initial=Handled())


def reaction(events: EventTypes, react: Callable[[Recorded, Event], None]) -> Step[Handled]:
    """The step of a reaction: `react` to events of these types, and pass over others.

    `react` may be called again for an event, so what it does must be done once however often it is asked.
    """

    def step(before: Snapshot[Handled] | None, recorded: Recorded) -> Snapshot[Handled]:
        kind = events.get(recorded.type)
        if kind is not None:
            react(recorded, kind.model_validate(recorded.data))
        return HANDLED.add(before, recorded)

    return step
