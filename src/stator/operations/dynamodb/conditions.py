"""Conditions of writes: built from a request before its table is known, tested inside its transaction."""

from typing import Any, Final

from msgspec import Raw

from stator.base.errors import ApiError
from stator.expressions.bind import Bindings
from stator.expressions.condition import Condition, condition
from stator.expressions.legacy import expected
from stator.operations.dynamodb.parameters import (
    ExpressionRules,
    bindings,
    check_scalar_keys,
    enveloped,
)
from stator.tables import stored
from stator.tables.image import Image
from stator.tables.table import Table
from stator.values.attribute import Item

FAILED: Final = "The conditional request failed"
_NO_ITEM: Final[Item] = {}


def old_condition(request: Any) -> Condition | None:
    """The condition of `Expected` and `ConditionalOperator`; None if there is none (ApiError)."""
    if request.Expected is None and request.ConditionalOperator is None:
        return None
    return expected(request.Expected, request.ConditionalOperator)


def write_condition(rules: ExpressionRules, request: Any) -> Condition | None:
    """The condition of a put or a delete, in either style; None if it has none (ApiError)."""
    old = old_condition(request)
    if request.ConditionExpression is None:
        return old
    bound = bindings(rules, request)

    def parse() -> Condition:
        parsed = condition(request.ConditionExpression, bound)
        bound.check_unused()
        return parsed

    return enveloped(rules, parse)


def update_condition(rules: ExpressionRules, request: Any, bound: Bindings) -> Condition | None:
    """The condition of an update, whose placeholders are shared with its update expression (ApiError)."""
    if request.ConditionExpression is None:
        return None
    return enveloped(rules, lambda: condition(request.ConditionExpression, bound))


def check_condition_keys(test: Condition | None, table: Table) -> None:
    """Refuse a condition that looks into a key attribute (ApiError)."""
    if test is not None:
        check_scalar_keys(test.nested, table)


def require(test: Condition | None, before: Image | None, returned: str | None) -> None:
    """Raise ConditionalCheckFailedException unless the condition holds for the item as it is.

    `returned` is ReturnValuesOnConditionCheckFailure.
    """
    if test is None or test.test(before.item if before is not None else _NO_ITEM):
        return
    fields = None
    if returned == "ALL_OLD" and before is not None:
        fields = {"Item": Raw(stored.json_of(before.stored))}
    raise ApiError("ConditionalCheckFailedException", FAILED, fields)
