"""Holds requests to other services to the constraints of their shapes.

Nearly everywhere all failures are reported together, in the words that DynamoDB uses too. CloudWatch's oldest
operations (those that declare an error for it) tell of one missing parameter, or one wrong word, alone and by
its place in a form: `The parameter MetricData.member.1.MetricName is required.`
"""

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from stator.base.errors import ApiError
from stator.model import messages
from stator.model.constraints import violations
from stator.model.services.catalogue import ServiceOperation
from stator.model.shapes import Shape

MISSING: Final = "MissingRequiredParameterException"
INVALID: Final = "InvalidParameterValueException"


def check(operation: ServiceOperation, shape: Shape, refusal: str, tree: dict[str, Any]) -> None:
    """Raises ApiError if the request `tree` of shape `shape` breaks a constraint.

    Its name is that of the error's shape in the service's model: `refusal`, or the operation's own.
    """
    for kind, text in _alone(shape, tree, ""):
        if kind in operation.errors:
            raise ApiError(kind, text)
    entries = list(islice(violations(shape, tree), messages.VIOLATIONS_MAX))
    if entries:
        raise ApiError(refusal, messages.report(entries))


def _alone(shape: Shape, value: Any, path: str) -> Iterator[tuple[str, str]]:
    """What is missing, or is none of the words allowed: (error, text), in the order of the request's form."""
    if value is None:
        yield MISSING, f"The parameter {path} is required."
    elif shape.kind == "structure":
        for field in shape.fields:
            if field.required or field.name in value:
                place = f"{path}.{field.name}" if path else field.name
                yield from _alone(field.shape, value.get(field.name), place)
    elif shape.kind == "list":
        for number, element in enumerate(value, 1):
            yield from _alone(shape.member, element, f"{path}.member.{number}")
    elif shape.limits.enum and value not in shape.limits.enum:
        words = ", ".join(shape.limits.enum)
        yield INVALID, f"The parameter {path} must be a value in the set [ {words} ]."
