"""What a check of a database found."""

from dataclasses import dataclass, field
from typing import Final

_PROBLEMS_MAX: Final = 100


@dataclass(slots=True)
class Report:
    """What a check found. `problems` are sentences, at most 100 of them; none means that all agrees."""

    tables: int = 0
    items: int = 0
    entries: int = 0
    problems: list[str] = field(default_factory=list)

    def add(self, problem: str) -> None:
        """Note a problem."""
        if len(self.problems) < _PROBLEMS_MAX:
            self.problems.append(problem)

    @property
    def summary(self) -> str:
        """One line for people."""
        seen = f"{self.tables} tables, {self.items} items, {self.entries} index entries"
        if self.problems:
            return f"{len(self.problems)} problems in {seen}"
        return f"All agrees: {seen}"
