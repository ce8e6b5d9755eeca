"""Requests for `/metrics`: who may ask, and in which form they are answered.

Names of tables and alarms are nobody's business, and signatures are not checked. So only programs of this
machine are answered, as below `/_stator/`, unless the setting `metrics_access` lets in whoever reaches the
port.
"""

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Final

from stator.protocol.http import TEXT, Request
from stator.protocol.pipeline import METRICS_PATH, OwnReply
from stator.server.admin import is_local
from stator.server.config import Settings
from stator.server.telemetry.exposition import accepted, exposition
from stator.server.telemetry.processes import Processes

if TYPE_CHECKING:
    from stator.tables.database import Database

_REFUSED: Final = OwnReply(
    403,
    b"Metrics are shown to programs of this machine only, unless the setting metrics_access is all.\n",
    TEXT,
)


def is_scrape(request: Request) -> bool:
    """Whether a request asks for metrics."""
    return request.url.partition(b"?")[0] == METRICS_PATH


def refusal(request: Request, settings: Settings) -> OwnReply | None:
    """The reply to whoever may not see the metrics; None for all others."""
    return None if settings.metrics_access == "all" or is_local(request) else _REFUSED


def form(request: Request) -> str:
    """The content type in which a request wants the metrics."""
    return accepted(request.headers.get(b"accept", b""))


class Scrapes:
    """Answers such requests in the process that knows everything. `data` is the directory of the data."""

    def __init__(
        self, settings: Settings, database: "Database", data: Path | None, processes: Processes
    ) -> None:
        self._settings = settings
        self._database = database
        self._data = data
        self._processes = processes

    def answer(self, request: Request) -> OwnReply:
        """The metrics, or why not. Raises StorageError."""
        refused = refusal(request, self._settings)
        if refused is not None:
            return refused
        # With the first request for them.
        from stator.server.telemetry.counts import counts
        from stator.server.telemetry.gauges import gauges

        content_type = form(request)
        meter = self._database.meter
        counted = counts(meter.totals()) if meter is not None and meter.totals is not None else ()
        collected = chain(counted, gauges(self._database, self._data, self._processes))
        return OwnReply(200, exposition(collected, content_type), content_type)
