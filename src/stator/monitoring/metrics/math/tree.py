"""The tree of an expression. Operators of one precedence that follow each other are one node."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands in the text."""

    value: float


@dataclass(frozen=True, slots=True)
class String:
    """A text in quotes."""

    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """A word in capitals that is not called, such as DESC."""

    name: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of a query."""

    id: str


@dataclass(frozen=True, slots=True)
class Negation:
    """Minus something."""

    operand: "Node"


@dataclass(frozen=True, slots=True)
class Operations:
    """Operators of one precedence, applied from left to right."""

    first: "Node"
    rest: tuple[tuple[str, "Node"], ...]


@dataclass(frozen=True, slots=True)
class List:
    """Time series and arrays of them, in brackets."""

    members: tuple["Node", ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A function and its arguments."""

    function: str
    arguments: tuple["Node", ...]


Node = Number | String | Option | Reference | Negation | Operations | List | Call


def parts(node: Node) -> Iterator[Node]:
    """A node and all that is in it."""
    yield node
    inner: tuple[Node, ...] = ()
    match node:
        case Negation(operand):
            inner = (operand,)
        case Operations(first, rest):
            inner = (first, *(operand for _, operand in rest))
        case List(members):
            inner = members
        case Call(_, arguments):
            inner = arguments
    for one in inner:
        yield from parts(one)
