"""The five kinds of expression, which open every text about an error in one, and statements, which do not."""

from typing import Literal

from stator.base.errors import ApiError, validation

Kind = Literal[
    "UpdateExpression",
    "ConditionExpression",
    "FilterExpression",
    "KeyConditionExpression",
    "ProjectionExpression",
    "Statement",
]


def invalid(kind: Kind, detail: str) -> ApiError:
    """A ValidationException about an expression, in AWS's words."""
    return validation(detail if kind == "Statement" else f"Invalid {kind}: {detail}")
