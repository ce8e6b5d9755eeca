"""The actions that a server carries out for alarms: a TOML file, and which of them a transition calls for.

    [[action]]
    action = "arn:aws:sns:*:*:pager"      # ARNs among the alarm's actions: * and ? stand for anything
    alarm = "orders-*"                    # names of alarms
    states = ["ALARM", "OK"]              # by default all three
    webhook = "https://example.com/hook"  # or: command = ["/usr/local/bin/page", "--now"]
    headers = { Authorization = "..." }   # of a webhook
    timeout = 10                          # seconds

At least one of `action` and `alarm` is there. An entry with `action` is for each ARN of the alarm's list for
its new state that it matches, an entry without for every transition of the alarms it names.
"""

import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

import msgspec

from stator.monitoring.alarms.definition import ACTION_LISTS, AlarmRow

_TIMEOUT_SECONDS: Final = 10.0
_TIMEOUT_SECONDS_MAX: Final = 300.0
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\x80-\xff]*")
_SCALING: Final = re.compile(r"arn:[^:]*:autoscaling:[^:]*:[^:]*:scalingPolicy:")


class BadActions(ValueError):
    """A file that cannot be used; the text says why, in one sentence without its end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """An entry of the file. Of `webhook` and `command` one is set."""

    action: str | None = None
    alarm: str | None = None
    states: tuple[str, ...] = tuple(ACTION_LISTS)
    webhook: str | None = None
    command: tuple[str, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    timeout: float = _TIMEOUT_SECONDS

    @property
    def id(self) -> str:
        """The same as long as the entry says the same; what is due refers to it over restarts."""
        return blake2b(repr(self).encode(), digest_size=12).hexdigest()

    @property
    def place(self) -> str:
        """Where it goes, without what may be secret: a URL's user, path, and query may be."""
        if self.webhook is None:
            return f"the command {self.command[0]}"
        parts = urlsplit(self.webhook)
        port = "" if parts.port is None else f":{parts.port}"
        return f"a webhook of {parts.hostname}{port}"


class Call(NamedTuple):
    """An action that a transition calls for, and the resource that the history names."""

    action: Action
    resource: str


class Calls(NamedTuple):
    """What a transition calls for; `unknown` are the ARNs that no entry matches."""

    calls: list[Call]
    unknown: list[str]


def calls(actions: Sequence[Action], row: AlarmRow) -> Calls:
    """What an alarm's transition into its present state calls for.

    Policies of Auto Scaling are left out: scaling works by itself (`stator.monitoring.scaling`).
    """
    if not row.actions_enabled:
        return Calls([], [])
    usable = [
        action
        for action in actions
        if row.state in action.states and (action.alarm is None or fnmatchcase(row.name, action.alarm))
    ]
    found: list[Call] = []
    unknown: list[str] = []
    for arn in row.actions(row.state):
        if _SCALING.match(arn):
            continue
        matching = [
            Call(action, arn)
            for action in usable
            if action.action is not None and fnmatchcase(arn, action.action)
        ]
        found += matching
        if not matching:
            unknown.append(arn)
    found += [Call(action, action.place) for action in usable if action.action is None]
    return Calls(found, unknown)


def load(path: Path) -> tuple[Action, ...]:
    """The entries of a file. Raises BadActions."""
    try:
        with path.open("rb") as file:
            table = tomllib.load(file)
    except FileNotFoundError:
        raise BadActions(f"{path} does not exist") from None
    except OSError as error:
        raise BadActions(f"{path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadActions(f"{path} is not TOML: {error}") from None
    entries = table.pop("action", [])
    if table:
        raise BadActions(f"{next(iter(table))} in {path} is unknown: there are only [[action]] entries")
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise BadActions(f"{path} must have its entries under [[action]]")
    return tuple(_entry(entry, f"entry {number} of {path}") for number, entry in enumerate(entries, start=1))


def _entry(given: dict[str, Any], where: str) -> Action:
    problem = next(_problems(given), None)
    if problem is not None:
        raise BadActions(f"{where}: {problem}")
    return Action(
        action=given.get("action"),
        alarm=given.get("alarm"),
        states=tuple(given.get("states", ACTION_LISTS)),
        webhook=given.get("webhook"),
        command=tuple(given.get("command", ())),
        headers=tuple(given.get("headers", {}).items()),
        timeout=float(given.get("timeout", _TIMEOUT_SECONDS)),
    )


class _Form(msgspec.Struct, forbid_unknown_fields=True):
    """The types of an entry's keys."""

    action: str | None = None
    alarm: str | None = None
    states: list[str] | None = None
    webhook: str | None = None
    command: list[str] | None = None
    headers: dict[str, str] | None = None
    timeout: float | None = None


def _problems(given: dict[str, Any]) -> Iterator[str]:
    """What is wrong with an entry, in the order in which it is said."""
    try:
        form = msgspec.convert(given, _Form)
    except msgspec.ValidationError as error:
        yield str(error)
        return
    if not form.action and not form.alarm:
        yield "it needs `action` (a pattern of ARNs) or `alarm` (a pattern of names)"
    if (form.webhook is None) == (form.command is None):
        yield "it needs either `webhook` or `command`"
    if form.webhook is not None and not _is_url(form.webhook):
        yield "`webhook` must be a URL that begins with http:// or https://"
    if form.command is not None and not (form.command and form.command[0]):
        yield "`command` must be a list: a program and its arguments"
    if form.states is not None and (not form.states or not set(form.states) <= set(ACTION_LISTS)):
        yield f"`states` must be some of {', '.join(ACTION_LISTS)}"
    if form.headers is not None and form.webhook is None:
        yield "`headers` are for a webhook"
    for name, value in (form.headers or {}).items():
        if not _HEADER.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            yield f"the header {name!r} cannot be sent"
    if form.timeout is not None and not 0 < form.timeout <= _TIMEOUT_SECONDS_MAX:
        yield f"`timeout` must be a number of seconds, at most {_TIMEOUT_SECONDS_MAX:g}"


def _is_url(text: str) -> bool:
    if not text.isascii() or re.search(r"[\x00-\x20\x7f]", text):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False
