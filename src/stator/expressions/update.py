"""UpdateExpression: text to changes of items."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from stator.expressions.ast import Action, Attribute, Path, Value, walk
from stator.expressions.bind import Bindings, Scope
from stator.expressions.cache import ProgramCache
from stator.expressions.checks import section_fault, value_fault
from stator.expressions.edit import OPERAND_TYPE, Edit, compile_action, compile_branch
from stator.expressions.kind import Kind, invalid
from stator.expressions.parser import parse_update
from stator.expressions.path import path_tree, paths_fault
from stator.expressions.projection import Projection
from stator.values.attribute import AttributeValue, Item

_KIND: Final[Kind] = "UpdateExpression"


@dataclass(frozen=True)
class _Program:
    """What an update's text comes to, whatever the values."""

    edits: tuple[tuple[str, Edit], ...]  # by top-level attribute
    targets: Projection
    attributes: frozenset[str]
    nested: frozenset[str]
    literals: tuple[tuple[str, str], ...]  # attribute and placeholder
    setting: int
    names: frozenset[str]  # the placeholders that it uses
    values: frozenset[str]


class Update:
    """The changes of an update with the values of one request."""

    __slots__ = ("_program", "_values")

    def __init__(self, program: _Program, values: Mapping[str, AttributeValue]) -> None:
        self._program = program
        self._values = values

    def with_values(self, values: Mapping[str, AttributeValue]) -> "Update":
        """The same changes with other values of the same types."""
        return Update(self._program, values)

    def apply(self, item: Item) -> Item:
        """The changed item, a new one; it shares with `item` what did not change.

        Raises ApiError (ValidationException) where the item does not suit the update.
        """
        new = dict(item)
        values = self._values
        for name, edit in self._program.edits:
            value = edit(item.get(name), item, values)
            if value is not None:
                new[name] = value
            else:
                new.pop(name, None)
        return new

    def touched(self, item: Item) -> Item:
        """What an item has at the targets: the form of UPDATED_OLD and UPDATED_NEW."""
        return self._program.targets.apply(item)

    @property
    def paths(self) -> tuple[Path, ...]:
        """The targets, in the order of the text."""
        return self._program.targets.paths

    @property
    def targets(self) -> frozenset[str]:
        """The top-level attributes that change."""
        return self._program.targets.attributes

    @property
    def attributes(self) -> frozenset[str]:
        """The top-level attributes that change or are read."""
        return self._program.attributes

    @property
    def nested(self) -> frozenset[str]:
        """The top-level attributes into which a path, a target or not, leads with `.` or `[]`."""
        return self._program.nested

    @property
    def literals(self) -> dict[str, AttributeValue]:
        """The top-level attributes set straight to a value of the request, with it."""
        return {name: self._values[placeholder] for name, placeholder in self._program.literals}

    @property
    def creates(self) -> bool:
        """Whether the update makes an item that does not exist; one that only takes away does not."""
        return self._program.setting > 0 or not self.paths

    @property
    def setting(self) -> int:
        """How many actions are SET or ADD; the others are REMOVE or DELETE."""
        return self._program.setting


_programs: Final[ProgramCache[_Program]] = ProgramCache()


def update(text: str, bindings: Bindings) -> Update:
    """The update of a text; raises ApiError for a text, or values, that AWS refuses."""
    signature, characters = bindings.signature
    key = (text, signature)
    program = _programs.get(key, len(text) + characters)
    if program is None:
        scope = Scope(_KIND, bindings)
        actions = _bind(parse_update(text), scope)
        _check(actions)
        program = _program(actions, OPERAND_TYPE, frozenset(scope.names), frozenset(scope.values))
        _programs.add(key, program, len(text) + characters)
    bindings.use(program.names, program.values)
    return Update(program, bindings.values)


def from_actions(actions: Sequence[Action], values: Mapping[str, AttributeValue], mismatch: str) -> Update:
    """The update of bound actions, and the values of their placeholders.

    `mismatch` is the text for an ADD or DELETE whose value does not fit the old one.
    """
    return Update(_program(actions, mismatch, frozenset(), frozenset()), values)


def _bind(actions: Sequence[Action], scope: Scope) -> list[Action]:
    # Names are looked up before values, over the whole expression.
    for action in actions:
        for operand in (action.target, *(() if action.value is None else walk(action.value))):
            if isinstance(operand, Attribute):
                scope.attribute(operand)
    return [
        Action(
            action.section,
            scope.attribute(action.target),
            None if action.value is None else scope.operand(action.value),
        )
        for action in actions
    ]


def _check(actions: Sequence[Action]) -> None:
    fault = paths_fault([action.target.path for action in actions])
    for check in (section_fault, value_fault):
        for action in actions:
            if fault is None:
                fault = check(action)
    if fault is not None:
        raise invalid(_KIND, fault)


def _program(
    actions: Sequence[Action], mismatch: str, names: frozenset[str], values: frozenset[str]
) -> _Program:
    targets = Projection([action.target.path for action in actions])
    tree = path_tree([(action.target.path, compile_action(action, mismatch)) for action in actions])
    reads = [
        node.path
        for action in actions
        if action.value is not None
        for node in walk(action.value)
        if isinstance(node, Attribute)
    ]
    return _Program(
        edits=tuple([(str(name), compile_branch(node)) for name, node in tree.children.items()]),
        targets=targets,
        attributes=targets.attributes.union([str(path[0]) for path in reads]),
        nested=targets.nested.union([str(path[0]) for path in reads if len(path) > 1]),
        literals=tuple(
            [
                (str(action.target.path[0]), action.value.placeholder)
                for action in actions
                if action.section == "SET"
                and len(action.target.path) == 1
                and isinstance(action.value, Value)
            ]
        ),
        setting=sum(action.section in ("SET", "ADD") for action in actions),
        names=names,
        values=values,
    )


def _literal(action: Action) -> tuple[str, str] | None:
    """The attribute and the placeholder, where a top-level attribute is set straight to a value."""
    name, *below = action.target.path
    if action.section != "SET" or below or not isinstance(action.value, Value):
        return None
    return str(name), action.value.placeholder
