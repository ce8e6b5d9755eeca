"""What the functions of a template mean: `Ref`, `Fn::Sub`, and the rest, each a row in one table.

An evaluator walks a value and replaces each function by what it gives. What a name means is handed in
(`Names`), so the same functions serve conditions, which know no resources, and resources.
"""

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final, Protocol

from stator.apply.errors import TemplateError

EXTENSIONS: Final = "AWS::LanguageExtensions"
ZONES: Final = "abc"
_CIDR_BITS: Final = 8
_VARIABLE: Final = re.compile(r"\$\{(!?)([^}]*)\}")


class _NoValue:
    """The value of AWS::NoValue: what has it is not there."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE: Final = _NoValue()


class Names(Protocol):
    """What the names of a template mean."""

    def reference(self, name: str, path: str) -> Any:
        """What `Ref` gives. Raises TemplateError."""

    def attribute(self, name: str, attribute: str, path: str) -> Any:
        """What `Fn::GetAtt` gives. Raises TemplateError."""

    def condition(self, name: str, path: str) -> bool:
        """Whether a condition holds. Raises TemplateError."""


class Evaluator:
    """Evaluates values of one template. `extended`: it has the transform AWS::LanguageExtensions."""

    def __init__(
        self,
        names: Names,
        mappings: Mapping[str, Any],
        imports: Mapping[str, str],
        region: str,
        *,
        extended: bool,
    ) -> None:
        self.names = names
        self.mappings = mappings
        self.imports = imports
        self.region = region
        self.extended = extended

    def value(self, node: Any, path: str) -> Any:
        """A value without functions; what is AWS::NoValue in it is gone. Raises TemplateError."""
        if isinstance(node, dict):
            call = function_of(node, path)
            if call is not None:
                return self._call(*call, path)
            found = {name: self.value(member, f"{path}.{name}") for name, member in node.items()}
            return {name: member for name, member in found.items() if member is not NO_VALUE}
        if isinstance(node, list):
            elements = [self.value(element, f"{path}[{number}]") for number, element in enumerate(node)]
            return [element for element in elements if element is not NO_VALUE]
        return node

    def text(self, node: Any, path: str) -> str:
        """A value that has to be a text, a number or a truth value, as text. Raises TemplateError."""
        found = self.value(node, path)
        if isinstance(found, dict | list) or found is None or found is NO_VALUE:
            raise TemplateError(f"{path}: a string is expected here")
        return as_text(found)

    def values(self, node: Any, path: str) -> list[Any]:
        """A value that has to be a list. Raises TemplateError."""
        found = self.value(node, path)
        if not isinstance(found, list):
            raise TemplateError(f"{path}: a list is expected here")
        return found

    def holds(self, node: Any, path: str) -> bool:
        """Whether a condition holds, given as its functions. Raises TemplateError."""
        if isinstance(node, dict) and [*node] == ["Condition"]:
            return self.names.condition(str(node["Condition"]), path)
        found = self.value(node, path)
        if isinstance(found, bool):
            return found
        if isinstance(found, str) and found.lower() in ("true", "false"):
            return found.lower() == "true"
        raise TemplateError(
            f"{path}: a condition is expected here, made with Fn::Equals, Fn::And, Fn::Or, Fn::Not"
        )

    def _call(self, name: str, argument: Any, path: str) -> Any:
        function = FUNCTIONS.get(name)
        if function is None:
            raise TemplateError(f"{path}: {name} is no function that is supported")
        if name in _EXTENDED and not self.extended:
            raise TemplateError(f"{path}: {name} needs the template to have Transform: {EXTENSIONS}")
        return function(self, argument, f"{path}.{name}")


Function = Callable[[Evaluator, Any, str], Any]
FUNCTIONS: Final[dict[str, Function]] = {}
_EXTENDED: Final = ("Fn::Length", "Fn::ToJsonString")


def function_of(node: dict[str, Any], path: str) -> tuple[str, Any] | None:
    """The function that an object stands for, with its argument; None if it is none. Raises TemplateError."""
    name = next((name for name in node if name.startswith("Fn::")), None)
    if name is None:
        return ("Ref", node["Ref"]) if [*node] == ["Ref"] else None
    if len(node) > 1:
        raise TemplateError(f"{path}: {name} stands alone in its object")
    return name, node[name]


def as_text(value: Any) -> str:
    """A number or truth value as CloudFormation writes it in a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def function(name: str) -> Callable[[Function], Function]:
    """Enter a function into the table."""

    def enter(body: Function) -> Function:
        FUNCTIONS[name] = body
        return body

    return enter


def _parts(argument: Any, count: tuple[int, ...], form: str, path: str) -> list[Any]:
    if not isinstance(argument, list) or len(argument) not in count:
        raise TemplateError(f"{path} needs {form}")
    return argument


@function("Ref")
def _ref(evaluator: Evaluator, argument: Any, path: str) -> Any:
    if not isinstance(argument, str):
        raise TemplateError(f"{path} needs a name")
    return evaluator.names.reference(argument, path)


@function("Fn::GetAtt")
def _get_att(evaluator: Evaluator, argument: Any, path: str) -> Any:
    given = list(argument.partition(".")[::2]) if isinstance(argument, str) else argument
    name, attribute = _parts(given, (2,), "[resource, attribute]", path)
    return evaluator.names.attribute(str(name), evaluator.text(attribute, path), path)


@function("Fn::Sub")
def _sub(evaluator: Evaluator, argument: Any, path: str) -> str:
    given = [argument, {}] if isinstance(argument, str) else argument
    template, variables = _parts(given, (2,), "a string, or [string, variables]", path)
    if not isinstance(template, str) or not isinstance(variables, dict):
        raise TemplateError(f"{path} needs a string, or [string, variables]")

    def replaced(match: re.Match[str]) -> str:
        literal, name = match[1], match[2].strip()
        if literal:
            return f"${{{match[2]}}}"
        place = f"{path}.${{{name}}}"
        if name in variables:
            return evaluator.text(variables[name], place)
        resource, _, attribute = name.partition(".")
        call: dict[str, Any] = {"Fn::GetAtt": [resource, attribute]} if attribute else {"Ref": name}
        return evaluator.text(call, place)

    return _VARIABLE.sub(replaced, template)


@function("Fn::Join")
def _join(evaluator: Evaluator, argument: Any, path: str) -> str:
    delimiter, elements = _parts(argument, (2,), "[delimiter, list]", path)
    texts = [evaluator.text(element, path) for element in evaluator.values(elements, path)]
    return evaluator.text(delimiter, path).join(texts)


@function("Fn::Split")
def _split(evaluator: Evaluator, argument: Any, path: str) -> list[str]:
    delimiter, text = _parts(argument, (2,), "[delimiter, string]", path)
    separator = evaluator.text(delimiter, path)
    if not separator:
        raise TemplateError(f"{path}: the delimiter is empty")
    return evaluator.text(text, path).split(separator)


@function("Fn::Select")
def _select(evaluator: Evaluator, argument: Any, path: str) -> Any:
    number, elements = _parts(argument, (2,), "[index, list]", path)
    index, found = evaluator.text(number, path), evaluator.values(elements, path)
    if not index.isdecimal() or int(index) >= len(found):
        raise TemplateError(f"{path}: there is no element {index} in a list of {len(found)}")
    return found[int(index)]


@function("Fn::FindInMap")
def _find_in_map(evaluator: Evaluator, argument: Any, path: str) -> Any:
    parts = _parts(argument, (3, 4), "[map, first key, second key]", path)
    keys = [evaluator.text(part, path) for part in parts[:3]]
    found: Any = evaluator.mappings
    for key in keys:
        found = found.get(key) if isinstance(found, dict) else None
    if found is not None:
        return evaluator.value(found, path)
    if len(parts) == 4 and isinstance(parts[3], dict) and "DefaultValue" in parts[3]:
        if not evaluator.extended:
            raise TemplateError(f"{path}: DefaultValue needs the template to have Transform: {EXTENSIONS}")
        return evaluator.value(parts[3]["DefaultValue"], path)
    raise TemplateError(f"{path}: Mappings has no {'.'.join(keys)}")


@function("Fn::If")
def _if(evaluator: Evaluator, argument: Any, path: str) -> Any:
    name, then, otherwise = _parts(argument, (3,), "[condition, value if true, value if false]", path)
    if not isinstance(name, str):
        raise TemplateError(f"{path} needs the name of a condition")
    return evaluator.value(then if evaluator.names.condition(name, path) else otherwise, path)


@function("Fn::Equals")
def _equals(evaluator: Evaluator, argument: Any, path: str) -> bool:
    first, second = (evaluator.value(part, path) for part in _parts(argument, (2,), "[value, value]", path))
    return bool(_comparable(first) == _comparable(second))


def _comparable(value: Any) -> Any:
    """Texts of all that has one: "5" and 5 are equal, and so are "true" and true."""
    if isinstance(value, list):
        return [_comparable(element) for element in value]
    return value if isinstance(value, dict) or value is None else as_text(value)


@function("Fn::And")
def _and(evaluator: Evaluator, argument: Any, path: str) -> bool:
    return all(_conditions(evaluator, argument, path))


@function("Fn::Or")
def _or(evaluator: Evaluator, argument: Any, path: str) -> bool:
    return any(_conditions(evaluator, argument, path))


def _conditions(evaluator: Evaluator, argument: Any, path: str) -> list[bool]:
    parts = _parts(argument, tuple(range(2, 11)), "2 to 10 conditions", path)
    return [evaluator.holds(part, path) for part in parts]


@function("Fn::Not")
def _not(evaluator: Evaluator, argument: Any, path: str) -> bool:
    (part,) = _parts(argument, (1,), "[condition]", path)
    return not evaluator.holds(part, path)


@function("Fn::Base64")
def _base64(evaluator: Evaluator, argument: Any, path: str) -> str:
    return base64.b64encode(evaluator.text(argument, path).encode()).decode()


@function("Fn::ImportValue")
def _import_value(evaluator: Evaluator, argument: Any, path: str) -> str:
    name = evaluator.text(argument, path)
    if name not in evaluator.imports:
        raise TemplateError(f"{path}: no stack here exports {name}; give it with --imports {name}=VALUE")
    return evaluator.imports[name]


@function("Fn::GetAZs")
def _get_azs(evaluator: Evaluator, argument: Any, path: str) -> list[str]:
    region = evaluator.text(argument, path) or evaluator.region
    return [region + zone for zone in ZONES]


@function("Fn::Cidr")
def _cidr(evaluator: Evaluator, argument: Any, path: str) -> list[str]:
    parts = _parts(argument, (2, 3), "[block, count, bits]", path)
    texts = [evaluator.text(part, path) for part in parts]
    try:
        block = ipaddress.ip_network(texts[0])
        bits = int(texts[2]) if len(texts) == 3 else _CIDR_BITS
        subnets = block.subnets(new_prefix=block.max_prefixlen - bits)
        return [str(subnet) for _, subnet in zip(range(int(texts[1])), subnets, strict=False)]
    except ValueError as error:
        raise TemplateError(f"{path}: {error}") from None


@function("Fn::Length")
def _length(evaluator: Evaluator, argument: Any, path: str) -> int:
    return len(evaluator.values(argument, path))


@function("Fn::ToJsonString")
def _to_json_string(evaluator: Evaluator, argument: Any, path: str) -> str:
    found = evaluator.value(argument, path)
    if not isinstance(found, dict | list):
        raise TemplateError(f"{path} needs an object or a list")
    return json.dumps(found, separators=(",", ":"), ensure_ascii=False)
