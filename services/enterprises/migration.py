"""The migration of enterprises from PostgreSQL to DynamoDB.

The UUID of a row follows from its integer id, so a row has one place, however often it is migrated: a run
that was stopped goes on when it is started again, and one after a complete run writes nothing. Each row is
read, written if it is absent or out of date, and read back; an enterprise that was changed in DynamoDB since
then is newer, and stays. Nothing is deleted.

What was read back is compared with the rows by count and by a checksum: the sum of the rows' SHA-256, which
does not depend on their order.
"""

import hashlib
import itertools
import json
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Protocol

from services.enterprises.domain import Enterprise, NotAnEnterprise, enterprise_of

# The name space of the ids. Never to be changed: it decides where rows are.
NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "urn:enterprises:postgresql")
WORKERS: Final = 8
CHUNK_ROWS: Final = 200
_CHECKSUM_MODULUS: Final = 1 << 256


class Outcome(Enum):
    """What became of a row."""

    WRITTEN = "written"
    UNCHANGED = "unchanged"
    NEWER = "newer"


Progress = Callable[[Outcome], None]


def nowhere(outcome: Outcome) -> None:
    """Report progress to nobody."""


class Target(Protocol):
    """Where rows go."""

    def read(self, identifier: str) -> Enterprise | None:
        """An enterprise as it is now, or None."""
        ...

    def write_unless_newer(self, enterprise: Enterprise) -> None:
        """Put an enterprise, unless there is one of its id that was updated later."""
        ...


@dataclass
class Report:
    """What a migration did. In a dry run, `written` is what would be, and nothing is verified."""

    dry_run: bool
    rows: int = 0
    outcomes: dict[Outcome, int] = field(default_factory=lambda: dict.fromkeys(Outcome, 0))
    # Of the rows that are compared, which are those without a newer enterprise.
    found: int = 0
    source_sum: int = 0
    target_sum: int = 0
    # The ids of rows whose enterprise is not what it should be.
    wrong: list[int] = field(default_factory=list)

    @property
    def verified(self) -> bool:
        """Whether each row is in DynamoDB, by count and checksum."""
        return self.found == self.rows and self.source_sum == self.target_sum

    @property
    def source_checksum(self) -> str:
        """The checksum of the rows, in hexadecimal."""
        return f"{self.source_sum:064x}"

    @property
    def target_checksum(self) -> str:
        """The checksum of what was read back."""
        return f"{self.target_sum:064x}"


def migrated_id(row: int) -> str:
    """The UUID of the row with this id."""
    return str(uuid.uuid5(NAMESPACE, str(row)))


def migrate(
    rows: Iterable[Mapping[str, Any]], target: Target, *, dry_run: bool, progress: Progress
) -> Report:
    """Copy rows, and verify it. Raises NotAnEnterprise for a row that is none; what came before it stays."""
    report = Report(dry_run)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="migration") as workers:
        for chunk in _chunks(map(_row, rows)):
            for result in workers.map(lambda row: _copy(row, target, dry_run=dry_run), chunk):
                _note(report, result)
                progress(result.outcome)
    return report


@dataclass(frozen=True)
class _Result:
    row: Enterprise
    outcome: Outcome
    after: Enterprise | None


def _copy(row: Enterprise, target: Target, *, dry_run: bool) -> _Result:
    wanted = replace(row, id=migrated_id(int(row.id)))
    before = target.read(str(wanted.id))
    if before is not None and before.updated > wanted.updated:
        return _Result(row, Outcome.NEWER, before)
    if before == wanted:
        return _Result(row, Outcome.UNCHANGED, before)
    if dry_run:
        return _Result(row, Outcome.WRITTEN, before)
    target.write_unless_newer(wanted)
    after = target.read(str(wanted.id))
    newer = after is not None and after.updated > wanted.updated
    return _Result(row, Outcome.NEWER if newer else Outcome.WRITTEN, after)


def _note(report: Report, result: _Result) -> None:
    report.rows += 1
    report.outcomes[result.outcome] += 1
    report.found += result.after is not None
    if result.outcome is Outcome.NEWER:
        return
    wanted = replace(result.row, id=migrated_id(int(result.row.id)))
    report.source_sum = (report.source_sum + _checksum(wanted)) % _CHECKSUM_MODULUS
    if result.after is not None:
        report.target_sum = (report.target_sum + _checksum(result.after)) % _CHECKSUM_MODULUS
    if result.after != wanted and not report.dry_run:
        report.wrong.append(int(result.row.id))


def _checksum(enterprise: Enterprise) -> int:
    values = [enterprise.id, enterprise.name, enterprise.created, enterprise.updated]
    return int.from_bytes(hashlib.sha256(json.dumps(values).encode()).digest())


def _row(values: Mapping[str, Any]) -> Enterprise:
    row = enterprise_of(values)
    if not isinstance(row.id, int):
        raise NotAnEnterprise(f"the id of a row is an integer, not {row.id!r}")
    return row


def _chunks(rows: Iterator[Enterprise]) -> Iterator[list[Enterprise]]:
    """Rows, so many at a time: what is in memory is bounded."""
    while chunk := list(itertools.islice(rows, CHUNK_ROWS)):
        yield chunk
