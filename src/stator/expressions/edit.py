"""What an update does at one place of an item: edits.

An edit gets the old value there (None if there is none), the whole old item and the request's values, and
gives the new value, or None for none. Everything reads the old item only, so that the order of edits does not
matter; nothing that it is given is changed.
"""

from collections.abc import Callable
from typing import Final

from stator.base.errors import validation
from stator.expressions.ast import Action, Arithmetic, Attribute, Function, Operand, Value
from stator.expressions.checks import Values
from stator.expressions.path import Branch, getter
from stator.values import number
from stator.values.attribute import AttributeValue, Item
from stator.values.compare import kind_of

Edit = Callable[[AttributeValue | None, Item, Values], AttributeValue | None]
_Compute = Callable[[Item, Values], AttributeValue]

DOCUMENT_PATH: Final = "The document path provided in the update expression is invalid for update"
MISSING: Final = "The provided expression refers to an attribute that does not exist in the item"
OPERAND_TYPE: Final = "An operand in the update expression has an incorrect data type"


def compile_action(action: Action, mismatch: str = OPERAND_TYPE) -> Edit:
    """The edit at an action's target.

    `mismatch` is the text for an ADD or DELETE whose value does not fit the old one.
    """
    if action.section == "REMOVE":
        return lambda _old, _item, _values: None
    assert action.value is not None
    if action.section == "SET":
        return _set(action.value)
    assert isinstance(action.value, Value)
    placeholder = action.value.placeholder
    combine = _added if action.section == "ADD" else _deleted
    return lambda old, _item, values: combine(old, values[placeholder], mismatch)


def compile_branch(node: "Branch[Edit] | Edit") -> Edit:
    """The edit of a map or list below which there are edits; of an edit, itself."""
    if not isinstance(node, Branch):
        return node
    edits = [(element, compile_branch(child)) for element, child in node.children.items()]
    if node.is_list:
        return _edit_elements(edits)  # type: ignore[arg-type]
    return _edit_members(edits)  # type: ignore[arg-type]


def _edit_members(edits: list[tuple[str, Edit]]) -> Edit:
    def edit(old: AttributeValue | None, item: Item, values: Values) -> AttributeValue:
        if old is None or "M" not in old:
            raise validation(DOCUMENT_PATH)
        members = dict(old["M"])
        for name, edit_member in edits:
            new = edit_member(members.get(name), item, values)
            if new is not None:
                members[name] = new
            else:
                members.pop(name, None)
        return {"M": members}

    return edit


def _edit_elements(edits: list[tuple[int, Edit]]) -> Edit:
    """An edit of a list; `edits` in ascending order of index, all of them indexes of the old list.

    What is set beyond the end is appended; then what was removed closes up.
    """

    def edit(old: AttributeValue | None, item: Item, values: Values) -> AttributeValue:
        if old is None or "L" not in old:
            raise validation(DOCUMENT_PATH)
        elements = list(old["L"])
        length = len(elements)
        removed = []
        for index, edit_element in edits:
            inside = index < length
            new = edit_element(elements[index] if inside else None, item, values)
            if new is None:
                if inside:
                    removed.append(index)
            elif inside:
                elements[index] = new
            else:
                elements.append(new)
        for index in reversed(removed):
            del elements[index]
        return {"L": elements}

    return edit


def _set(value: Operand) -> Edit:
    compute = _compute(value)
    return lambda _old, item, values: compute(item, values)


def _added(old: AttributeValue | None, addend: AttributeValue, mismatch: str) -> AttributeValue:
    if old is None:
        return addend
    kind = kind_of(addend)
    if kind not in old:
        raise validation(mismatch)
    if kind == "N":
        return {"N": number.add(old["N"], addend["N"])}
    if kind == "L":
        return {"L": old["L"] + addend["L"]}
    members = old[kind]
    return {kind: members + [member for member in addend[kind] if member not in members]}


def _deleted(old: AttributeValue | None, subtrahend: AttributeValue, mismatch: str) -> AttributeValue | None:
    if old is None:
        return None
    kind = kind_of(subtrahend)
    if kind not in old:
        raise validation(mismatch)
    leaving = set(subtrahend[kind])
    members = [member for member in old[kind] if member not in leaving]
    return {kind: members} if members else None


def _compute(operand: Operand) -> _Compute:
    """The value of a SET; raises ApiError for what the item lacks or has of another type."""
    if isinstance(operand, Value):
        placeholder = operand.placeholder
        return lambda _item, values: values[placeholder]
    if isinstance(operand, Attribute):
        return _attribute(operand)
    if isinstance(operand, Arithmetic):
        return _arithmetic(operand)
    return _if_not_exists(operand) if operand.name == "if_not_exists" else _list_append(operand)


def _attribute(attribute: Attribute) -> _Compute:
    read = getter(attribute.path)

    def compute(item: Item, values: Values) -> AttributeValue:
        value = read(item, values)
        if value is None:
            raise validation(MISSING)
        return value

    return compute


def _arithmetic(operation: Arithmetic) -> _Compute:
    left, right = _compute(operation.left), _compute(operation.right)
    combine = number.add if operation.operator == "+" else number.subtract

    def compute(item: Item, values: Values) -> AttributeValue:
        one = left(item, values).get("N")
        two = right(item, values).get("N")
        if one is None or two is None:
            raise validation(OPERAND_TYPE)
        return {"N": combine(one, two)}

    return compute


def _if_not_exists(function: Function) -> _Compute:
    attribute, default = function.arguments
    assert isinstance(attribute, Attribute)
    read, compute_default = getter(attribute.path), _compute(default)

    def compute(item: Item, values: Values) -> AttributeValue:
        value = read(item, values)
        return compute_default(item, values) if value is None else value

    return compute


def _list_append(function: Function) -> _Compute:
    first, second = map(_compute, function.arguments)

    def compute(item: Item, values: Values) -> AttributeValue:
        head = first(item, values).get("L")
        tail = second(item, values).get("L")
        if head is None or tail is None:
            raise validation(OPERAND_TYPE)
        return {"L": head + tail}

    return compute
