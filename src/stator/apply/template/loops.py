"""`Fn::ForEach`: a fragment that stands for one per element of a collection. Written out before all else.

    Fn::ForEach::Tables: [Name, [Orders, Carts], {"${Name}Table": {"Type": "AWS::DynamoDB::Table", ...}}]

In the fragment, `${Name}`, `&{Name}` (which leaves out all but letters and digits) and `{"Ref": "Name"}`
become the element.
"""

import re
from typing import Any, Final

from stator.apply.errors import TemplateError
from stator.apply.template.evaluation import EXTENSIONS, Evaluator, as_text

PREFIX: Final = "Fn::ForEach::"
_NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]")


def written_out(node: Any, evaluator: Evaluator, path: str) -> Any:
    """The value with its loops written out. Raises TemplateError."""
    if isinstance(node, list):
        return [written_out(element, evaluator, f"{path}[{n}]") for n, element in enumerate(node)]
    if not isinstance(node, dict):
        return node
    found: dict[str, Any] = {}
    for name, member in node.items():
        place = f"{path}.{name}"
        rows = (
            _turns(member, evaluator, place)
            if name.startswith(PREFIX)
            else {name: written_out(member, evaluator, place)}
        )
        twice = found.keys() & rows.keys()
        if twice:
            raise TemplateError(f"{place}: {min(twice)} is there twice")
        found |= rows
    return found


def _turns(loop: Any, evaluator: Evaluator, path: str) -> dict[str, Any]:
    if not evaluator.extended:
        raise TemplateError(f"{path} needs the template to have Transform: {EXTENSIONS}")
    if not (
        isinstance(loop, list) and len(loop) == 3 and isinstance(loop[0], str) and isinstance(loop[2], dict)
    ):
        raise TemplateError(f"{path} needs [identifier, collection, {{name: value}}]")
    identifier, collection, fragment = loop
    found: dict[str, Any] = {}
    for element in evaluator.values(collection, path):
        if isinstance(element, dict | list):
            raise TemplateError(f"{path}: a collection has strings")
        rows = written_out(_filled(fragment, identifier, as_text(element)), evaluator, path)
        if found.keys() & rows.keys():
            raise TemplateError(f"{path}: the names have to differ by ${{{identifier}}}")
        found |= rows
    return found


def _filled(node: Any, identifier: str, element: str) -> Any:
    if isinstance(node, dict):
        if node == {"Ref": identifier}:
            return element
        return {
            _text(name, identifier, element): _filled(member, identifier, element)
            for name, member in node.items()
        }
    if isinstance(node, list):
        return [_filled(member, identifier, element) for member in node]
    return _text(node, identifier, element) if isinstance(node, str) else node


def _text(text: str, identifier: str, element: str) -> str:
    plain = _NOT_IN_NAMES.sub("", element)
    return text.replace(f"${{{identifier}}}", element).replace(f"&{{{identifier}}}", plain)
