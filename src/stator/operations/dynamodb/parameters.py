"""Parameters that many item operations share: expressions, their placeholders, and old-style conditions.

The rules of each operation are data: which parameters are of the old style, which hold expressions, which of
these may use values, and whether AWS opens its refusals with an envelope. Source of texts and order: AWS's
replies, as listed in docs/validation.md under "Expression parameters".
"""

from collections.abc import Callable
from typing import Any, Final, NamedTuple, TypeVar

from stator.base.errors import ApiError, validation
from stator.expressions.bind import Bindings
from stator.expressions.legacy import attributes_to_get
from stator.expressions.projection import Projection, projection
from stator.tables.table import Table
from stator.values.attribute import InvalidValue, Item, normalise, normalise_item

T = TypeVar("T")

ENVELOPE: Final = "1 validation error detected: "


class ExpressionRules(NamedTuple):
    """How one operation takes expressions.

    `legacy` and `expressions` may not be mixed; `valued` are the expressions that may use values; `enveloped`
    tells that AWS puts its refusals of expressions into an envelope.
    """

    legacy: tuple[str, ...]
    expressions: tuple[str, ...]
    valued: tuple[str, ...] = ()
    enveloped: bool = False


PUT: Final = ExpressionRules(
    legacy=("Expected",),
    expressions=("ConditionExpression",),
    valued=("ConditionExpression",),
    enveloped=True,
)
DELETE: Final = PUT
UPDATE: Final = ExpressionRules(
    legacy=("AttributeUpdates", "Expected"),
    expressions=("UpdateExpression", "ConditionExpression"),
    valued=("UpdateExpression", "ConditionExpression"),
    enveloped=True,
)
GET: Final = ExpressionRules(legacy=("AttributesToGet",), expressions=("ProjectionExpression",))
QUERY: Final = ExpressionRules(
    legacy=("AttributesToGet", "QueryFilter", "ConditionalOperator", "KeyConditions"),
    expressions=("ProjectionExpression", "FilterExpression", "KeyConditionExpression"),
    valued=("FilterExpression", "KeyConditionExpression"),
)
SCAN: Final = ExpressionRules(
    legacy=("AttributesToGet", "ScanFilter", "ConditionalOperator"),
    expressions=("ProjectionExpression", "FilterExpression"),
    valued=("FilterExpression",),
)


def check_mixing(rules: ExpressionRules, request: Any) -> None:
    """Refuse a request that mixes styles, or gives placeholders to no expression (ApiError)."""
    used = [name for name in rules.expressions if getattr(request, name) is not None]
    if used:
        legacy = [name for name in rules.legacy if getattr(request, name) is not None]
        if "KeyConditions" in legacy and "KeyConditionExpression" not in used:
            legacy.remove("KeyConditions")
        if legacy:
            raise _refusal(rules, mixing(legacy, used))
    elif request.ExpressionAttributeNames is not None:
        raise _refusal(rules, "ExpressionAttributeNames can only be specified when using expressions")
    if rules.valued and request.ExpressionAttributeValues is not None:
        _check_valued(rules, request)


def mixing(legacy: list[str], expressions: list[str]) -> str:
    """AWS's text for parameters of both styles."""
    return (
        "Can not use both expression and non-expression parameters in the same request: "
        f"Non-expression parameters: {{{', '.join(legacy)}}} "
        f"Expression parameters: {{{', '.join(expressions)}}}"
    )


def _check_valued(rules: ExpressionRules, request: Any) -> None:
    for name in rules.valued:
        if getattr(request, name) is not None:
            return
    verb = "is null" if len(rules.valued) == 1 else "are null"
    raise _refusal(
        rules,
        "ExpressionAttributeValues can only be specified when using expressions: "
        f"{' and '.join(rules.valued)} {verb}",
    )


def bindings(rules: ExpressionRules, request: Any) -> Bindings:
    """The request's placeholders, their values normalised (ApiError)."""
    values = request.ExpressionAttributeValues if rules.valued else None
    bound = enveloped(rules, lambda: Bindings(request.ExpressionAttributeNames, values))
    for placeholder, value in (values or {}).items():
        _normalise_placeholder(rules, placeholder, value)
    return bound


def _normalise_placeholder(rules: ExpressionRules, placeholder: str, value: dict[str, Any]) -> None:
    try:
        normalise(value)
    except InvalidValue as error:
        if error.reason in ("nesting", "name"):
            raise
        if rules.enveloped and error.reason in ("set", "null"):
            raise validation(f"{ENVELOPE}{error.message}") from None
        raise _invalid_placeholder(error, placeholder) from None
    except ApiError as refusal:
        if refusal.name != "ValidationException":
            raise
        raise _invalid_placeholder(refusal, placeholder) from None


def _invalid_placeholder(error: ApiError, placeholder: str) -> ApiError:
    return validation(
        f"ExpressionAttributeValues contains invalid value: {error.message} for key {placeholder}"
    )


def enveloped(rules: ExpressionRules, body: Callable[[], T]) -> T:
    """Run a check of expressions, its refusals worded as the operation words them."""
    if not rules.enveloped:
        return body()
    try:
        return body()
    except ApiError as error:
        if error.name != "ValidationException":
            raise
        raise validation(f"{ENVELOPE}{error.message}") from None


def _refusal(rules: ExpressionRules, message: str) -> ApiError:
    return validation(f"{ENVELOPE}{message}" if rules.enveloped else message)


def read_projection(request: Any) -> Projection | None:
    """The projection of a GetItem, or of one table of a BatchGetItem, in either style (ApiError)."""
    if request.AttributesToGet is not None:
        return attributes_to_get(request.AttributesToGet)
    if request.ProjectionExpression is None:
        return None
    bound = bindings(GET, request)
    parsed = projection(request.ProjectionExpression, bound)
    bound.check_unused()
    return parsed


def normalise_values(item: Item, *, is_enveloped: bool) -> int:
    """Normalise the values of an item or key; returns the size in bytes.

    Raises ApiError; on writes AWS puts refusals of sets and of a false NULL into its envelope.
    """
    try:
        return normalise_item(item)
    except InvalidValue as error:
        if is_enveloped and error.reason in ("set", "null"):
            raise validation(f"{ENVELOPE}{error.message}") from None
        raise


def check_scalar_keys(nested: frozenset[str], table: Table) -> None:
    """Refuse expressions that look into a key attribute of the table or of an index (ApiError).

    `nested` are the attributes into which an expression looks.
    """
    if nested.isdisjoint(table.key_labels):
        return
    name, label = next(each for each in table.key_labels.items() if each[0] in nested)
    raise validation(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
        f"{label}: {name}"
    )
