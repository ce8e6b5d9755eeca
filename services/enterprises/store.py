"""Where enterprises are kept: what the routes ask of either database."""

from datetime import datetime
from typing import Protocol

from services.common.paging import Page
from services.enterprises.domain import Enterprise


class Store(Protocol):
    """The enterprises of one database. Unavailable is raised if it cannot be used."""

    def create(self, name: str, now: datetime) -> Enterprise:
        """Keep a new enterprise, under a new id."""
        ...

    def get(self, identifier: str) -> Enterprise:
        """One enterprise. Raises NotFound."""
        ...

    def page(self, limit: int, cursor: str | None) -> Page[Enterprise]:
        """Some enterprises, and where to go on. Raises Invalid for a cursor of something else."""
        ...

    def rename(self, identifier: str, name: str, now: datetime) -> Enterprise:
        """Give an enterprise another name; it afterwards. Raises NotFound."""
        ...

    def remove(self, identifier: str) -> None:
        """Delete an enterprise. Raises NotFound."""
        ...

    def close(self) -> None:
        """Close the connections."""
        ...
