"""Events: what has happened to an aggregate, one after another, and never changed afterwards.

An aggregate's events are versions 1, 2, 3... of it. In the table of events their key is

    id          the aggregate's
    timestamp   2026-07-19T10:11:12.345Z#0000000003      the time and the version

which sorts by version, since the times of an aggregate never go back: an event that a slower clock made gets
the time of the one before it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from pydantic import BaseModel, ConfigDict

_VERSION_DIGITS: Final = 10


class Event(BaseModel):
    """What has happened. The name of the class is the type that is recorded; unknown fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


EventTypes = Mapping[str, type[Event]]


def types(*classes: type[Event]) -> EventTypes:
    """Events by their names."""
    return {each.__name__: each for each in classes}


def position(time: str, version: int) -> str:
    """The sort key of an event; `time` is as `iso` writes it."""
    return f"{time}#{version:0{_VERSION_DIGITS}d}"


def time_of(place: str) -> str:
    """The time in a position."""
    return place.partition("#")[0]


@dataclass(frozen=True)
class Recorded:
    """An event as it stands in a table."""

    id: str
    position: str
    version: int
    type: str
    data: Mapping[str, Any]
    command: str | None = None

    @property
    def time(self) -> str:
        """When it happened."""
        return time_of(self.position)

    def key(self, service: str) -> str:
        """The key of a command that this event of a service leads to. No client's key has a slash."""
        return f"{service}/{self.id}/{self.version}"

    def attributes(self) -> dict[str, Any]:
        """The item."""
        return {
            "id": self.id,
            "timestamp": self.position,
            "version": self.version,
            "type": self.type,
            "data": dict(self.data),
            "command": self.command,
        }

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> Self:
        """The event of an item."""
        return cls(
            item["id"], item["timestamp"], item["version"], item["type"], item["data"], item.get("command")
        )


def is_event(place: str) -> bool:
    """Whether a sort key is an event's: those of other items begin with a letter."""
    return place[:1].isdigit()
