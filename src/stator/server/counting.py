"""Who counts in a process of a server, and into which book; who writes also collects the books."""

import logging

from stator.base.errors import StorageError
from stator.operations.request_meter import RequestMeter
from stator.tables.book import Books
from stator.tables.database import Database
from stator.tables.meter import Meter

_log = logging.getLogger("stator.server")


def begin(database: Database, books: Books | None, number: int, *, writes: bool) -> RequestMeter | None:
    """Have the process count in the book of its number, if there are books, and collect all if it `writes`.

    What is to be told of each request. Raises StorageError.
    """
    requests = None
    if books is not None:
        database.meter = Meter(books[number], database.clock)
        requests = RequestMeter(database.meter, database)
    if writes:
        from stator.monitoring.monitoring import Monitoring  # Readers do without.

        database.monitoring = Monitoring(database, books)
        if database.meter is not None:
            database.meter.totals = database.monitoring.collector.totals
    return requests


async def end(database: Database) -> None:
    """Count no more. Who writes stores what was counted; by then all others have ended."""
    if database.meter is not None:
        database.meter.close()
        if database.monitoring is not None:
            try:
                await database.monitoring.collector.finish()
            except StorageError as error:
                _log.error("the metrics of the last minute are lost: %s", error)
