"""In which state backup files are, for whoever watches over them: whole or damaged, and how old.

The exit status of `stator backup verify` is the worst that was found; see `State`.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from pathlib import Path
from typing import Any, Final, NamedTuple

from stator.copies import backup_file
from stator.copies.backup_file import BackupDamaged, Summary

_SECONDS: Final = {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}


class State(IntEnum):
    """What was found, as an exit status. 2 is that of a command line that makes no sense."""

    GOOD = 0
    DAMAGED = 1
    OLD = 3
    MISSING = 4


class Finding(NamedTuple):
    """A file, and what it is, or (`problem`) why it is none."""

    path: Path
    summary: Summary | None
    problem: str = ""

    def as_json(self, now: float) -> dict[str, Any]:
        """What is known of it, for programs."""
        if self.summary is None:
            return {"file": str(self.path), "state": "damaged", "problem": self.problem}
        header, footer = self.summary.header, self.summary.footer
        return {
            "file": str(self.path),
            "state": "good",
            "arn": header.arn,
            "name": header.name,
            "type": header.type,
            "table": header.table.name,
            "created": iso(header.created_at),
            "age_seconds": round(now - header.created_at),
            "items": footer.items,
            "item_bytes": footer.item_bytes,
            "file_bytes": footer.length,
        }


def examine(path: Path) -> Finding:
    """Read all of a file and check it."""
    try:
        return Finding(path, backup_file.verify(path))
    except BackupDamaged as error:
        return Finding(path, None, str(error))
    except OSError as error:
        return Finding(path, None, f"{path.name} cannot be read: {error.strerror or error}")


def complaints(
    findings: Sequence[Finding], *, max_age: float | None, tables: Iterable[str], now: float
) -> list[tuple[State, str]]:
    """What is wrong, the worst first.

    Each of `tables` must have a backup. With `max_age` (seconds) the newest backup of each of them must be
    young enough; if none is named, of each table that has one. A table whose newest backup is the system's
    has been deleted, and is only asked for if it is named.
    """
    newest: dict[str, Summary] = {}
    for summary in (finding.summary for finding in findings):
        if summary is None:
            continue
        known = newest.setdefault(summary.header.table.name, summary)
        if summary.header.created_at > known.header.created_at:
            newest[summary.header.table.name] = summary
    wanted = list(tables)
    found = [(State.DAMAGED, f"{finding.problem}.") for finding in findings if finding.summary is None]
    if not findings:
        found.append((State.MISSING, "There is no backup."))
    found += [
        (State.MISSING, f"There is no backup of table {name}.") for name in wanted if name not in newest
    ]
    for name, summary in sorted(newest.items()):
        is_asked_for = name in wanted if wanted else summary.header.type == "USER"
        age = now - summary.header.created_at
        if max_age is not None and is_asked_for and age > max_age:
            found.append((State.OLD, f"The newest backup of table {name} is {duration(age)} old."))
    return found


def worst(found: Iterable[tuple[State, str]]) -> State:
    """The state that is told of several: damage first, then that there is none, then age."""
    order = (State.DAMAGED, State.MISSING, State.OLD)
    states = {state for state, _ in found}
    return next((state for state in order if state in states), State.GOOD)


def seconds(text: str) -> float:
    """A duration such as 26h, 90m or 2d. Raises ValueError."""
    match = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if match is None:
        raise ValueError(f"{text!r} is no duration; one looks like 26h, 90m or 2d")
    return int(match[1]) * _SECONDS[match[2]]


def duration(age: float) -> str:
    """A duration for people, in its largest unit that is not too coarse."""
    for unit, name in ((86_400, "days"), (3_600, "hours"), (60, "minutes")):
        if age >= 2 * unit:
            return f"{age / unit:.0f} {name}"
    return f"{max(age, 0):.0f} seconds"


def iso(time: float) -> str:
    """A moment as text, in UTC."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
