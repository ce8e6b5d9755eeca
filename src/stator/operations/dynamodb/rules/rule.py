"""Rules that AWS checks one after the other, as data: the first that is broken gives the answer.

A rule is one text of AWS. Its order among the others, its wording and its evidence stand in a table; only the
question whether a request keeps it is code. The reference page on validation is made from these tables.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from stator.base.errors import ApiError

INVALID: Final = "One or more parameter values were invalid: "
IN_USE: Final = "Attempt to change a resource which is still in use: "

# Where rules were seen. A capture is a reply of AWS itself to a raw request.
CAPTURE_2026: Final = "captured from AWS, 2026"
CAPTURE_OLD: Final = "captured from AWS before 2025; no newer answer known"
API_REFERENCE: Final = "API reference, read 2026-11"
GUIDE: Final = "developer guide, read 2026-11"
UNVERIFIED: Final = "wording not seen on AWS"
OWN: Final = "Stator: a feature that is not supported yet"

# The values of a rule's text if it is broken, or True if its text has none; None or False if it is kept.
Broken = Mapping[str, object] | bool | None


class Rule(NamedTuple):
    """One rule: AWS's text, what breaks it, and how that is known.

    `text` has `str.format` fields for what `broken` returns, which is called with the subjects of its table.
    """

    text: str
    broken: Callable[..., Broken]
    evidence: str
    error: str = "ValidationException"


class Each(NamedTuple):
    """Rules of each of several parts: all of them for the first part, then all for the second.

    `parts` is called with the subjects of the table and gives the subjects of `rules`, a tuple per part.
    """

    of: str
    parts: Callable[..., Iterable[tuple[Any, ...]]]
    rules: "Rules"


Rules = Sequence[Rule | Each]


def enforce(rules: Rules, *subjects: Any) -> None:
    """Raise the ApiError of the first rule that the subjects break."""
    for rule in rules:
        if isinstance(rule, Each):
            for part in rule.parts(*subjects):
                enforce(rule.rules, *part)
            continue
        values = rule.broken(*subjects)
        if isinstance(values, Mapping):
            raise ApiError(rule.error, rule.text.format_map(values))
        if values:
            raise ApiError(rule.error, rule.text)


def flat(rules: Rules, of: str = "") -> Iterable[tuple[str, Rule]]:
    """Every rule in order, with the part that it is about (the whole request: an empty text)."""
    for rule in rules:
        if isinstance(rule, Each):
            yield from flat(rule.rules, rule.of)
        else:
            yield of, rule


def moment(time: float) -> str:
    """A moment as AWS writes it into these texts: Wednesday, July 25, 2018 8:48:14 PM UTC."""
    then = datetime.fromtimestamp(time, UTC)
    return f"{then:%A, %B} {then.day}, {then.year} {then.hour % 12 or 12}:{then:%M:%S %p} UTC"


def first_double(names: Iterable[str]) -> str | None:
    """The first name that occurs twice."""
    seen: set[str] = set()
    for name in names:
        if name in seen:
            return name
        seen.add(name)
    return None


def unsupported(members: tuple[str, ...]) -> Rule:
    """A rule that refuses members of features which are not supported yet."""

    def broken(request: Any) -> Broken:
        given = next((name for name in members if getattr(request, name) is not None), None)
        return given and {"member": given}  # type: ignore[return-value]

    return Rule(f"{INVALID}{{member}} is not supported by this server", broken, OWN)
