"""From key conditions to a range of positions, and AWS's refusals of conditions that make none.

A range is one partition, narrowed by equality on leading range attributes and one last condition of any kind.
Source of the texts and their order: AWS's replies to Query, as listed in docs/validation.md.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, Protocol

from stator.base.errors import ApiError, invalid_parameter, validation
from stator.expressions.key_condition import KeyTerm
from stator.tables.schema import KeyAttribute, check_content
from stator.values.attribute import Item
from stator.values.keycode import after, encode, encode_prefix

_INDEXABLE: Final = frozenset({"EQ", "LT", "LE", "GT", "GE", "BETWEEN", "BEGINS_WITH"})
# How many key conditions a key of one hash and one range attribute takes.
TERMS_MAX: Final = 2
WRONG_COUNT: Final = "Conditions can be of length 1 or 2 only"
_NOT_SUPPORTED: Final = "Query key condition not supported"


class Source(Protocol):
    """What can be queried: a table's key or an index."""

    @property
    def hash(self) -> tuple[KeyAttribute, ...]:
        """The hash attributes."""
        ...

    @property
    def range(self) -> tuple[KeyAttribute, ...]:
        """The range attributes."""
        ...

    def partition(self, values: Item) -> bytes:
        """The partition of complete hash key values."""
        ...


class KeyRange(NamedTuple):
    """Positions from `start` to before `end` (None: the end of the space), in one partition.

    `narrowed` tells whether a range attribute has a condition.
    """

    partition: bytes
    start: bytes
    end: bytes | None
    narrowed: bool


def key_range(source: Source, terms: Sequence[KeyTerm]) -> KeyRange:
    """The range that some key conditions describe; raises ApiError (ValidationException)."""
    if len(terms) > TERMS_MAX >= len(source.hash) + len(source.range):
        raise validation(WRONG_COUNT)
    by_name = {term.attribute: term for term in terms}
    _check_names(source, by_name)
    hash_terms = [by_name[attribute.name] for attribute in source.hash]
    range_terms = [by_name[attribute.name] for attribute in source.range if attribute.name in by_name]
    for attribute in source.hash + source.range:
        if attribute.name in by_name:
            _check_term(attribute, by_name[attribute.name])
    if any(term.operator != "EQ" for term in hash_terms):
        raise validation(_NOT_SUPPORTED)
    _check_order(source.range, by_name)
    partition = source.partition({term.attribute: term.values[0] for term in hash_terms})
    prefix = partition
    for attribute, term in zip(source.range, range_terms[:-1], strict=False):
        prefix += encode(attribute.kind, term.values[0][attribute.kind])
    if not range_terms:
        return KeyRange(partition, partition, after(partition), False)
    last = range_terms[-1]
    kind = source.range[len(range_terms) - 1].kind
    start, end = _bounds(prefix, last.operator, kind, [value[kind] for value in last.values])
    return KeyRange(partition, start, end, True)


def _check_names(source: Source, by_name: dict[str, KeyTerm]) -> None:
    if len(by_name) > len(source.hash) and not source.range:
        raise validation(_NOT_SUPPORTED)
    for attribute in source.hash:
        if attribute.name not in by_name:
            raise _missed(attribute)
    free = [attribute for attribute in source.range if attribute.name not in by_name]
    if len(by_name) > len(source.hash) + len(source.range) - len(free):
        raise _missed(free[0]) if free else validation(_NOT_SUPPORTED)


def _missed(attribute: KeyAttribute) -> ApiError:
    return validation(f"Query condition missed key schema element: {attribute.name}")


def _check_term(attribute: KeyAttribute, term: KeyTerm) -> None:
    if term.operator not in _INDEXABLE:
        raise validation("Attempted conditional constraint is not an indexable operation")
    for value in term.values:
        if attribute.kind not in value:
            raise invalid_parameter("Condition parameter type does not match schema type")
        check_content(attribute, value[attribute.kind])


def _check_order(attributes: tuple[KeyAttribute, ...], by_name: dict[str, KeyTerm]) -> None:
    """Range attributes are conditioned from the left without gaps; only the last by more than equality."""
    open_attribute: str | None = None
    for attribute in attributes:
        term = by_name.get(attribute.name)
        if term is not None and open_attribute is not None:
            raise validation(
                f"RANGE key attributes {open_attribute} must have equality conditions specified in the query "
                f"because a condition is present on key attribute {attribute.name}"
            )
        if term is None or term.operator != "EQ":
            open_attribute = open_attribute or attribute.name


def _bounds(prefix: bytes, operator: str, kind: str, contents: list[str]) -> tuple[bytes, bytes | None]:
    if operator == "BEGINS_WITH":
        start = prefix + encode_prefix(kind, contents[0])
        return start, after(start)
    low = prefix + encode(kind, contents[0])
    match operator:
        case "EQ":
            return low, after(low)
        case "LT":
            return prefix, low
        case "LE":
            return prefix, after(low)
        case "GT":
            return after(low) or low, after(prefix)
        case "GE":
            return low, after(prefix)
    return low, after(prefix + encode(kind, contents[1]))
