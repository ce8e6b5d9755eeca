"""Rules of key schemas and projections, which tables and indexes share.

Rules of keys are asked with (schema, definitions), the KeySchema and the AttributeDefinitions of a request.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from stator.base.limits import INDEX_KEY_ATTRIBUTES_MAX, PROJECTED_ATTRIBUTES_MAX
from stator.model.requests import AttributeDefinition, KeySchemaElement, Projection
from stator.operations.dynamodb.rules.rule import (
    CAPTURE_2026,
    CAPTURE_OLD,
    GUIDE,
    INVALID,
    UNVERIFIED,
    Broken,
    Rule,
    first_double,
)

Schema = Sequence[KeySchemaElement]
Definitions = Sequence[AttributeDefinition]


def _names(schema: Schema) -> list[str]:
    return [element.AttributeName for element in schema]


def _kinds(schema: Schema) -> list[str]:
    return [element.KeyType for element in schema]


def _undefined(schema: Schema, definitions: Definitions) -> Broken:
    keys = _names(schema)
    defined = list(dict.fromkeys(definition.AttributeName for definition in definitions))
    if set(keys) <= set(defined):
        return None
    return {"keys": ", ".join(keys), "defined": ", ".join(defined)}


def _two_alike(schema: Schema, definitions: Definitions) -> Broken:
    names = _names(schema)
    return len(names) == 2 and names[0] == names[1]


def _hash_and_range_alike(schema: Schema, definitions: Definitions) -> Broken:
    return _kinds(schema) != ["HASH", "HASH"] and _two_alike(schema, definitions)


def _first_is_range(schema: Schema, definitions: Definitions) -> Broken:
    return schema[0].KeyType != "HASH"


def _second_is_hash(schema: Schema, definitions: Definitions) -> Broken:
    return len(schema) > 1 and schema[1].KeyType != "RANGE"


def _range_before_hash(schema: Schema, definitions: Definitions) -> Broken:
    kinds = _kinds(schema)
    return kinds != sorted(kinds)


def _too_many(schema: Schema, definitions: Definitions) -> Broken:
    kinds = _kinds(schema)
    kind = next((kind for kind in ("HASH", "RANGE") if kinds.count(kind) > INDEX_KEY_ATTRIBUTES_MAX), None)
    return kind and {"kind": kind}  # type: ignore[return-value]


def _several_alike(schema: Schema, definitions: Definitions) -> Broken:
    return first_double(_names(schema)) is not None


DEFINED: Final = Rule(
    f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
    "Keys: [{keys}], AttributeDefinitions: [{defined}]",
    _undefined,
    CAPTURE_2026,
)
_BOTH_ALIKE: Final = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
_FIRST_IS_HASH: Final = Rule(
    "Invalid KeySchema: The first KeySchemaElement is not a HASH key type", _first_is_range, CAPTURE_2026
)

# One hash key, then at most one range key: tables and local indexes.
TWO_KEYS: Final = (
    Rule(_BOTH_ALIKE, _two_alike, CAPTURE_2026),
    _FIRST_IS_HASH,
    Rule(
        "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type",
        _second_is_hash,
        CAPTURE_2026,
    ),
)

# Up to four hash keys, then up to four range keys: global indexes.
UP_TO_EIGHT_KEYS: Final = (
    Rule(_BOTH_ALIKE, _hash_and_range_alike, CAPTURE_2026),
    _FIRST_IS_HASH,
    Rule(
        f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
        _range_before_hash,
        GUIDE,
    ),
    Rule(
        f"{INVALID}The KeySchema exceeds the maximum allowed number of {{kind}} key attributes",
        _too_many,
        GUIDE,
    ),
    Rule("The KeySchema contains multiple key attributes with the same name", _several_alike, GUIDE),
)


def _needless_names(given: Projection) -> Broken:
    if given.ProjectionType == "INCLUDE" or given.NonKeyAttributes is None:
        return None
    return {"kind": given.ProjectionType}


def _twice_projected(given: Projection) -> Broken:
    name = first_double(given.NonKeyAttributes or ())
    return None if name is None else {"name": name}


# A projection's type and its non-key attributes belong together. Asked with (projection,).
PROJECTION: Final = (
    Rule(f"{INVALID}Unknown ProjectionType: null", lambda given: given.ProjectionType is None, CAPTURE_OLD),
    Rule(
        f"{INVALID}ProjectionType is {{kind}}, but NonKeyAttributes is specified",
        _needless_names,
        CAPTURE_OLD,
    ),
    Rule(
        f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
        lambda given: given.ProjectionType == "INCLUDE" and not given.NonKeyAttributes,
        CAPTURE_OLD,
    ),
    Rule(f"{INVALID}Duplicate element in NonKeyAttributes: {{name}}", _twice_projected, CAPTURE_OLD),
)


def _too_many_projected(names: Iterable[Sequence[str]]) -> Broken:
    return sum(len(each) for each in names) > PROJECTED_ATTRIBUTES_MAX


# Attributes named by INCLUDE are limited over all indexes. Asked with (the names of each index,).
PROJECTED: Final = (
    Rule(
        f"{INVALID}Number of projected attributes exceeds limit. Limit: {PROJECTED_ATTRIBUTES_MAX}",
        _too_many_projected,
        UNVERIFIED,
    ),
)
