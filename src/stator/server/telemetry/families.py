"""The metrics at `/metrics`, as data: what is written there, and the reference page, derive from this table.

Names follow Prometheus's conventions: base units, counters that end in `_total`, one unit a family. Counters
are those of all workers together, since the process that writes has begun.
"""

from typing import Final

from stator.server.telemetry.exposition import Family

REQUESTS: Final = Family(
    "stator_requests",
    "counter",
    "Requests to operations on items and stream records, by what came of them: success, throttled, or "
    "system_error. One that names several tables counts for each.",
    ("operation", "table", "result"),
)
DURATION: Final = Family(
    "stator_request_duration_seconds",
    "histogram",
    "How long successful requests to such operations took in the server. The sum is exact to a sixteenth.",
    ("operation", "table"),
)
USER_ERRORS: Final = Family(
    "stator_user_errors",
    "counter",
    "Requests that were refused with status 400, but not for a condition, a conflict or a limit.",
)
CONDITION_FAILURES: Final = Family(
    "stator_conditional_check_failures", "counter", "Writes whose condition did not hold.", ("table",)
)
CONFLICTS: Final = Family(
    "stator_transaction_conflicts", "counter", "Requests that met a transaction under way.", ("table",)
)
THROTTLES: Final = Family(
    "stator_throttle_events",
    "counter",
    "Reads and writes that were more than a limit allows; a batch may have several. `index` is empty for the "
    "table's own limit.",
    ("table", "index", "direction", "cause"),
)
CAPACITY: Final = Family(
    "stator_consumed_capacity_units",
    "counter",
    "Capacity units that requests have consumed of a table, or of a global index of it.",
    ("table", "index", "direction"),
)
RETURNED_ITEMS: Final = Family(
    "stator_returned_items",
    "counter",
    "Items that queries, scans and statements have found.",
    ("operation", "table"),
)
RETURNED_RECORDS: Final = Family(
    "stator_returned_stream_records",
    "counter",
    "Records that readers of a table's stream were given.",
    ("table",),
)
RETURNED_BYTES: Final = Family(
    "stator_returned_stream_bytes", "counter", "Size of those records.", ("table",)
)
EXPIRED_ITEMS: Final = Family(
    "stator_expired_items", "counter", "Items that were deleted because their time was over.", ("table",)
)

BUILD: Final = Family(
    "stator_build_info",
    "gauge",
    "Always 1; the labels tell the version and whether the hot modules are compiled.",
    ("version", "form"),
)
WORKERS: Final = Family("stator_workers", "gauge", "Processes that serve.")
CONNECTIONS: Final = Family(
    "stator_connections", "gauge", "Connections of clients that are open.", ("process",)
)
MEMORY: Final = Family(
    "stator_process_resident_memory_bytes",
    "gauge",
    "Memory of a process; what processes share is counted in each.",
    ("process",),
)
CPU: Final = Family(
    "stator_process_cpu_seconds", "counter", "Processor time that a process has used.", ("process",)
)
OPEN_FILES: Final = Family(
    "stator_process_open_files", "gauge", "Files and sockets that are open.", ("process",)
)
STARTED: Final = Family(
    "stator_process_start_time_seconds",
    "gauge",
    "When a process began, in seconds since the epoch; it changes when a worker is replaced.",
    ("process",),
)
STORAGE: Final = Family(
    "stator_storage_bytes", "gauge", "Size of the database's file, and of the log beside it.", ("file",)
)
STORAGE_FREE: Final = Family(
    "stator_storage_free_bytes", "gauge", "Room that is left on the disk of the data directory."
)
TABLES: Final = Family("stator_tables", "gauge", "Tables.")
TABLE_ITEMS: Final = Family("stator_table_items", "gauge", "Items of a table.", ("table",))
TABLE_SIZE: Final = Family(
    "stator_table_size_bytes", "gauge", "Size of a table's items by DynamoDB's rules.", ("table",)
)
COPIES: Final = Family(
    "stator_copies_under_way",
    "gauge",
    "Backups, restores, exports, imports and bulk operations that have not ended.",
    ("kind",),
)
ALARMS: Final = Family("stator_alarms", "gauge", "Alarms in each state.", ("state",))
ALARM_STATE: Final = Family(
    "stator_alarm_state",
    "gauge",
    "1 for the state that an alarm is in, 0 for the others.",
    ("alarm", "state"),
)

FAMILIES: Final = tuple(value for value in tuple(globals().values()) if isinstance(value, Family))
"""All of them, in the order of this table."""
