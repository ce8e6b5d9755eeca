"""Time and identifiers, which are handed in so that tests decide them."""

import uuid
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time, in UTC."""
        ...


class Ids(Protocol):
    """Makes identifiers."""

    def new(self) -> str:
        """One that was never made before."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.now(UTC)


class RandomIds:
    """Random UUIDs (version 4), in their canonical lower-case form."""

    def new(self) -> str:
        """One that was never made before."""
        return str(uuid.uuid4())


def iso(moment: datetime) -> str:
    """A moment as JavaScript's toISOString writes it: `2025-09-16T10:30:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def is_uuid(text: str) -> bool:
    """Whether a text is a UUID in canonical form."""
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
