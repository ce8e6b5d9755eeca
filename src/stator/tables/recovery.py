"""Point-in-time recovery as a setting: enabling and disabling it, and which times it covers.

While it is enabled, the change log keeps the old image of every change. Disabling forgets the past at once:
who enables it again begins anew. A shorter period forgets what is beyond it, and a longer one later does not
bring that back.
"""

from typing import NamedTuple

from msgspec.structs import replace

from stator.storage.engine import Reader, Transaction
from stator.tables import change_log, holds, logs
from stator.tables.catalog import Catalog
from stator.tables.change_log import first_position
from stator.tables.definition import Recovery, TableDefinition

_DAY_SECONDS = 86_400


class Span(NamedTuple):
    """The times that recovery covers, from `earliest` to `latest` (seconds since the epoch)."""

    earliest: float
    latest: float


def enable(
    transaction: Transaction, catalog: Catalog, definition: TableDefinition, period_days: int, now: float
) -> TableDefinition:
    """Enable recovery, or change its period. Returns the definition, which is saved."""
    definition = holds.with_log(transaction, catalog, definition)
    before = definition.recovery
    if before is None:
        assert definition.log is not None
        since = change_log.not_before_newest(transaction, definition.log, now)
        after = Recovery(since, period_days, first_position(transaction.id))
    else:
        after = replace(before, since=_covered_since(before, now), period_days=period_days)
    definition = replace(definition, recovery=after)
    catalog.save(transaction, definition)
    return definition


def disable(transaction: Transaction, catalog: Catalog, definition: TableDefinition) -> TableDefinition:
    """Disable recovery, and forget the past. Returns the definition, which is saved."""
    definition = replace(definition, recovery=None)
    catalog.save(transaction, definition)
    return definition


def span(reader: Reader, definition: TableDefinition, now: float) -> Span | None:
    """The times that recovery covers; None while it is disabled.

    If the clock was set back, changes have been recorded at later times than the clock's (`change_log`); and
    what has been trimmed stays so.
    """
    recovery, log = definition.recovery, definition.log
    if recovery is None or log is None:
        return None
    earliest = _covered_since(recovery, now)
    kept = logs.find(reader, log)
    if kept.trimmed_to > recovery.start:
        earliest = max(earliest, kept.horizon)
    return Span(earliest, change_log.not_before_newest(reader, log, now))


def _covered_since(recovery: Recovery, now: float) -> float:
    return max(recovery.since, now - recovery.period_days * _DAY_SECONDS)
