"""Where AWS differs from its own service model: the rows of `overlay.toml`, read and typed.

Every row names its evidence and the date on which that was taken. A row points at a shape (`TableArn`), or at
a member of a structure (`QueryInput.Limit`), and then holds only there. Rows are facts; `shapes` and
`constraints` give them meaning.
"""

import datetime
import tomllib
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

Stage = Literal["first", "last"]


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every row has."""

    evidence: str
    date: datetime.date


class LimitsRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Corrected limits of a shape or a member; what is not named stays as the model has it.

    `free` first removes all limits. `arn_max`, `empty_min` and `named` are explained at `shapes.Limits`.
    """

    of: str
    free: bool = False
    min: int | None = None
    max: int | None = None
    pattern: str | None = None
    enum: tuple[str, ...] = ()
    arn_max: int | None = None
    empty_min: int | None = None
    named: tuple[Literal["min", "max"], ...] = ()


class RequiredRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A member that is required though the model says it is not, or the other way round."""

    of: str
    required: bool


class OrderRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The order in which a structure's members are reported; the others follow in the model's order."""

    of: str
    members: tuple[str, ...]


class PresenceRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A member whose absence has a text of its own, reported alone.

    `stage` says whether that comes before the constraints or only when they hold; with `empty`, an empty
    value counts as absent.
    """

    operations: tuple[str, ...]
    member: str
    text: str
    stage: Stage
    empty: bool = False


class AloneRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Members that are checked before all others, in this order; the first that fails is reported alone."""

    operations: tuple[str, ...]
    members: tuple[str, ...]


class PatternRow(Row, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A Java pattern that Python does not read as Java does, and the same for Python."""

    java: str
    python: str


class Overlay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All rows."""

    limits: tuple[LimitsRow, ...] = ()
    required: tuple[RequiredRow, ...] = ()
    order: tuple[OrderRow, ...] = ()
    presence: tuple[PresenceRow, ...] = ()
    alone: tuple[AloneRow, ...] = ()
    pattern: tuple[PatternRow, ...] = ()


@cache
def overlay() -> Overlay:
    """The rows of `overlay.toml`."""
    text = Path(__file__).with_name("overlay.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(text), Overlay)
