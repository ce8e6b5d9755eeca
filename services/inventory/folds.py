"""Folds: how events add up to a state.

The state on which commands are decided is a fold, and so is each view. Events are added one by one and in
order; a version that is missing is noticed, never skipped.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from services.inventory.events import Event, EventTypes, Recorded, time_of


class State(BaseModel):
    """What events add up to. Its fields stand in items beside those of a `Snapshot`."""

    model_config = ConfigDict(frozen=True)


S = TypeVar("S", bound=State)


class Gap(Exception):
    """An event does not follow the one that was added last."""


class UnknownEvent(Exception):
    """An event of a type that this version of the program does not know."""


@dataclass(frozen=True)
class Snapshot(Generic[S]):
    """A state, and the event up to which it goes."""

    id: str
    version: int
    position: str
    created_at: str
    state: S

    @property
    def updated_at(self) -> str:
        """When its last event happened."""
        return time_of(self.position)

    def attributes(self) -> dict[str, Any]:
        """The attributes of an item that keeps it."""
        return {
            **self.state.model_dump(),
            "id": self.id,
            "version": self.version,
            "position": self.position,
            "createdAt": self.created_at,
            "updatedAt": self.updated_at,
        }


@dataclass(frozen=True)
class Fold(Generic[S]):
    """A way to add up events.

    A `tolerant` fold ignores events of unknown types, as one must that reads what another service writes;
    `initial` is its state if it does not know the first one.
    """

    model: type[S]
    events: EventTypes
    evolve: Callable[[S | None, Event], S]
    tolerant: bool = False
    initial: S | None = None

    def add(self, before: Snapshot[S] | None, recorded: Recorded) -> Snapshot[S]:
        """The snapshot after one more event. Raises Gap or UnknownEvent."""
        version = before.version if before else 0
        if recorded.version != version + 1:
            raise Gap(f"{recorded.id}: version {recorded.version} follows {version}")
        state = self._evolve(before.state if before else None, recorded)
        created_at = before.created_at if before else recorded.time
        return Snapshot(recorded.id, recorded.version, recorded.position, created_at, state)

    def add_all(self, before: Snapshot[S] | None, recorded: Iterable[Recorded]) -> Snapshot[S] | None:
        """The snapshot after more events."""
        for each in recorded:
            before = self.add(before, each)
        return before

    def snapshot(self, identifier: str, item: Mapping[str, Any]) -> Snapshot[S]:
        """The snapshot that an item keeps."""
        state = self.model.model_validate(item)
        return Snapshot(identifier, item["version"], item["position"], item["createdAt"], state)

    def _evolve(self, state: S | None, recorded: Recorded) -> S:
        kind = self.events.get(recorded.type)
        if kind is not None:
            return self.evolve(state, kind.model_validate(recorded.data))
        state = state or self.initial
        if self.tolerant and state is not None:
            return state
        raise UnknownEvent(f"{recorded.id}: version {recorded.version} is of type {recorded.type}")
