"""The engine of the process that writes a database which others read beside it (`shared`, `follower`)."""

from functools import partial
from pathlib import Path
from typing import Any

from stator.storage.sqlite.engine import SqliteEngine
from stator.storage.sqlite.shared import Company, SharedStore


class SharedEngine(SqliteEngine):
    """The engine of the process that writes."""

    _store: SharedStore

    def __init__(self, path: Path, *, company: Company, **settings: Any) -> None:
        settings = {"synchronous": "full"} | settings
        super().__init__(path, store=partial(SharedStore, company=company), **settings)

    def catch_up(self, commit: int) -> None:
        """Let readers of this process see `commit`, which another one has shown before us."""
        self._store.catch_up(commit)
