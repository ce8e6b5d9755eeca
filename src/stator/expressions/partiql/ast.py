"""The syntax tree of a statement. Conditions and operands in it are those of `stator.expressions.ast`.

The values of a statement are placeholders, as in an expression: literals are `:0`, `:1` … in the order of
the text, parameters `:p0`, `:p1` ….
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from stator.expressions.ast import Action, Attribute, Predicate, Value
from stator.values.attribute import AttributeValue


@dataclass(frozen=True, slots=True)
class Source:
    """A table, or an index of it, as the statement names them."""

    table: str
    index: str | None = None


class Order(NamedTuple):
    """A term of ORDER BY."""

    attribute: str
    descending: bool


class Returning(NamedTuple):
    """A RETURNING clause: all attributes, or only the modified ones, before the write or after it."""

    scope: Literal["ALL", "MODIFIED"]
    image: Literal["OLD", "NEW"]


@dataclass(frozen=True, slots=True)
class Select:
    """SELECT; `columns` is None for `*`."""

    source: Source
    columns: tuple[Attribute, ...] | None
    where: Predicate | None
    order: tuple[Order, ...] = ()


@dataclass(frozen=True, slots=True)
class Exists:
    """EXISTS(SELECT …): a check in a transaction."""

    source: Source
    where: Predicate | None


@dataclass(frozen=True, slots=True)
class Insert:
    """INSERT INTO … VALUE {…}."""

    source: Source
    fields: tuple[tuple[str, Value], ...]


@dataclass(frozen=True, slots=True)
class Update:
    """UPDATE; SET_ADD and SET_DELETE are the actions ADD and DELETE."""

    source: Source
    actions: tuple[Action, ...]
    where: Predicate | None
    returning: Returning | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """DELETE FROM."""

    source: Source
    where: Predicate | None
    returning: Returning | None = None


Write = Insert | Update | Delete | Exists
Statement = Select | Write


class TypedArgument(NamedTuple):
    """A value that has to be a set: the placeholder, and AWS's refusal of another type."""

    placeholder: str
    refusal: str


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed text: its statement, its literals, its number of parameters, and values that must be sets."""

    statement: Statement
    literals: Mapping[str, AttributeValue]
    parameters: int
    sets: tuple[TypedArgument, ...] = ()
