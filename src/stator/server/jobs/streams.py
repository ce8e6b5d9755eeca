"""Streams grow old: shards are rolled over, logs trimmed, and streams past their time forgotten."""

from functools import partial

from stator.storage.engine import Reader
from stator.tables import streams
from stator.tables.database import Database
from stator.tables.streams import StreamRecord


async def tend_streams(database: Database) -> None:
    """Do for each stream what its age asks for."""
    now = database.clock.now()
    engine = database.engine
    for record in engine.read(lambda reader: list(streams.all_streams(reader))):
        if streams.is_expired(record, now):
            used = engine.read(partial(_log_is_used, database, record))
            await engine.write(partial(streams.forget, record=record, drop_log=not used))
            database.work.set()  # The log's room is to be freed.
            continue
        if streams.rolls_over(record, now):
            await engine.write(partial(streams.roll, table=record.table, label=record.label, now=now))
        while streams.has_old_changes(engine.reader, record.log, now):
            await engine.write(partial(streams.trim, log=record.log, now=now))


def _log_is_used(database: Database, record: StreamRecord, reader: Reader) -> bool:
    """Whether the log serves another stream, or a table that may begin one."""
    if any(other.log == record.log and other != record for other in streams.all_streams(reader)):
        return True
    table = database.catalog.table(reader, record.table)
    stream = table.definition.stream if table is not None else None
    return stream is not None and stream.log == record.log
