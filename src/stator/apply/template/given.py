"""Parameters as they are given: words of the command line, and files.

Words are `Name=value`, or as the AWS CLI has them, `ParameterKey=Name,ParameterValue=value`. A file is JSON
or YAML: an object of names, one with such an object as its `Parameters`, or the AWS CLI's list of objects.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template import documents
from stator.apply.template.evaluation import as_text

_KEY: Final = "ParameterKey"
_VALUE: Final = "ParameterValue"


def words(given: Iterable[str], option: str) -> dict[str, str]:
    """The names and values of words. Raises TemplateError."""
    found: dict[str, str] = {}
    for word in given:
        if word.startswith(f"{_KEY}=") and f",{_VALUE}=" in word:
            name, _, value = word.removeprefix(f"{_KEY}=").partition(f",{_VALUE}=")
        else:
            name, equals, value = word.partition("=")
            if not equals or not name:
                raise TemplateError(f"{option}: {word!r} is not of the form Name=value")
        found[name] = value
    return found


def file(path: Path) -> dict[str, str]:
    """The names and values in a file. Raises ApplyError."""
    found: Any = documents.read(path, a_list=True)
    if isinstance(found, dict) and isinstance(found.get("Parameters"), dict | list):
        found = found["Parameters"]
    if isinstance(found, list):
        found = {_entry(row, path): row[_VALUE] for row in found}
    if any(isinstance(value, dict) or value is None for value in found.values()):
        raise TemplateError(f"{path}: the value of a parameter is a string, a number or a list")
    return {
        name: ",".join(map(as_text, value)) if isinstance(value, list) else as_text(value)
        for name, value in found.items()
    }


def _entry(row: Any, path: Path) -> str:
    if not isinstance(row, dict) or not isinstance(row.get(_KEY), str) or _VALUE not in row:
        raise TemplateError(f"{path}: each element of the list has {_KEY} and {_VALUE}")
    return str(row[_KEY])
