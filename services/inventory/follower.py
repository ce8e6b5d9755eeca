"""A follower: brings the events of one table to one projection, from its stream, for as long as it runs.

Where it stands is saved after each batch that is applied. A follower that is killed anywhere starts again at
what was saved, and the projection skips what it has. When the stream cannot have everything any more, or
nothing was saved yet, all that is missing comes from the table of events, and then the stream is read from
what it still has.
"""

import random
from collections.abc import Iterable
from threading import Event as Signal
from typing import Any, Final

from services.common import logs
from services.common.dynamodb import Database
from services.common.errors import Unavailable
from services.common.logs import fields
from services.common.time_ids import Clock, iso
from services.inventory.events import Recorded
from services.inventory.projections import Projection
from services.inventory.read_table import Checkpoints
from services.inventory.stream import StreamReader, Trimmed, stream_of

# The longest pause after failures.
PAUSE_SECONDS_MAX: Final = 15.0


class Follower:
    """Follows one stream for one projection."""

    def __init__(
        self, projection: Projection[Any], database: Database, checkpoints: Checkpoints, clock: Clock
    ) -> None:
        self.projection = projection
        self._database, self._checkpoints, self._clock = database, checkpoints, clock
        self._reader: StreamReader | None = None

    def run(self, stop: Signal, poll_seconds: float) -> None:
        """Follow until told to stop. A failure is logged, and tried again after a pause that grows."""
        failures = 0
        while not stop.is_set():
            try:
                if self.step():
                    failures = 0
                    continue
                failures, pause = 0, poll_seconds
            except Exception as error:
                failures += 1
                pause = min(PAUSE_SECONDS_MAX, poll_seconds * 2**failures) * random.uniform(0.5, 1)
                self._failed(error, pause)
            stop.wait(pause)

    def drain(self) -> None:
        """Follow until there is nothing new."""
        while self.step():
            pass

    def step(self) -> bool:
        """Read each shard once; whether there was anything new."""
        new = False
        try:
            reader = self._reader = self._reader or self._resume()
            for batch in reader.batches():
                self._apply(batch.events)
                if reader.commit(batch):
                    self._checkpoints.save(reader.checkpoint)
                    new = True
        except Trimmed as reason:
            self._catch_up(str(reason))
            new = True
        return new

    def _resume(self) -> StreamReader:
        checkpoint = self._checkpoints.load()
        if checkpoint is None:
            raise Trimmed("there is no checkpoint")
        if checkpoint.stream != self._stream():
            raise Trimmed("the table has another stream")
        return StreamReader(self._database, checkpoint, self._clock)

    def _catch_up(self, reason: str) -> None:
        """Apply what the table of events has, and begin to read the stream anew."""
        self._reader = None
        stream, now = self._stream(), iso(self._clock.now())
        behind = self.projection.catch_up_all()
        logs.AUDIT.info(
            "projection caught up",
            extra=fields(projection=self.projection.name, reason=reason, aggregates_behind=behind),
        )
        reader = StreamReader.begin(self._database, stream, self._clock, now)
        self._checkpoints.save(reader.checkpoint)
        self._reader = reader

    def _stream(self) -> str:
        table = self.projection.source.table
        stream = stream_of(self._database, table)
        if stream is None:
            raise Unavailable(f"The table {table} has no stream; create-tables turns it on.")
        return stream

    def _apply(self, events: Iterable[Recorded]) -> None:
        """Apply events aggregate by aggregate, each one's in order."""
        by_aggregate: dict[str, list[Recorded]] = {}
        for event in events:
            by_aggregate.setdefault(event.id, []).append(event)
        for identifier, its in by_aggregate.items():
            self.projection.apply(identifier, its)

    def _failed(self, error: Exception, pause: float) -> None:
        if self._reader is not None:
            self._reader.forget_iterators()
        logs.ERRORS.error(
            "projection failed",
            extra=fields(
                projection=self.projection.name,
                exception=type(error).__name__,
                pause_seconds=round(pause, 2),
            ),
            exc_info=error,
        )
