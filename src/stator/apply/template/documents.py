"""Templates as texts: JSON, or YAML with the short forms of the functions, as plain dictionaries and lists.

The short form `!Sub x` is read as `{"Fn::Sub": x}`, so that nothing behind this module knows of YAML. Names
stay the text that they are, also where YAML sees a number, a date or a truth value in them.
"""

import json
from collections.abc import Hashable, Iterable
from functools import cache
from pathlib import Path
from typing import Any, Final

from stator.apply.errors import ApplyError, TemplateError
from stator.formats.extras import need

BYTES_MAX: Final = 1_000_000  # CloudFormation's limit of a template in a bucket
NODES_MAX: Final = 200_000  # with all aliases written out: a small file can mean a large one
_PLAIN: Final = ("Ref", "Condition")
_SHORT_FORMS: Final = (
    *_PLAIN,
    *("And", "Base64", "Cidr", "Equals", "FindInMap", "GetAZs", "GetAtt", "If", "ImportValue", "Join"),
    *("Length", "Not", "Or", "Select", "Split", "Sub", "ToJsonString", "Transform"),
    *("Contains", "EachMemberEquals", "EachMemberIn", "RefAll", "ValueOf", "ValueOfAll"),
)
_MERGE: Final = "<<"


def read(path: Path, *, a_list: bool = False) -> Any:
    """The document in a file: an object; with `a_list`, it may be a list as well.

    Raises ApplyError if the file cannot be read, TemplateError if it holds no document.
    """
    try:
        text = path.read_bytes()
    except OSError as error:
        raise ApplyError(f"{path} cannot be read: {error.strerror or error}") from None
    if len(text) > BYTES_MAX:
        raise TemplateError(f"{path} has more than {BYTES_MAX} bytes")
    try:
        return parse(text.decode("utf-8-sig"), a_list=a_list)
    except UnicodeDecodeError:
        raise TemplateError(f"{path} is not UTF-8 text") from None
    except TemplateError as error:
        raise TemplateError(f"{path}: {error}") from None


def parse(text: str, *, a_list: bool = False) -> Any:
    """The document of a text. Raises TemplateError, and MissingExtra for YAML without its library."""
    found = _json(text) if text.lstrip()[:1] in ("{", "[") else _yaml(text)
    if not isinstance(found, dict) and not (a_list and isinstance(found, list)):
        raise TemplateError("it is no object with names")
    if _nodes(found, {}) > NODES_MAX:
        raise TemplateError(f"the aliases stand for more than {NODES_MAX} values")
    return found


def _json(text: str) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        raise TemplateError(f"line {error.lineno}: not JSON: {error.msg}") from None
    except RecursionError:
        raise TemplateError("the document is nested too deeply") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise TemplateError(f"{next(name for name in names if names.count(name) > 1)} is there twice")
    return found


def _yaml(text: str) -> Any:
    yaml = need("yaml", "apply")
    try:
        return yaml.load(text, Loader=_loader())  # a subclass of the safe one
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}: " if mark else ""
        raise TemplateError(f"{line}{error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise TemplateError(str(error).partition("\n")[0]) from None
    except RecursionError:
        raise TemplateError("the document is nested too deeply") from None


@cache
def _loader() -> Any:
    """The safe loader, with short forms, without dates, and with each name only once."""
    yaml = need("yaml", "apply")

    class Loader(yaml.SafeLoader):  # type: ignore[misc,name-defined]
        yaml_implicit_resolvers = {  # noqa: RUF012 - the form that the library asks for
            first: [row for row in rows if row[0] != "tag:yaml.org,2002:timestamp"]
            for first, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
        }

        def construct_mapping(self, node: Any, deep: bool = False) -> dict[Hashable, Any]:
            _refuse_twice(node, yaml)
            self.flatten_mapping(node)
            return {
                key.value
                if isinstance(key, yaml.ScalarNode)
                else self.construct_object(key, deep=True): self.construct_object(value, deep=deep)
                for key, value in node.value
            }

    def short_form(loader: Any, suffix: str, node: Any) -> dict[str, Any]:
        if suffix not in _SHORT_FORMS:
            raise yaml.constructor.ConstructorError(None, None, f"!{suffix} is no function", node.start_mark)
        return _function(suffix, _constructed(loader, node, yaml))

    def mapping(loader: Any, node: Any) -> Iterable[dict[Hashable, Any]]:
        found: dict[Hashable, Any] = {}
        yield found  # An alias inside may refer to it before it is filled.
        found.update(loader.construct_mapping(node))

    Loader.add_multi_constructor("!", short_form)
    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    return Loader


def _constructed(loader: Any, node: Any, yaml: Any) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return loader.construct_mapping(node, deep=True)


def _refuse_twice(node: Any, yaml: Any) -> None:
    seen: set[str] = set()
    for key, _ in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value != _MERGE:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"{key.value} is there twice", key.start_mark
                )
            seen.add(key.value)


def _function(name: str, argument: Any) -> dict[str, Any]:
    if name == "GetAtt" and isinstance(argument, str):
        argument = list(argument.partition(".")[::2])
    return {name if name in _PLAIN else f"Fn::{name}": argument}


def _nodes(value: Any, counted: dict[int, int]) -> int:
    """How many values there are with aliases written out; an alias is counted once and added often."""
    if not isinstance(value, dict | list):
        return 1
    known = counted.get(id(value))
    if known is None:
        counted[id(value)] = NODES_MAX + 1  # What contains itself has no end.
        parts = value.values() if isinstance(value, dict) else value
        known = counted[id(value)] = 1 + sum(_nodes(part, counted) for part in parts)
    return known
