"""The parameters of a template: their types and constraints, and the values that were given for them.

A value that `NoEcho` protects is in `secrets`, and `masked` takes it out of every text that is shown. A value
of the Systems Manager's parameter store cannot be looked up: it may be given, as what it would be there, and
whoever refers to one that was not given is told so. (Each template of the CDK has one that it never needs.)
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template.evaluation import as_text

MASK: Final = "****"
_STORE: Final = "AWS::SSM::Parameter::Value<"
_NUMBER: Final = "Number"
_LISTS: Final = re.compile(
    r"CommaDelimitedList|(?:AWS::SSM::Parameter::Value<)?List<.+>+|.*<CommaDelimitedList>"
)
_SINGLE: Final = re.compile(
    r"String|Number|AWS::SSM::Parameter::Name|AWS::[A-Za-z0-9]+(::[A-Za-z0-9.]+)+|.*<[^<]+>"
)
_MEMBERS: Final = frozenset(
    {
        *("Type", "Default", "AllowedValues", "AllowedPattern", "ConstraintDescription", "Description"),
        *("MinLength", "MaxLength", "MinValue", "MaxValue", "NoEcho"),
    }
)
_PLACE: Final = "Parameters"


@dataclass(frozen=True)
class Parameters:
    """Values by name: texts, or lists of texts. `unknown`: those of the parameter store that nobody gave."""

    values: Mapping[str, str | list[str]]
    secrets: tuple[str, ...] = ()
    unknown: frozenset[str] = frozenset()
    stored: frozenset[str] = frozenset()

    def masked(self, text: str) -> str:
        """The text without what NoEcho protects."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def value(self, name: str, path: str) -> str | list[str]:
        """The value of a parameter that there is. Raises TemplateError for one that is unknown."""
        if name in self.unknown:
            raise TemplateError(
                f"{path}: {name} is a value of the Systems Manager's parameter store, which is not asked; "
                f"give it with --parameters {name}=VALUE"
            )
        return self.values[name]


def resolve(declared: Mapping[str, Any], given: Mapping[str, str]) -> Parameters:
    """The values of the declared parameters. Raises TemplateError."""
    strangers = sorted(given.keys() - declared.keys())
    if strangers:
        raise TemplateError(f"{_PLACE}: {_listed(strangers)} do not exist in the template")
    values: dict[str, str | list[str]] = {}
    missing, unknown, secrets, stored = [], [], [], []
    for name, row in declared.items():
        _check_declaration(name, row)
        if row["Type"].startswith(_STORE):
            stored.append(name)
            if name not in given:
                unknown.append(name)
                continue
        if name not in given and "Default" not in row:
            missing.append(name)
            continue
        text = given[name] if name in given else _default(name, row)
        if _is_true(row.get("NoEcho")) and text:
            secrets.append(text)
        values[name] = _value(name, row, text)
    if missing:
        raise TemplateError(f"{_PLACE}: {_listed(missing)} must have values")
    longest_first = tuple(sorted(secrets, key=len, reverse=True))
    return Parameters(values, longest_first, frozenset(unknown), frozenset(stored))


def _listed(names: list[str]) -> str:
    return f"[{', '.join(names)}]"


def _is_true(value: Any) -> bool:
    return as_text(value).lower() == "true"


def _check_declaration(name: str, row: Any) -> None:
    path = f"{_PLACE}.{name}"
    if not isinstance(row, dict) or not isinstance(row.get("Type"), str):
        raise TemplateError(f"{path}: a parameter is an object with a Type")
    strangers = sorted(row.keys() - _MEMBERS)
    if strangers:
        raise TemplateError(f"{path}: {_listed(strangers)} are no members of a parameter")
    if not (_LISTS.fullmatch(row["Type"]) or _SINGLE.fullmatch(row["Type"])):
        raise TemplateError(f"{path}: {row['Type']} is no type of a parameter")


def _default(name: str, row: dict[str, Any]) -> str:
    if isinstance(row["Default"], dict | list) or row["Default"] is None:
        raise TemplateError(f"{_PLACE}.{name}: the Default is a string or a number")
    return as_text(row["Default"])


def _value(name: str, row: dict[str, Any], text: str) -> str | list[str]:
    """The text, or for a type of lists its parts, if it keeps the constraints. Raises TemplateError."""
    is_list = _LISTS.fullmatch(row["Type"]) is not None
    parts = [part.strip() for part in text.split(",")] if is_list else [text]
    for part in parts:
        if problem := _problem(row, part, shown=not _is_true(row.get("NoEcho"))):
            told = row.get("ConstraintDescription")
            said = f"failed to satisfy the constraint: {told}" if told else problem
            raise TemplateError(f"{_PLACE}: the parameter {name} {said}")
    return parts if is_list else text


def _problem(row: dict[str, Any], text: str, *, shown: bool) -> str | None:
    """Which constraint a value breaks, to follow the parameter's name; None if it breaks none."""
    own = f"{text!r}" if shown else "the value"
    number = None
    if _NUMBER in row["Type"]:
        number = _number(text)
        if number is None:
            return f"must be a number, and {own} is none"
    allowed = row.get("AllowedValues")
    if allowed is not None and text not in [as_text(value) for value in allowed]:
        return f"must be one of {_listed([as_text(value) for value in allowed])}, and {own} is none of them"
    pattern = row.get("AllowedPattern")
    if pattern is not None and not _matches(str(pattern), text):
        return f"must match the pattern {pattern}, and {own} does not"
    if number is not None:
        return _outside(row, "Value", number, "be a number not {} than {}")
    return _outside(row, "Length", len(text), "contain {} than {} characters")


def _outside(row: dict[str, Any], what: str, found: float, form: str) -> str | None:
    least, most = _number(row.get(f"Min{what}")), _number(row.get(f"Max{what}"))
    words = ("less", "greater") if what == "Value" else ("not less", "not more")
    if least is not None and found < least:
        return f"must {form.format(words[0], as_text(row[f'Min{what}']))}"
    if most is not None and found > most:
        return f"must {form.format(words[1], as_text(row[f'Max{what}']))}"
    return None


def _number(text: Any) -> float | None:
    try:
        return None if text is None else float(text)
    except (TypeError, ValueError):
        return None


def _matches(pattern: str, text: str) -> bool:
    try:
        return re.fullmatch(pattern, text) is not None
    except re.error as error:
        raise TemplateError(f"{_PLACE}: the pattern {pattern} cannot be read: {error}") from None
