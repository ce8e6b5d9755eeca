"""`stator serve`: from options, as texts, to a server that runs.

`read_options` reads the usual command line, known options with values, without typer, which would make a
start-up half as long again and take 10 MB. It accepts nothing that typer would read otherwise; of anything
else, a slip or a `--help`, typer makes what is to be made of it.
"""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from stator.server.config import FIELDS, SettingError, is_switch, load, option, unknown_variables
from stator.server.telemetry import logs

CONFIG: Final = "config"
"""The option that is not a setting: where the settings are."""

_NAMES: Final[Mapping[str, str]] = {option(name): name for name in (*FIELDS, CONFIG)}
_SWITCHES: Final = frozenset(name for name in FIELDS if is_switch(name))


def read_options(arguments: Sequence[str]) -> dict[str, str] | None:
    """The texts of the options in `arguments`, by name; None if there is anything but known options."""
    options: dict[str, str] = {}
    rest = iter(arguments)
    for argument in rest:
        given, joined, text = argument.partition("=")
        name = _NAMES.get(given)
        value = _value(name, text if joined else None, rest)
        if name is None or value is None or value.startswith("-"):
            return None
        options[name] = value
    return options


def _value(name: str | None, joined: str | None, rest: Iterator[str]) -> str | None:
    """The text of an option: joined to it by `=`, or the next argument; a switch stands alone."""
    if name in _SWITCHES:
        return "true" if joined is None else None
    return next(rest, None) if joined is None else joined


def start(options: Mapping[str, str | None]) -> int:
    """Serve with these options until told to stop. The process's exit status: 2 for bad settings."""
    config = options.get(CONFIG)
    try:
        settings = load(options, os.environ, Path.cwd(), Path(config) if config is not None else None)
    except SettingError as error:
        print(f"stator: {error}", file=sys.stderr)
        return 2
    logs.set_up(settings)
    for name in unknown_variables(os.environ):
        logs.say(settings, f"{name} is not a setting.", warning=True)

    from stator.server.serve import serve

    return serve(settings)
