"""Document paths: reading one in an item, and the tree of several.

A tree of paths is a `Branch`: by the next element, a branch or what was put at the end of the path. The
children of a branch are all names (it stands for a map) or all indexes, in ascending order (for a list).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

from stator.expressions.ast import Path, path_text
from stator.values.attribute import AttributeValue, Item

_T = TypeVar("_T")

Getter = Callable[[Item, Any], AttributeValue | None]
"""Reads an item; the second argument is the request's values."""

_OVERLAP: Final = "overlap with"
_CONFLICT: Final = "conflict with"


def getter(path: Path) -> Getter:
    """A function that gives the value at a path, or None where the path leads nowhere."""
    name, *rest = path
    assert isinstance(name, str)
    if not rest:
        return lambda item, _values: item.get(name)

    def get(item: Item, _values: object) -> AttributeValue | None:
        value = item.get(name)
        for element in rest:
            if value is None:
                return None
            value = _child(value, element)
        return value

    return get


def _child(value: AttributeValue, element: str | int) -> AttributeValue | None:
    found: AttributeValue | None
    if isinstance(element, str):
        members = value.get("M")
        found = None if members is None else members.get(element)
    else:
        elements = value.get("L")
        found = None if elements is None or element >= len(elements) else elements[element]
    return found


@dataclass(slots=True)
class Branch(Generic[_T]):
    """An inner node of a tree of paths; its leaves are of any type but Branch."""

    children: "dict[str | int, Branch[_T] | _T]" = field(default_factory=dict)

    @property
    def is_list(self) -> bool:
        """Whether the children are elements of a list."""
        return type(next(iter(self.children))) is int


def path_tree(leaves: Iterable[tuple[Path, _T]]) -> Branch[_T]:
    """The tree of paths in which `paths_fault` finds nothing, each with what stands at its end."""
    root: Branch[_T] = Branch()
    for path, leaf in leaves:
        branch = root
        for element in path[:-1]:
            below = branch.children.setdefault(element, Branch())
            assert isinstance(below, Branch)
            branch = below
        branch.children[path[-1]] = leaf
    _sort_indexes(root)
    return root


def _sort_indexes(branch: Branch[_T]) -> None:
    if branch.children and branch.is_list:
        branch.children = dict(sorted(branch.children.items(), key=lambda child: child[0]))
    for below in branch.children.values():
        if isinstance(below, Branch):
            _sort_indexes(below)


@dataclass(slots=True)
class _Seen:
    """A node of the paths seen so far: the path that made it, and whether that path ends here."""

    path: Path
    ended: bool = False
    children: "dict[str | int, _Seen]" = field(default_factory=dict)


def paths_fault(paths: Sequence[Path]) -> str | None:
    """AWS's text for two paths of one expression that cannot stand together, overlaps before conflicts.

    Two overlap if one is the other or leads into it; they conflict if they use one value as a map and as a
    list. The earlier path is told first.
    """
    root = _Seen(())
    conflict = None
    for path in paths:
        node = root
        for element in path:
            if node.ended:
                return _fault(_OVERLAP, node.path, path)
            below = node.children.get(element)
            if below is None:
                # Until a conflict is found, all children are of one kind; so the first tells.
                if conflict is None and node.children:
                    key, other = next(iter(node.children.items()))
                    if type(key) is not type(element):
                        conflict = _fault(_CONFLICT, other.path, path)
                below = node.children[element] = _Seen(path)
            node = below
        if node.ended or node.children:
            return _fault(_OVERLAP, node.path, path)
        node.ended = True
    return conflict


def _fault(relation: str, one: Path, two: Path) -> str:
    return (
        f"Two document paths {relation} each other; must remove or rewrite one of these paths; "
        f"path one: {path_text(one)}, path two: {path_text(two)}"
    )
