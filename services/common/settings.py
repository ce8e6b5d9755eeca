"""Settings: frozen dataclasses whose fields name the variables that they are read from.

A variable that is set to the empty text counts as unset, and has its default: so an empty endpoint means AWS.
Variables of the process come before those of a `.env` file. What is wrong is reported all at once, by the
variables' names, and never with a secret's value.

    @dataclass(frozen=True)
    class Settings:
        table: str = variable("DYNAMODB_TABLE_NAME", default="orders")
        port: int = variable("PORT", default=3000, parse=port)
        database: DatabaseSettings = group(DatabaseSettings, endpoint="DYNAMODB_ENDPOINT")

    settings = read(Settings, environment(HERE))
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

from dotenv import dotenv_values

T = TypeVar("T")

ENV_FILE = "ENV_FILE"


class SettingsError(Exception):
    """Some variables are wrong; `problems` has a sentence for each, which begins with its name."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


# Declaring.


def variable(
    name: str, *, default: Any = MISSING, parse: Callable[[str], Any] = str, secret: bool = False
) -> Any:
    """A field that is read from the variable `name`; without a default, it must be set.

    `parse` turns the text into a value, or raises ValueError with what the text must be.
    """
    metadata = {"variable": name, "parse": parse, "secret": secret}
    return field(default=default, metadata=metadata, repr=not secret, kw_only=True)


def group(schema: type[Any], *, defaults: Mapping[str, Any] | None = None, **names: str) -> Any:
    """A field that is itself such a dataclass, with other variables and defaults for some of its fields."""
    return field(metadata={"group": schema, "names": names, "defaults": defaults or {}}, kw_only=True)


def variable_names() -> Any:
    """A field that gets the name of the variable of each other field, for messages."""
    return field(default_factory=dict, metadata={"is_names": True}, repr=False, kw_only=True)


# Values.


def whole(least: int, most: int) -> Callable[[str], int]:
    """Parses a whole number within bounds, which are allowed."""

    def parse(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise ValueError(f"a whole number from {least} to {most}")
        return number

    return parse


port = whole(0, 65535)


def one_of(*choices: str) -> Callable[[str], str]:
    """Parses one of some words, in whatever case."""

    def parse(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return parse


def flag(text: str) -> bool:
    """Parse true or false."""
    return one_of("true", "false")(text) == "true"


def url(text: str) -> str:
    """Parse an address of HTTP."""
    if urlsplit(text).scheme not in {"http", "https"} or not urlsplit(text).hostname:
        raise ValueError("an address like http://localhost:8000")
    return text


# Reading.


def environment(*directories: Path) -> dict[str, str]:
    """The variables of the process, over those of one `.env` file.

    The file is the one that the variable ENV_FILE names; otherwise the first that there is of the `.env` of
    the current directory and those of `directories`.
    """
    named = os.environ.get(ENV_FILE)
    candidates = [Path(named)] if named else [place / ".env" for place in (Path.cwd(), *directories)]
    if named and not candidates[0].is_file():
        raise SettingsError(f"{ENV_FILE}: there is no file {named}")
    for candidate in candidates:
        if candidate.is_file():
            found = {name: value for name, value in dotenv_values(candidate).items() if value is not None}
            return found | dict(os.environ)
    return dict(os.environ)


def read(schema: type[T], variables: Mapping[str, str]) -> T:
    """The settings in these variables. Raises SettingsError, which lists everything that is wrong."""
    problems: list[str] = []
    settings = _read(schema, _Source(variables, {}, {}), problems)
    if problems:
        raise SettingsError(*problems)
    return settings


def name_of(schema: type[Any], attribute: str) -> str:
    """The variable that a field of a dataclass is read from."""
    (found,) = (each for each in fields(schema) if each.name == attribute)
    return str(found.metadata["variable"])


def secrets_of(settings: Any) -> frozenset[str]:
    """The values that must not be shown, in a dataclass and its groups."""
    found: set[str] = set()
    for each in fields(settings):
        value = getattr(settings, each.name)
        if "group" in each.metadata:
            found |= secrets_of(value)
        elif each.metadata.get("secret") and value:
            found.add(value)
    return frozenset(found)


class _Source(NamedTuple):
    """Variables, and what is different for some fields of a group: names and defaults."""

    variables: Mapping[str, str]
    names: Mapping[str, str]
    defaults: Mapping[str, Any]


def _read(schema: type[T], source: _Source, problems: list[str]) -> T:
    values: dict[str, Any] = {}
    used: dict[str, str] = {}
    for each in fields(schema):  # type: ignore[arg-type]  # a dataclass, by contract
        if "group" in each.metadata:
            inner = _Source(source.variables, each.metadata["names"], each.metadata["defaults"])
            values[each.name] = _read(each.metadata["group"], inner, problems)
        elif "variable" in each.metadata:
            name = used[each.name] = source.names.get(each.name, each.metadata["variable"])
            default = source.defaults.get(each.name, each.default)
            text = source.variables.get(name, "").strip()
            values[each.name] = _value(each, name, text, default, problems)
        elif "is_names" in each.metadata:
            values[each.name] = used  # complete when the loop is
    return schema(**values)


def _value(each: "Field[Any]", name: str, text: str, default: Any, problems: list[str]) -> Any:
    """The value of a field; None if there is a problem, which is listed."""
    if not text:
        if default is MISSING:
            problems.append(f"{name}: must be set")
        return default
    try:
        return each.metadata["parse"](text)
    except ValueError as error:
        shown = "" if each.metadata["secret"] else f", not {text!r}"
        problems.append(f"{name}: must be {error}{shown}")
        return None


# What every service has.


@dataclass(frozen=True)
class DatabaseSettings:
    """Where the database is and who asks. Without keys, boto3 looks for a profile or a role by itself."""

    endpoint: str | None = variable("DYNAMODB_ENDPOINT", default=None, parse=url)
    region: str | None = variable("AWS_REGION", default=None)
    access_key: str | None = variable("AWS_ACCESS_KEY_ID", default=None, secret=True)
    secret_key: str | None = variable("AWS_SECRET_ACCESS_KEY", default=None, secret=True)
    session_token: str | None = variable("AWS_SESSION_TOKEN", default=None, secret=True)
    profile: str | None = variable("AWS_PROFILE", default=None)
    attempts_max: int = variable("DYNAMODB_MAX_ATTEMPTS", default=8, parse=whole(1, 100))
    retry_mode: str = variable(
        "DYNAMODB_RETRY_MODE", default="standard", parse=one_of("standard", "adaptive")
    )
    names: Mapping[str, str] = variable_names()


@dataclass(frozen=True)
class ServerSettings:
    """Where a service listens and what it logs."""

    host: str = variable("HOST", default="127.0.0.1")
    environment: str = variable("NODE_ENV", default="production")
    log_level: str | None = variable(
        "LOG_LEVEL", default=None, parse=one_of("debug", "info", "warning", "error")
    )
    log_format: str | None = variable("LOG_FORMAT", default=None, parse=one_of("json", "human"))
    telemetry_endpoint: str | None = variable("OTEL_EXPORTER_OTLP_ENDPOINT", default=None, parse=url)
