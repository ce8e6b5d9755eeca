"""What a server is at the moment: its processes, its files, its tables, what is under way, its alarms.

Everything is looked up when somebody asks. Nothing is kept for it, and nothing of a table is read but its row
of the catalog and its counter.
"""

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from stator import __version__
from stator.base.build import FORM
from stator.copies import jobs
from stator.monitoring.alarms import store as alarms
from stator.server.telemetry import families
from stator.server.telemetry.exposition import Collected, Values
from stator.server.telemetry.processes import Processes, usage
from stator.storage.engine import Reader
from stator.storage.open import DATABASE
from stator.tables import counters
from stator.tables.database import Database

_COPIES: Final = ("backup", "restore", "export", "import", "bulk")
_FILES: Final = {"database": DATABASE, "log": f"{DATABASE}-wal"}
_ALARM_STATES: Final = ("OK", "ALARM", "INSUFFICIENT_DATA")


def gauges(database: Database, data: Path | None, processes: Processes) -> Iterator[Collected]:
    """What there is to tell; `data` is the data directory, None if there is none. Raises StorageError."""
    yield families.BUILD, [((__version__, FORM), 1)]
    yield from _processes(processes)
    if data is not None:
        yield from _files(data)
    yield from database.engine.read(lambda reader: list(_tables(database, reader)))
    yield families.COPIES, database.engine.read(_copies)
    yield from database.engine.read(lambda reader: list(_alarms(reader)))


def _processes(processes: Processes) -> Iterator[Collected]:
    present = [(process, used) for process in processes() if (used := usage(process.pid)) is not None]
    connections = [((each.name,), each.connections) for each, _ in present if each.connections is not None]
    yield families.WORKERS, [((), len(connections))]
    yield families.CONNECTIONS, connections
    for family, field in (
        (families.MEMORY, "memory_bytes"),
        (families.CPU, "cpu_seconds"),
        (families.OPEN_FILES, "open_files"),
        (families.STARTED, "started"),
    ):
        values = [((process.name,), getattr(used, field)) for process, used in present]
        yield family, [(labels, value) for labels, value in values if value is not None]


def _files(data: Path) -> Iterator[Collected]:
    sizes = {}
    for label, name in _FILES.items():
        try:
            # Only asked for: a process that opened and closed them would drop SQLite's locks.
            sizes[label,] = os.stat(data / name).st_size
        except FileNotFoundError:
            continue
    yield families.STORAGE, sizes.items()
    disk = os.statvfs(data)
    yield families.STORAGE_FREE, [((), disk.f_bavail * disk.f_frsize)]


def _tables(database: Database, reader: Reader) -> Iterator[Collected]:
    spaces = {
        name: table.space
        for name in database.catalog.names(reader)
        if (table := database.catalog.table(reader, name)) is not None
    }
    counts = counters.count(reader, spaces.values())
    yield families.TABLES, [((), len(spaces))]
    yield families.TABLE_ITEMS, [((name,), counts[space].items) for name, space in spaces.items()]
    yield families.TABLE_SIZE, [((name,), counts[space].bytes) for name, space in spaces.items()]


def _copies(reader: Reader) -> Values:
    kinds = Counter(row.kind for row in jobs.unfinished(reader))
    return [((kind,), kinds[kind]) for kind in _COPIES]


def _alarms(reader: Reader) -> Iterator[Collected]:
    states = {row.name: row.state for row in alarms.alarms(reader)}
    by_state = Counter(states.values())
    yield families.ALARMS, [((state,), by_state[state]) for state in _ALARM_STATES]
    yield (
        families.ALARM_STATE,
        [((name, state), int(state == now)) for name, now in states.items() for state in _ALARM_STATES],
    )
