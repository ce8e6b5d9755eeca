"""Which resources a value refers to, and an order of resources in which each follows what it needs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template.conditions import Conditions
from stator.apply.template.evaluation import function_of

_VARIABLE: Final = re.compile(r"\$\{(?!!)\s*([^}.]+?)\s*(?:\.[^}]*)?\}")


def resources_in(node: Any, conditions: Conditions, path: str) -> Iterator[str]:
    """The names of resources in a value, without the branches of `Fn::If` that are not taken.

    Raises TemplateError.
    """
    if isinstance(node, list):
        for number, element in enumerate(node):
            yield from resources_in(element, conditions, f"{path}[{number}]")
    elif isinstance(node, dict):
        call = function_of(node, path)
        if call is not None:
            yield from _in_call(*call, conditions, path)
            return
        for name, member in node.items():
            yield from resources_in(member, conditions, f"{path}.{name}")


def _in_call(name: str, argument: Any, conditions: Conditions, path: str) -> Iterator[str]:
    parts = argument if isinstance(argument, list) else [argument]
    if name == "Ref":
        if not conditions.has(str(argument)):
            yield str(argument)
    elif name == "Fn::GetAtt":
        yield str(parts[0]).partition(".")[0]
    elif name == "Fn::Sub":
        variables = parts[1] if len(parts) == 2 and isinstance(parts[1], dict) else {}
        for found in _VARIABLE.findall(str(parts[0])):
            if found not in variables and not conditions.has(found):
                yield found
        yield from resources_in(variables, conditions, path)
    elif name == "Fn::If" and len(parts) == 3:
        taken = parts[1] if conditions.condition(str(parts[0]), path) else parts[2]
        yield from resources_in(taken, conditions, path)
    else:
        yield from resources_in(argument, conditions, path)


def ordered(needs: Mapping[str, Iterable[str]]) -> list[str]:
    """The names, each after those that it needs. Raises TemplateError for a circle."""
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as error:
        circle = sorted(set(error.args[1]))
        raise TemplateError(f"Resources: circular dependency between [{', '.join(circle)}]") from None
