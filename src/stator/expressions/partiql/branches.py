"""What a WHERE clause says about keys.

A read is taken apart into branches, the alternatives of its OR and IN as far as they name keys. Each has
terms for the key and conditions for the rest, and the clause finds what some branch finds:

    pk IN ['a', 'b'] AND sk > 1 AND n = 2      pk = 'a' AND sk > 1 | n = 2
                                               pk = 'b' AND sk > 1 | n = 2

A write names one item by an equality for each key attribute. Only names are known here: types and ranges are
the table's.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final, NamedTuple

from stator.base.errors import ApiError, validation
from stator.expressions.ast import (
    And,
    Attribute,
    Comparison,
    In,
    Not,
    Or,
    Predicate,
    Value,
)
from stator.expressions.key_condition import KeyTerm, term
from stator.expressions.partiql.bind import Bound, Values
from stator.values.attribute import AttributeValue, Item

_BRANCHES_MAX: Final = 50  # "IN" of "PartiQL operators": 50 hash attribute values


class KeyLeaf(NamedTuple):
    """A condition on a key attribute: as a term of the key, and as a condition."""

    term: KeyTerm
    leaf: Predicate


@dataclass(frozen=True, slots=True)
class Branch:
    """One alternative of a clause."""

    keys: tuple[KeyLeaf, ...] = ()
    rest: tuple[Predicate, ...] = ()


class _TooMany(Exception):
    """A clause that has more alternatives than a read may have."""


class Names(NamedTuple):
    """The names of a key's attributes."""

    hash: tuple[str, ...]
    range: tuple[str, ...]


class Branches(NamedTuple):
    """The branches of a read; `keyed` tells that each names its partition, so that nothing else is read."""

    branches: tuple[Branch, ...]
    keyed: bool


def branches_of(bound: Bound, names: Names) -> Branches:
    """The branches of a read; raises ApiError for more than AWS reads."""
    where = bound.where
    if where is None:
        return Branches((), False)
    try:
        found = _spread(where, names, bound.values)
    except _TooMany:
        if all(_is_fixed(name, where, bound.values) for name in names.hash):
            raise validation("Too many decomposed read operations for a given query.") from None
        return Branches((Branch(rest=(where,)),), False)
    return Branches(found, all(_is_keyed(branch, names) for branch in found))


def _is_keyed(branch: Branch, names: Names) -> bool:
    equal = {key.term.attribute for key in branch.keys if key.term.operator == "EQ"}
    return equal.issuperset(names.hash)


def _is_fixed(name: str, tree: Predicate, values: Values) -> bool:
    """Whether each alternative of a tree, which may have very many, has an equality for a hash attribute."""
    if isinstance(tree, And):
        return any(_is_fixed(name, condition, values) for condition in tree.conditions)
    if isinstance(tree, Or):
        return all(_is_fixed(name, condition, values) for condition in tree.conditions)
    return all(branch.keys for branch in _alternatives(tree, Names((name,), ()), values))


def _spread(tree: Predicate, names: Names, values: Values) -> tuple[Branch, ...]:
    """The branches of a tree; raises _TooMany."""
    if isinstance(tree, And):
        parts = [_spread(condition, names, values) for condition in tree.conditions]
        _check_count(parts)
        return tuple([_joined(combination) for combination in product(*parts)])
    if isinstance(tree, Or) and _names_key(tree, names, values):
        found = [branch for each in tree.conditions for branch in _spread(each, names, values)]
        if len(found) > _BRANCHES_MAX:
            raise _TooMany
        return tuple(found)
    found = _alternatives(tree, names, values)
    if len(found) > _BRANCHES_MAX:
        raise _TooMany
    return tuple(found)


def _check_count(parts: Iterable[Sequence[Branch]]) -> None:
    count = 1
    for part in parts:
        count *= len(part)
        if count > _BRANCHES_MAX:
            raise _TooMany


def _joined(combination: Sequence[Branch]) -> Branch:
    return Branch(
        tuple([key for branch in combination for key in branch.keys]),
        tuple([condition for branch in combination for condition in branch.rest]),
    )


def _alternatives(tree: Predicate, names: Names, values: Values) -> list[Branch]:
    """The branches of a leaf."""
    if isinstance(tree, In) and all(isinstance(option, Value) for option in tree.options):
        equalities = [Comparison("=", tree.operand, option) for option in tree.options]
        leaves = [_key_leaf(equality, names, values) for equality in equalities]
        found = [Branch((leaf,)) for leaf in leaves if leaf is not None]
        if found:
            return found
    leaf = _key_leaf(tree, names, values)
    return [Branch(rest=(tree,)) if leaf is None else Branch((leaf,))]


def _names_key(tree: Predicate, names: Names, values: Values) -> bool:
    if isinstance(tree, And | Or):
        return any(_names_key(condition, names, values) for condition in tree.conditions)
    return any(branch.keys for branch in _alternatives(tree, names, values))


def _key_leaf(tree: Predicate, names: Names, values: Values) -> KeyLeaf | None:
    """A leaf that a key's range can express: an equality of any key attribute, more of a range attribute."""
    if isinstance(tree, And | Or | Not):
        return None
    try:
        attribute, operator, placeholders = term(tree)
    except ApiError:
        return None
    if attribute in names.range or (attribute in names.hash and operator == "EQ"):
        given = tuple([values[placeholder] for placeholder in placeholders])
        return KeyLeaf(KeyTerm(attribute, operator, given), tree)
    return None


class Target(NamedTuple):
    """The item that a clause names, and the conditions that are left."""

    key: Item
    rest: tuple[Predicate, ...]


def target(bound: Bound, names: Sequence[str]) -> Target:
    """The one item that the clause of a write names by its key attributes (ApiError)."""
    key: Item = {}
    rest = []
    for condition in _conjunction(bound.where):
        equality = _equality(condition, names, bound.values)
        if equality is None:
            rest.append(condition)
            continue
        name, value = equality
        if key.setdefault(name, value) != value:
            raise validation(
                f"Multiple conditions on same key {name}. Only single item Update/Insert/Delete are supported"
            )
    if len(key) < len(names):
        raise validation("Where clause does not contain a mandatory equality on all key attributes")
    return Target(key, tuple(rest))


def exact_key(bound: Bound, names: Sequence[str]) -> Item | None:
    """The key of the one item that the clause of a read names, if it says nothing else."""
    try:
        key, rest = target(bound, names)
    except ApiError:
        return None
    return None if rest else key


def _conjunction(where: Predicate | None) -> Iterable[Predicate]:
    if isinstance(where, And):
        for condition in where.conditions:
            yield from _conjunction(condition)
    elif where is not None:
        yield where


def _equality(
    condition: Predicate, names: Sequence[str], values: Values
) -> tuple[str, AttributeValue] | None:
    match condition:
        case (
            Comparison("=", Attribute((str(name),)), Value(placeholder))
            | Comparison("=", Value(placeholder), Attribute((str(name),)))
            | In(Attribute((str(name),)), (Value(placeholder),))
        ) if name in names:
            return name, values[placeholder]
    return None
