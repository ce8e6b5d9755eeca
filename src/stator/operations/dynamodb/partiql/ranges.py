"""What a SELECT walks over: the ranges of a table or an index, in order, each with a filter.

A branch of the WHERE clause that names its partition is a range, as a Query's; without such branches the
whole table or index is walked, as by a Scan. Source of the texts: AWS's replies.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Final, NamedTuple

from stator.base.errors import invalid_parameter, validation
from stator.expressions.ast import And, Predicate
from stator.expressions.condition import Condition, from_tree
from stator.expressions.key_condition import KeyTerm
from stator.expressions.partiql.ast import Order
from stator.expressions.partiql.bind import Bound, Values
from stator.expressions.partiql.branches import Branch, Names, branches_of
from stator.tables.indexes import Index
from stator.tables.ranges import KeyRange, key_range
from stator.tables.schema import KeyAttribute, TableKey
from stator.values.compare import kind_of
from stator.values.keycode import encode

_KEY_TYPES: Final = frozenset({"S", "N", "B"})


class Range(NamedTuple):
    """Rows from `start` to before `end` (None: the end of the space), those that meet the filter.

    `partition` are the ordered codes of the partition's key; none where the whole space is walked.
    """

    partition: tuple[bytes, ...]
    start: bytes
    end: bytes | None
    filter: Condition | None


class Ranges(NamedTuple):
    """The ranges of a SELECT in the order in which they are walked, and whether each is walked backwards."""

    ranges: tuple[Range, ...]
    reverse: bool


def ranges_of(bound: Bound, order: Sequence[Order], key: TableKey, index: Index | None) -> Ranges:
    """The ranges of a SELECT of a table or of an index of it (ApiError)."""
    source = index or key
    names = Names(_names(source.hash), _names(source.range))
    found = branches_of(bound, names)
    for branch in found.branches:
        _check_types(branch, source.hash + source.range)
    _check_order(order, names, bound, keyed=found.keyed)
    if not found.keyed:
        whole = Range((), b"", None, None if bound.where is None else from_tree(bound.where, bound.values))
        return Ranges((whole,), False)
    ranges = sorted(
        [_range(branch, source, bound.values) for branch in found.branches],
        key=lambda each: (each.partition, each.start),
    )
    _check_overlaps(ranges)
    if index is not None and index.projected is not None:
        _check_projected(ranges, index, index.projected)
    return _ordered(ranges, order, names)


def _names(attributes: Iterable[KeyAttribute]) -> tuple[str, ...]:
    return tuple([attribute.name for attribute in attributes])


def _check_types(branch: Branch, attributes: Iterable[KeyAttribute]) -> None:
    kinds = {attribute.name: attribute.kind for attribute in attributes}
    for term, _ in branch.keys:
        for value in term.values:
            kind = kind_of(value)
            if kind not in _KEY_TYPES:
                raise validation(
                    f"Key value must be of type S, N, or B. Key name: {term.attribute}, Key type: {kind}"
                )
            if kind != kinds[term.attribute]:
                raise validation(
                    "Key attribute's data type should match its data type in table's schema: "
                    f"Key {term.attribute}"
                )


def _check_order(order: Sequence[Order], names: Names, bound: Bound, *, keyed: bool) -> None:
    if not order:
        return
    if bound.where is None:
        raise validation("Must have WHERE clause in the statement when using ORDER BY clause.")
    for term in order:
        if term.attribute not in names.hash + names.range:
            raise validation(f"Attribute {term.attribute} in ORDER BY clause must be part of the primary key")
    if not keyed:
        raise validation(
            "Must have at least one non-optional hash key condition in WHERE clause "
            "when using ORDER BY clause."
        )


def _range(branch: Branch, source: TableKey | Index, values: Values) -> Range:
    """The range of a branch: its terms from the left as far as a key's order goes; the rest filters."""
    rest: list[Predicate] = list(branch.rest)
    fixed: list[KeyTerm] = []
    for attribute in source.hash:
        equal, *more = [key for key in branch.keys if key.term.attribute == attribute.name]
        fixed.append(equal.term)
        rest += [key.leaf for key in more]
    partition = tuple(
        [
            encode(attribute.kind, term.values[0][attribute.kind])
            for attribute, term in zip(source.hash, fixed, strict=True)
        ]
    )
    within = [key_range(source, fixed)]
    ended = False
    for attribute in source.range:
        keys = [key for key in branch.keys if key.term.attribute == attribute.name]
        if ended:
            rest += [key.leaf for key in keys]
            continue
        within += [key_range(source, [*fixed, key.term]) for key in keys]
        ended = [key.term.operator for key in keys] != ["EQ"]
        fixed += [key.term for key in keys]
    start, end = _common(within)
    return Range(partition, start, end, _filter(rest, values))


def _common(ranges: Sequence[KeyRange]) -> tuple[bytes, bytes | None]:
    """The positions that several ranges share."""
    start = max(each.start for each in ranges)
    ends = [each.end for each in ranges if each.end is not None]
    return start, max(start, min(ends)) if ends else None


def _filter(conditions: Sequence[Predicate], values: Values) -> Condition | None:
    if not conditions:
        return None
    return from_tree(conditions[0] if len(conditions) == 1 else And(tuple(conditions)), values)


def _check_overlaps(ranges: Sequence[Range]) -> None:
    """Refuse ranges, in ascending order, that share positions (ApiError)."""
    for one, two in pairwise(ranges):
        if one.partition == two.partition and (one.end is None or two.start < one.end):
            raise validation("Overlapping conditions with range keys are not supported in where clause")


def _check_projected(ranges: Sequence[Range], index: Index, projected: frozenset[str]) -> None:
    """Refuse filters that name what the index does not hold; AWS does so if each of them does (ApiError)."""
    missing: list[str] = []
    for each in ranges:
        missing = sorted(each.filter.attributes - projected) if each.filter is not None else []
        if not missing:
            return
    raise invalid_parameter(
        f"Secondary index {index.name} does not project one or more filter attributes: [{', '.join(missing)}]"
    )


def _ordered(ranges: list[Range], order: Sequence[Order], names: Names) -> Ranges:
    """Ascending ranges in the order that is asked for: of partitions first, then within them."""
    descending = [term.attribute for term in order if term.descending]
    several = any(one.partition != two.partition for one, two in pairwise(ranges))
    if order and several and not any(term.attribute in names.hash for term in order):
        raise validation(
            "Must have hash key in ORDER BY clause "
            "when more than one hash key condition specified in WHERE clause."
        )
    reverse = any(name in names.range for name in descending)
    ranges.sort(key=lambda each: each.start, reverse=reverse)
    ranges.sort(key=lambda each: each.partition, reverse=any(name in names.hash for name in descending))
    return Ranges(tuple(ranges), reverse)
