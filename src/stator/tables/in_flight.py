"""Transactions that were accepted and are not yet durable, as AWS lets other requests feel them.

Bodies never meet: each sees all of a transaction or nothing. AWS's do, and it refuses the later one; a server
that is told to behave so keeps here what the transactions under way name.
"""

from collections.abc import Collection

Position = tuple[int, bytes]
"""A space and a key in it: an item."""


class InFlight:
    """Items and tokens of the transactions under way."""

    __slots__ = ("_items", "_tokens")

    def __init__(self) -> None:
        self._items: set[Position] = set()
        self._tokens: set[str] = set()

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._items)

    def holds(self, item: Position) -> bool:
        """Whether a transaction under way names an item."""
        return item in self._items

    def uses(self, token: str) -> bool:
        """Whether a transaction under way has a token."""
        return token in self._tokens

    def add(self, items: Collection[Position], token: str | None) -> None:
        """A transaction begins, on items that no other one holds."""
        self._items.update(items)
        if token is not None:
            self._tokens.add(token)

    def remove(self, items: Collection[Position], token: str | None) -> None:
        """A transaction has ended, whichever way."""
        self._items.difference_update(items)
        if token is not None:
            self._tokens.discard(token)
