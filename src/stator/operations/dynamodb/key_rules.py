"""Rules of key schemas and projections, which tables and indexes share."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from stator.base.limits import INDEX_KEY_ATTRIBUTES_MAX, PROJECTED_ATTRIBUTES_MAX
from stator.model.requests import AttributeDefinition, KeySchemaElement, Projection
from stator.operations.dynamodb.rules import INVALID
from stator.tables.definition import Keys


def keys_of(schema: Iterable[KeySchemaElement]) -> Keys:
    """The keys of a checked schema."""
    elements = list(schema)
    return Keys(
        hash=tuple(element.AttributeName for element in elements if element.KeyType == "HASH"),
        range=tuple(element.AttributeName for element in elements if element.KeyType == "RANGE"),
    )


def undefined_keys(
    schema: Sequence[KeySchemaElement], definitions: Sequence[AttributeDefinition]
) -> str | None:
    """Keys must be defined."""
    names = [element.AttributeName for element in schema]
    defined = [definition.AttributeName for definition in definitions]
    if set(names) <= set(defined):
        return None
    return (
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        f"Keys: [{', '.join(names)}], AttributeDefinitions: [{', '.join(defined)}]"
    )


def two_element_schema(schema: Sequence[KeySchemaElement]) -> str | None:
    """One hash key, then at most one range key, of different names."""
    if len(schema) > 1 and schema[0].AttributeName == schema[1].AttributeName:
        return "Both the Hash Key and the Range Key element in the KeySchema have the same name"
    if schema[0].KeyType != "HASH":
        return "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    if len(schema) > 1 and schema[1].KeyType != "RANGE":
        return "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
    return None


def global_index_schema(schema: Sequence[KeySchemaElement]) -> str | None:
    """Up to four hash keys, then up to four range keys. Source: developer guide, multi-attribute keys."""
    if len(schema) <= 2 and [element.KeyType for element in schema] != ["HASH", "HASH"]:
        return two_element_schema(schema)
    kinds = [element.KeyType for element in schema]
    names = [element.AttributeName for element in schema]
    if kinds[0] != "HASH":
        return "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
    if kinds != sorted(kinds):
        return f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema"
    for kind in ("HASH", "RANGE"):
        if kinds.count(kind) > INDEX_KEY_ATTRIBUTES_MAX:
            return f"{INVALID}The KeySchema exceeds the maximum allowed number of {kind} key attributes"
    if len(set(names)) != len(names):
        return "The KeySchema contains multiple key attributes with the same name"
    return None


def projection(given: Projection) -> str | None:
    """A projection's type and its non-key attributes belong together."""
    kind, names = given.ProjectionType, given.NonKeyAttributes
    if kind is None:
        return f"{INVALID}Unknown ProjectionType: null"
    if kind != "INCLUDE" and names is not None:
        return f"{INVALID}ProjectionType is {kind}, but NonKeyAttributes is specified"
    if kind == "INCLUDE" and not names:
        return f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified"
    doubled = first_double(names or ())
    return None if doubled is None else f"{INVALID}Duplicate element in NonKeyAttributes: {doubled}"


def too_many_projected(projections: Iterable[Projection]) -> str | None:
    """Attributes named by INCLUDE are limited over all indexes of a table."""
    if sum(len(given.NonKeyAttributes or ()) for given in projections) <= PROJECTED_ATTRIBUTES_MAX:
        return None
    return f"{INVALID}Number of projected attributes exceeds limit. Limit: {PROJECTED_ATTRIBUTES_MAX}"


def first_double(names: Iterable[str]) -> str | None:
    """The first name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def first(*checks: Callable[[], str | None]) -> str | None:
    """The first refusal of some checks."""
    for check in checks:
        message = check()
        if message is not None:
            return message
    return None


# Billing modes: how capacity that is given fits the mode, of a table or of an index.
CAPACITY_UNITS_MAX: Final = 1_000_000_000_000


def out_of_bounds(given: Any) -> str | None:
    """Capacity units have an upper bound. `given` is a ProvisionedThroughput or None."""
    if given is None:
        return None
    for name in ("ReadCapacityUnits", "WriteCapacityUnits"):
        if (units := getattr(given, name)) > CAPACITY_UNITS_MAX:
            return f"Given value {units} for {name} is out of bounds"
    return None
