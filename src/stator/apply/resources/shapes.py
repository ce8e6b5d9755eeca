"""Properties with the types that they are to have, as plain data, and values brought into these types.

A shape is a type (`TEXT`, `INTEGER`, ...), a list of one shape, or a dictionary of members. A template has
numbers as texts wherever a parameter gave them, so a text that reads as a number is one, as it is at AWS.
"""

import json
import math
from collections.abc import Mapping
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template.evaluation import as_text

TEXT: Final = "a string"
INTEGER: Final = "an integer"
NUMBER: Final = "a number"
BOOLEAN: Final = "true or false"
TAGS: Final = [{"Key": TEXT, "Value": TEXT}]
JSON: Final = "an object"
ANY: Final = "anything"

Shape = Any  # one of the types above, a list of one shape, or a dictionary of shapes


def shaped(value: Any, shape: Shape, path: str) -> Any:
    """The value, in the types of the shape. Raises TemplateError."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise TemplateError(f"{path}: an object is expected here")
        strangers = sorted(value.keys() - shape.keys())
        if strangers:
            raise TemplateError(f"{path}: there is no property {strangers[0]}")
        return {
            name: shaped(value[name], member, f"{path}.{name}")
            for name, member in shape.items()
            if value.get(name) is not None
        }
    if isinstance(shape, list):
        if not isinstance(value, list):
            raise TemplateError(f"{path}: a list is expected here")
        return [shaped(element, shape[0], f"{path}[{number}]") for number, element in enumerate(value)]
    found = _scalar(value, shape)
    if found is None:
        raise TemplateError(f"{path}: {shape} is expected here")
    return found


def _scalar(value: Any, shape: str) -> Any:
    """The value in a scalar type; None if it cannot be one."""
    if shape == ANY:
        return value
    if shape == JSON:
        return _object(value)
    if isinstance(value, dict | list):
        return None
    text = as_text(value)
    if shape == TEXT:
        return text
    if shape == BOOLEAN:
        return {"true": True, "false": False}.get(text.lower())
    try:
        number = float(text)
    except ValueError:
        return None
    if shape == INTEGER:
        return int(number) if number.is_integer() else None
    return number if math.isfinite(number) else None


def _object(value: Any) -> Any:
    """An object, also one that is written as JSON."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError:
            return None
    return value if isinstance(value, dict) else None


def need(value: Mapping[str, Any], names: tuple[str, ...], path: str) -> None:
    """Demand members. Raises TemplateError."""
    for name in names:
        if name not in value:
            raise TemplateError(f"{path}: {name} is missing")
