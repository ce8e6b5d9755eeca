"""Why a transaction is cancelled: every action is tried, and each gets a reason, in the order of the request.

Source: the API reference of TransactWriteItems, "CancellationReasons".
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from stator.base.errors import ApiError

T = TypeVar("T")
Reason = Mapping[str, Any]

NONE: Final[Reason] = {"Code": "None"}

# The code of a reason, by the error that the same action gets outside a transaction. Other errors are not the
# action's own: they answer the request.
_CODES: Final[Mapping[str, str]] = {
    "ConditionalCheckFailedException": "ConditionalCheckFailed",
    "DuplicateItemException": "DuplicateItem",
    "ItemCollectionSizeLimitExceededException": "ItemCollectionSizeLimitExceeded",
    "ProvisionedThroughputExceededException": "ProvisionedThroughputExceeded",
    "ThrottlingException": "ThrottlingError",
    "TransactionConflictException": "TransactionConflict",
    "ValidationException": "ValidationError",
}


def try_all(attempts: Iterable[Callable[[], T]]) -> list[T]:
    """The results of all attempts. Raises TransactionCanceledException if one of them raises an ApiError."""
    results: list[T] = []
    reasons: list[Reason] = []
    for attempt in attempts:
        try:
            results.append(attempt())
        except ApiError as error:
            reasons.append(reason_of(error))
        else:
            reasons.append(NONE)
    if len(results) < len(reasons):
        raise cancelled(reasons)
    return results


def cancelled(reasons: Sequence[Reason]) -> ApiError:
    """The cancellation of a transaction, for these reasons, one for each action."""
    codes = ", ".join([reason["Code"] for reason in reasons])
    return ApiError(
        "TransactionCanceledException",
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]",
        {"CancellationReasons": reasons},
    )


def reason_of(error: ApiError) -> Reason:
    """The reason that an action's own error is; another error is raised."""
    code = _CODES.get(error.name)
    if code is None:
        raise error
    fields = error.fields or {}
    shown = {name: fields[name] for name in ("Item",) if name in fields}
    return {"Code": code, "Message": error.message, **shown}
