"""The parameters of Query and Scan: key conditions, filter and projection, in either style, and segments.

All that can be checked before the table is known is checked here, in AWS's order, which is not the same for
the two. Source of texts and order: AWS's replies, as listed in docs/validation.md under "Query" and "Scan".
"""

from typing import Any, Final, NamedTuple

from stator.base.errors import validation
from stator.base.limits import INDEX_KEY_ATTRIBUTES_MAX
from stator.expressions.bind import Bindings
from stator.expressions.condition import Condition, condition
from stator.expressions.key_condition import KeyTerm, key_condition
from stator.expressions.legacy import attributes_to_get, condition_filter, key_conditions
from stator.expressions.projection import Projection, projection
from stator.model.requests import QueryInput, ScanInput
from stator.operations.dynamodb.parameters import (
    ENVELOPE,
    QUERY,
    SCAN,
    bindings,
    check_mixing,
)
from stator.operations.dynamodb.reads.start_keys import normalise_start_key
from stator.tables.ranges import TERMS_MAX, WRONG_COUNT

# An index may have this many key attributes: four of each kind.
_INDEX_TERMS_MAX: Final = 2 * INDEX_KEY_ATTRIBUTES_MAX

_NO_KEY_CONDITION: Final = (
    "Either the KeyConditions or KeyConditionExpression parameter must be specified in the request."
)
_NO_TOTAL: Final = (
    "The TotalSegments parameter is required but was not present in the request "
    "when Segment parameter is present"
)
_NO_SEGMENT: Final = (
    "The Segment parameter is required but was not present in the request "
    "when parameter TotalSegments is present"
)

_PROJECTIONS: Final = ("ProjectionExpression", "AttributesToGet")
_CHOICES: Final = {"COUNT": "only the Count"}
_NOT_SPECIFIED: Final = (
    "Must specify the AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"
)
_NO_INDEX: Final = "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName"


class ReadParameters(NamedTuple):
    """What a Query or Scan is to find, and what it is to answer of it; `select` is what its Select means."""

    terms: tuple[KeyTerm, ...]
    filter: Condition | None
    projection: Projection | None
    select: str


def query_parameters(request: QueryInput) -> ReadParameters:
    """The parameters of a Query (ApiError)."""
    check_mixing(QUERY, request)
    filtered = _old_filter(request.QueryFilter, request.ConditionalOperator)
    projected = _old_projection(request.AttributesToGet)
    normalise_start_key(request.ExclusiveStartKey)
    if request.KeyConditions is None and request.KeyConditionExpression is None:
        raise validation(_NO_KEY_CONDITION)
    bound = bindings(QUERY, request)
    terms: tuple[KeyTerm, ...] = ()
    if request.KeyConditionExpression is not None:
        terms = key_condition(request.KeyConditionExpression, bound)
    filtered, projected = _with_expressions(request, bound, filtered, projected)
    if request.KeyConditions is not None:
        terms = key_conditions(request.KeyConditions)
    terms_max = TERMS_MAX if request.IndexName is None else _INDEX_TERMS_MAX
    if not 1 <= len(terms) <= terms_max:
        raise validation(WRONG_COUNT)
    return ReadParameters(terms, filtered, projected, _select_mode(request, is_enveloped=True))


def scan_parameters(request: ScanInput) -> ReadParameters:
    """The parameters of a Scan (ApiError)."""
    check_mixing(SCAN, request)
    projected = _old_projection(request.AttributesToGet)
    filtered = _old_filter(request.ScanFilter, request.ConditionalOperator)
    normalise_start_key(request.ExclusiveStartKey)
    _check_segment(request.Segment, request.TotalSegments)
    filtered, projected = _with_expressions(request, bindings(SCAN, request), filtered, projected)
    return ReadParameters((), filtered, projected, _select_mode(request, is_enveloped=False))


def _old_filter(conditions: Any, operator: str | None) -> Condition | None:
    if conditions is None and operator is None:
        return None
    return condition_filter(conditions, operator)


def _old_projection(names: list[str] | None) -> Projection | None:
    return None if names is None else attributes_to_get(names)


def _with_expressions(
    request: QueryInput | ScanInput,
    bound: Bindings,
    filtered: Condition | None,
    projected: Projection | None,
) -> tuple[Condition | None, Projection | None]:
    """The filter and the projection, of expressions where there are any; then what all leave unused."""
    if request.FilterExpression is not None:
        filtered = condition(request.FilterExpression, bound, "FilterExpression")
    if request.ProjectionExpression is not None:
        projected = projection(request.ProjectionExpression, bound)
    bound.check_unused()
    return filtered, projected


def _check_segment(segment: int | None, total: int | None) -> None:
    if segment is None and total is None:
        return
    if total is None:
        raise validation(_NO_TOTAL)
    if segment is None:
        raise validation(_NO_SEGMENT)
    if segment >= total:
        raise validation(
            "The Segment parameter is zero-based and must be less than parameter TotalSegments: "
            f"Segment: {segment} is not less than TotalSegments: {total}"
        )


def _select_mode(request: Any, *, is_enveloped: bool) -> str:
    """The Select that a request means (ApiError)."""
    select: str | None = request.Select
    given = next((name for name in _PROJECTIONS if getattr(request, name) is not None), None)
    problem = None
    if select is None:
        if given is not None:
            return "SPECIFIC_ATTRIBUTES"
        return "ALL_ATTRIBUTES" if request.IndexName is None else "ALL_PROJECTED_ATTRIBUTES"
    if select == "SPECIFIC_ATTRIBUTES":
        if given is None:
            problem = _NOT_SPECIFIED
    elif given is not None:
        problem = f"Cannot specify the {given} when choosing to get {_CHOICES.get(select, select)}"
    elif select == "ALL_PROJECTED_ATTRIBUTES" and request.IndexName is None:
        problem = _NO_INDEX
    if problem is not None:
        raise validation(f"{ENVELOPE}{problem}" if is_enveloped else problem)
    return select
