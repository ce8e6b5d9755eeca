"""A user."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class User:
    """A user. Others write the same table, and may have left out a name or an address."""

    id: str
    name: str | None = None
    email: str | None = None
