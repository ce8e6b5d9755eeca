"""What a server knows of itself, as whoever asks for it is handed it (`Database.monitoring`)."""

from collections.abc import Callable
from typing import Any

from stator.base.clock import Clock
from stator.monitoring.metrics.collector import Collector
from stator.monitoring.metrics.store import MetricsStore
from stator.tables.book import Books
from stator.tables.database import Database


class Monitoring:
    """The metrics of a server, their alarms, and what collects them; in the process that writes.

    `books` are what is collected, None if nobody counts. `alarms` are made when they are first asked for
    (`stator.monitoring.alarms.alarms.alarms_of`), with the configured `actions`.
    """

    def __init__(self, database: Database, books: Books | None) -> None:
        self.clock: Clock = database.clock
        self.metrics = MetricsStore(database.engine)
        self.collector = Collector(database, self.metrics, books)
        self.alarms: Any = None
        self.actions: tuple[Any, ...] = ()

    @property
    def closed_until(self) -> int:
        """The end of the newest minute that is complete and stored, in seconds since the epoch."""
        return self.collector.closed_until

    @property
    def on_closed(self) -> list[Callable[[int], None]]:
        """Called with `closed_until` when it has moved, on the loop's thread."""
        return self.collector.on_closed
