"""ProjectionExpression: the parts of an item at some document paths.

Only what exists is answered. Members of one map come together, elements of one list close up in the order of
the list.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from stator.expressions.ast import Path
from stator.expressions.bind import Bindings, Scope
from stator.expressions.cache import ProgramCache
from stator.expressions.kind import Kind, invalid
from stator.expressions.parser import parse_projection
from stator.expressions.path import Branch, path_tree, paths_fault
from stator.values.attribute import AttributeValue, Item

_KIND: Final[Kind] = "ProjectionExpression"

_Pick = Callable[[AttributeValue], AttributeValue | None]


class Projection:
    """The parts of an item at some paths that neither overlap nor conflict."""

    __slots__ = ("_picks", "attributes", "nested", "paths")

    def __init__(self, paths: Iterable[Path]) -> None:
        self.paths: tuple[Path, ...] = tuple(paths)
        """The paths, in the order of the text."""
        self.attributes: frozenset[str] = frozenset([str(path[0]) for path in self.paths])
        """The top-level attributes that the projection needs."""
        self.nested: frozenset[str] = frozenset([str(path[0]) for path in self.paths if len(path) > 1])
        """The top-level attributes into which the projection looks with `.` or `[]`."""
        tree: Branch[None] = path_tree([(path, None) for path in self.paths])
        self._picks = [(str(name), _pick(child)) for name, child in tree.children.items()]

    def apply(self, item: Item) -> Item:
        """What an item has at the paths; it may share values with the item."""
        found: Item = {}
        for name, pick in self._picks:
            value = item.get(name)
            if value is not None and pick is not None:
                value = pick(value)
            if value is not None:
                found[name] = value
        return found


def _pick(node: Branch[None] | None) -> _Pick | None:
    """What to pick of a value; None for all of it."""
    if node is None:
        return None
    picks = [(element, _pick(child)) for element, child in node.children.items()]
    return _pick_elements(picks) if node.is_list else _pick_members(picks)  # type: ignore[arg-type]


def _pick_members(picks: list[tuple[str, _Pick | None]]) -> _Pick:
    def pick(value: AttributeValue) -> AttributeValue | None:
        members = value.get("M")
        if members is None:
            return None
        found = {}
        for name, pick_part in picks:
            part = members.get(name)
            if part is not None and pick_part is not None:
                part = pick_part(part)
            if part is not None:
                found[name] = part
        return {"M": found} if found else None

    return pick


def _pick_elements(picks: list[tuple[int, _Pick | None]]) -> _Pick:
    def pick(value: AttributeValue) -> AttributeValue | None:
        elements = value.get("L")
        if elements is None:
            return None
        found = []
        for index, pick_part in picks:
            part = elements[index] if index < len(elements) else None
            if part is not None and pick_part is not None:
                part = pick_part(part)
            if part is not None:
                found.append(part)
        return {"L": found} if found else None

    return pick


@dataclass(frozen=True)
class _Program:
    projection: Projection
    names: frozenset[str]  # the placeholders that it uses


_programs: Final[ProgramCache[_Program]] = ProgramCache()


def projection(text: str, bindings: Bindings) -> Projection:
    """The projection of a text; raises ApiError for a text that AWS refuses."""
    signature, characters = bindings.signature
    key = (text, signature)
    program = _programs.get(key, len(text) + characters)
    if program is None:
        scope = Scope(_KIND, bindings)
        paths = [scope.attribute(attribute).path for attribute in parse_projection(text)]
        fault = paths_fault(paths)
        if fault is not None:
            raise invalid(_KIND, fault)
        program = _Program(Projection(paths), frozenset(scope.names))
        _programs.add(key, program, len(text) + characters)
    bindings.use(program.names, frozenset())
    return program.projection
