"""Proof that what is being copied or filled has a job that does it: otherwise it would be so for ever."""

from collections.abc import Iterable

from stator.storage.engine import Reader
from stator.tables import aside
from stator.tables.definition import TableDefinition
from stator.tables.keyspace import COPY_JOBS_END, COPY_JOBS_START, JOBS, copy_key
from stator.tables.report import Report


def check_copies(reader: Reader, definitions: Iterable[TableDefinition], report: Report) -> None:
    """Check the holds and the fillings of tables that are not deleted, and of those that are set aside."""
    for definition in definitions:
        if definition.filling and not _is_being_filled(reader, definition):
            report.add(f"table {definition.name}: is not filled, and nothing fills it")
        _check_holds(reader, f"table {definition.name}", definition, report)
    for definition in aside.tables(reader):
        where = f"deleted table {definition.name} ({definition.id})"
        if not definition.holds:
            report.add(f"{where}: is kept, and nobody copies it")
        _check_holds(reader, where, definition, report)


def _is_being_filled(reader: Reader, definition: TableDefinition) -> bool:
    """Whether a job fills the table: a restore has the table's id, an import an ARN of its own."""
    if definition.restored is not None:
        return reader.get(JOBS, copy_key(definition.id)) is not None
    return bool(reader.scan(JOBS, COPY_JOBS_START, COPY_JOBS_END, limit=1))


def _check_holds(reader: Reader, where: str, definition: TableDefinition, report: Report) -> None:
    for owner in definition.holds:
        if reader.get(JOBS, copy_key(owner)) is None:
            report.add(f"{where}: is held by {owner}, which is no job")
