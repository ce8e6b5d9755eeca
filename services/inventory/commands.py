"""Commands: what is asked of an aggregate, decided on its state, and recorded as events.

    load the head ──> decide ──> append, if the aggregate is still where the decision found it
          ^                          │ no
          └──────── a pause ─────────┘

A command with a key happens once, however often it comes. A command with an expected version is decided on
that version or not at all.
"""

import hashlib
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Generic

from pydantic import ConfigDict

from services.common.errors import Conflict, NotFound
from services.common.forms import Form
from services.common.time_ids import Clock, Ids, iso
from services.inventory.event_log import Append, EventLog, Overtaken
from services.inventory.events import Event, Recorded, position
from services.inventory.folds import Fold, S, Snapshot

# So many decisions may be overtaken in a row, with pauses of up to so long between them.
TRIES_MAX: Final = 12
PAUSE_SECONDS: Final = 0.01
PAUSE_SECONDS_MAX: Final = 1.0


class Command(Form):
    """What is asked; its fields are the body of a request."""

    model_config = ConfigDict(frozen=True)


class Passed(Conflict):
    """The aggregate is not at the version that the client expects."""

    status = HTTPStatus.PRECONDITION_FAILED
    error = "precondition_failed"


@dataclass(frozen=True)
class Aggregate(Generic[S]):
    """A kind of thing that commands are for.

    `decide` answers the events that a command leads to, perhaps none, or raises Conflict or Invalid. It is
    given None for an aggregate without events, which only commands of the types `creating` are decided on.
    """

    kind: str
    fold: Fold[S]
    decide: Callable[[S | None, Command], Sequence[Event]]
    creating: tuple[type[Command], ...]
    # To be raised when states of before cannot be read any more: they are then made anew from the events.
    schema: int = 1


@dataclass(frozen=True)
class Request:
    """A command on its way: for which aggregate, once (`key`), and on which version (`expected`)."""

    id: str
    command: Command
    key: str | None = None
    expected: int | None = None

    @property
    def digest(self) -> str:
        """What tells this command from others."""
        text = f"{type(self.command).__name__} {self.command.model_dump_json()}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class Outcome(Generic[S]):
    """Where a command has led to; `repeated` if it was done before and nothing was written now."""

    snapshot: Snapshot[S]
    repeated: bool = False


class Commands(Generic[S]):
    """Carries out the commands of one kind of aggregate."""

    def __init__(
        self,
        aggregate: Aggregate[S],
        log: EventLog,
        clock: Clock,
        ids: Ids,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._aggregate, self._log = aggregate, log
        self._clock, self._ids, self._pause = clock, ids, pause

    def run(self, request: Request) -> Outcome[S]:
        """Carry out a command.

        Raises NotFound, Passed, Conflict (by the aggregate's rules, or since the key belongs to another
        command) and Invalid.
        """
        for tried in range(TRIES_MAX):
            if tried:
                self._pause(random.uniform(0, min(PAUSE_SECONDS_MAX, PAUSE_SECONDS * 2**tried)))
            before = self.load(request.id)
            if before is not None and self._is_done(request):
                return Outcome(before, repeated=True)
            after, events = self._decide(request, before)
            if not events:
                return Outcome(after)
            try:
                self._log.append(self._append(request, before, after, events))
            except Overtaken:
                continue
            return Outcome(after)
        raise Conflict(f"The {self._aggregate.kind} {request.id} is being changed by many; try again.")

    def load(self, identifier: str) -> Snapshot[S] | None:
        """An aggregate as it is now; None if it has no events."""
        head = self._log.head(identifier)
        if head is None:
            return None
        fold = self._aggregate.fold
        if head["schema"] == self._aggregate.schema:
            return fold.snapshot(identifier, head)
        return fold.add_all(None, self._log.events(identifier))

    def _is_done(self, request: Request) -> bool:
        done = self._log.done(request.id, request.key) if request.key is not None else None
        if done is not None and done.digest != request.digest:
            raise Conflict("The key of this command was used for another one.")
        return done is not None

    def _decide(self, request: Request, before: Snapshot[S] | None) -> tuple[Snapshot[S], Sequence[Recorded]]:
        kind = self._aggregate.kind
        version = before.version if before else 0
        if before is None and not isinstance(request.command, self._aggregate.creating):
            raise NotFound(kind, request.id)
        if request.expected is not None and request.expected != version:
            raise Passed(f"The {kind} {request.id} is at version {version}, not {request.expected}.")
        decided = self._aggregate.decide(before.state if before else None, request.command)
        now = max(iso(self._clock.now()), before.updated_at if before else "")
        events = [
            Recorded(
                request.id,
                position(now, version + number),
                version + number,
                type(event).__name__,
                event.model_dump(exclude_none=True),
                request.key,
            )
            for number, event in enumerate(decided, 1)
        ]
        after = self._aggregate.fold.add_all(before, events)
        assert after is not None, "a command that creates decides on an event"
        return after, events

    def _append(
        self, request: Request, before: Snapshot[S] | None, after: Snapshot[S], events: Sequence[Recorded]
    ) -> Append:
        head: dict[str, Any] = {**after.attributes(), "schema": self._aggregate.schema}
        expected = before.version if before else 0
        return Append(request.id, expected, events, head, request.key, request.digest, self._ids.new())
