"""Walking a table that is held, in slices: each is read in one snapshot, and other tasks run between two."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import ClassVar, Generic, TypeVar

from stator.storage.engine import Reader
from stator.tables import change_log
from stator.tables.change_log import Change
from stator.tables.database import Database
from stator.tables.definition import TableDefinition
from stator.tables.holds import held

PartT = TypeVar("PartT")


class SourceGone(Exception):
    """The table that is being read is gone: it was deleted, and nobody held it."""


class HeldWalk(Generic[PartT]):
    """A walk over a table and its change log from a position on, which the caller holds.

    `name` and `table_id` tell the table; a younger one of the same name is another. It is walked once.
    """

    slice_rows: ClassVar[int] = 100
    slice_bytes: ClassVar[int] = 256 * 1024

    def __init__(self, database: Database, name: str, table_id: str, position: int) -> None:
        self._database = database
        self._name = name
        self._id = table_id
        self._next = position  # of the log: what comes before it has been walked

    async def batches(self) -> AsyncIterator[list[PartT]]:
        """What is walked, each part once.

        Raises SourceGone if the table goes. Raises StorageError.
        """
        try:
            ended = False
            while not ended:
                batch, ended = self._step(self._database.engine.reader)
                if batch:
                    yield batch
                await asyncio.sleep(0)
        finally:
            self._close()

    def _step(self, reader: Reader) -> tuple[list[PartT], bool]:
        definition = held(reader, self._database.catalog, self._name, self._id)
        if definition is None:
            raise SourceGone(self._name)
        return self._slice(reader, definition)

    def _slice(self, reader: Reader, definition: TableDefinition) -> tuple[list[PartT], bool]:
        """The parts of one slice, and whether that was all."""
        raise NotImplementedError

    def _close(self) -> None:
        """Free what the walk takes."""
        raise NotImplementedError

    def _changes(
        self, reader: Reader, definition: TableDefinition
    ) -> tuple[Sequence[tuple[int, Change]], bool]:
        """The next changes of the log with their positions, and whether these were the last."""
        assert definition.log is not None, "a table that is held has a change log"
        changes, ended = change_log.read(
            reader, definition.log, self._next, None, limit=self.slice_rows, size=self.slice_bytes
        )
        if changes:
            self._next = changes[-1][0] + 1
        return changes, ended
