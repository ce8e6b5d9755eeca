"""The syntax tree of every expression; the old-style parameters translate into it too.

A tree is *free* as it leaves the parser: paths may hold `Alias` elements and values have no type yet. Binding
(`stator.expressions.bind`) replaces aliases by attribute names and notes each value's type: the tree is then
*bound*. Whoever builds a tree without a text builds a bound one.
"""

from dataclasses import dataclass

Path = tuple[str | int, ...]
"""A document path: attribute and member names, and list indexes."""


def path_text(path: Path) -> str:
    """A path as AWS prints it: `[a, [1], b]`."""
    return f"[{', '.join([element if isinstance(element, str) else f'[{element}]' for element in path])}]"


class Alias(str):
    """A placeholder for a name (`#a`) among the elements of a free path."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Attribute:
    """What stands at a document path."""

    path: Path


@dataclass(frozen=True, slots=True)
class Value:
    """A value that comes with the request, by its placeholder (`:v`); `type` is "S", "NS" … once bound."""

    placeholder: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function over operands; a condition or an operand, by its name."""

    name: str
    arguments: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`+` or `-` over two operands."""

    operator: str
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`=`, `<>`, `<`, `<=`, `>` or `>=` over two operands."""

    operator: str
    left: "Operand"
    right: "Operand"


@dataclass(frozen=True, slots=True)
class Between:
    """An operand within bounds, both inclusive."""

    operand: "Operand"
    low: "Operand"
    high: "Operand"


@dataclass(frozen=True, slots=True)
class In:
    """An operand equal to any of several."""

    operand: "Operand"
    options: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite of a condition."""

    condition: "Predicate"


@dataclass(frozen=True, slots=True)
class And:
    """All of several conditions."""

    conditions: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """Any of several conditions."""

    conditions: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Action:
    """One change of an update.

    `section` is SET, REMOVE, ADD or DELETE; only REMOVE has no value; ADD and DELETE have a `Value`.
    """

    section: str
    target: Attribute
    value: "Operand | None" = None


Operand = Attribute | Value | Function | Arithmetic
Leaf = Comparison | Between | In | Function
Predicate = Leaf | Not | And | Or


def operands(leaf: Leaf | Operand) -> tuple[Operand, ...]:
    """What a leaf or an operand is made of, in the order of the text."""
    match leaf:
        case Comparison(_, left, right) | Arithmetic(_, left, right):
            return (left, right)
        case Between(operand, low, high):
            return (operand, low, high)
        case In(operand, options):
            return (operand, *options)
        case Function(_, arguments):
            return arguments
    return ()


def walk(leaf: Leaf | Operand) -> list[Leaf | Operand]:
    """A leaf or an operand and everything below it, in the order of the text."""
    found: list[Leaf | Operand] = []
    pending = [leaf]
    while pending:
        node = pending.pop()
        found.append(node)
        pending.extend(reversed(operands(node)))
    return found
