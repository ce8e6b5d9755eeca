"""A service: declared as data, and put together from the parts that all of them share."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Generic

from fastapi import APIRouter

from services.common.dynamodb import Database
from services.common.time_ids import Clock, Ids
from services.inventory.commands import Aggregate, Commands
from services.inventory.event_log import EventLog
from services.inventory.events import Event, EventTypes, Recorded
from services.inventory.folds import Fold, S
from services.inventory.follower import Follower
from services.inventory.projections import HANDLED, Handled, Projection, reaction
from services.inventory.read_table import Checkpoints, Views
from services.inventory.settings import Settings
from services.inventory.tables import events_table, read_table


@dataclass(frozen=True)
class Copy:
    """A view that a service keeps of what another one, `source`, publishes."""

    source: str
    fold: Fold[Any]


@dataclass(frozen=True)
class Reaction:
    """Commands that a service gives to itself when events of another one, `source`, happen.

    They must be accepted at all times, since an event is a fact; each has a key made from its event.
    """

    source: str
    events: EventTypes
    react: Callable[[Commands[Any], Recorded, Event], None]


@dataclass(frozen=True)
class Definition(Generic[S]):
    """What makes a service."""

    name: str
    title: str
    port: int
    settings: type[Settings]
    aggregate: Aggregate[S]
    view: Fold[Any]
    routes: Callable[["Service[S]"], APIRouter]
    copies: tuple[Copy, ...] = ()
    reactions: tuple[Reaction, ...] = ()


class Service(Generic[S]):
    """A service of a definition, at a database."""

    def __init__(self, definition: Definition[S], database: Database, clock: Clock, ids: Ids) -> None:
        self.definition, self.database, self.clock, self.ids = definition, database, clock, ids
        self.log = self._log(definition.name)
        self.commands = Commands(definition.aggregate, self.log, clock, ids)
        self.view: Projection[Any] = self._view(definition.name, definition.view, prefix="")
        self.copies: dict[str, Projection[Any]] = {
            copy.source: self._view(copy.source, copy.fold, prefix=f"{copy.source}#")
            for copy in definition.copies
        }
        self.reactions = [self._reaction(each) for each in definition.reactions]

    @property
    def name(self) -> str:
        """The service's name."""
        return self.definition.name

    def followers(self) -> Iterator[Follower]:
        """A follower for each projection, to be run by one thread each."""
        for projection in (self.view, *self.copies.values(), *self.reactions):
            checkpoints = Checkpoints(self.database.dynamodb, read_table(self.name), projection.name)
            yield Follower(projection, self.database, checkpoints, self.clock)

    def _log(self, source: str) -> EventLog:
        return EventLog(self.database.dynamodb, events_table(source))

    def _view(self, source: str, fold: Fold[Any], prefix: str) -> Projection[Any]:
        views = Views(self.database.dynamodb, read_table(self.name), source, fold, prefix)
        return Projection(source, self._log(source), views, fold.add)

    def _reaction(self, declared: Reaction) -> Projection[Handled]:
        def react(recorded: Recorded, event: Event) -> None:
            declared.react(self.commands, recorded, event)

        kind = f"reaction-{declared.source}"
        views = Views(self.database.dynamodb, read_table(self.name), kind, HANDLED, f"{kind}#")
        return Projection(kind, self._log(declared.source), views, reaction(declared.events, react))
