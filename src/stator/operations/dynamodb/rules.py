"""Rules that AWS checks one after the other, as data: the first that refuses gives the answer."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from stator.base.errors import validation

INVALID: Final = "One or more parameter values were invalid: "


class Rule(NamedTuple):
    """A check of a request, and where the knowledge of it comes from.

    `refusal` gives AWS's text, or None where the rule is kept.
    """

    refusal: Callable[..., str | None]
    evidence: str


def enforce(rules: Sequence[Rule], *subjects: Any) -> None:
    """Raise ApiError (ValidationException) for the first rule that the subjects break."""
    for rule in rules:
        message = rule.refusal(*subjects)
        if message is not None:
            raise validation(message)


# Where rules were seen. A capture is a reply of AWS itself to a raw request.
CAPTURE_2026: Final = "captured from AWS, 2026"
CAPTURE_OLD: Final = "captured from AWS before 2025; no newer answer known"
API_REFERENCE: Final = "API reference, read 2026-11"
GUIDE: Final = "developer guide, read 2026-11"
OWN: Final = "Stator: a feature that is not supported yet"
