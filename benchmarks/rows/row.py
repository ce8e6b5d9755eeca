"""What a row is: a name, and a way to measure it that gives figures."""

from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.processors import ANYWHERE, Placement
from benchmarks.results import Run
from benchmarks.session import Session
from benchmarks.startup import Starts


class NotSupported(Exception):
    """Stator cannot do yet what a row measures; the text says what."""


@dataclass
class Measured:
    """What measuring gave: `figures` are values by name, one per round; `notes` are for readers."""

    figures: dict[str, list[float]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    starts: list[Starts] = field(default_factory=list)
    placement: Placement = ANYWHERE

    def add(self, figure: str, value: float) -> None:
        """Add a round's value."""
        self.figures.setdefault(figure, []).append(float(f"{value:.5g}"))


@dataclass(frozen=True, slots=True)
class Row:
    """A row. `measure` is given the session and the row's name; it raises NotSupported if Stator cannot."""

    name: str
    title: str
    measure: Callable[[Session, str], Measured]
    large: bool = False
