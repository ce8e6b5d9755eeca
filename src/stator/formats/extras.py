"""Libraries that only some formats need, loaded when a file of such a format is first read."""

from importlib import import_module
from typing import Any


class MissingExtra(Exception):
    """A library that an optional part of Stator stands on is not installed; the text says what to do."""


def need(module: str, extra: str) -> Any:
    """The module, which the optional `extra` of Stator installs. Raises MissingExtra."""
    try:
        return import_module(module)
    except ImportError:
        raise MissingExtra(f"this needs an optional library: pip install 'stator[{extra}]'") from None
