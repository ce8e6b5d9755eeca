"""What AWS refuses in a bound expression before it reads an item: arity, distinctness, types of operands.

A check takes one leaf of a condition, or one action of an update, and gives the text of its refusal, or None.
`_LEAF_CHECKS` is in AWS's order. `literal_fault` alone looks at values and not only at their types; so it is
repeated for every request, while the others hold for a program as long as the types do.
"""

from collections.abc import Callable, Mapping
from typing import Final

from stator.base.limits import EXPRESSION_IN_OPERANDS_MAX
from stator.expressions.ast import (
    Action,
    Arithmetic,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Leaf,
    Operand,
    Value,
    operands,
    path_text,
    walk,
)
from stator.values.attribute import AttributeValue
from stator.values.compare import less

Values = Mapping[str, AttributeValue]

_ARITIES: Final = {
    "attribute_exists": 1,
    "attribute_not_exists": 1,
    "attribute_type": 2,
    "begins_with": 2,
    "contains": 2,
    "size": 1,
    "if_not_exists": 2,
    "list_append": 2,
}
_PATH_FUNCTIONS: Final = frozenset({"attribute_exists", "attribute_not_exists", "if_not_exists"})
_ORDERED_TYPES: Final = frozenset({"S", "N", "B"})
_SIZED_TYPES: Final = frozenset({"S", "B", "SS", "NS", "BS", "L", "M"})
_TYPES: Final = frozenset({"S", "N", "B", "SS", "NS", "BS", "L", "M", "BOOL", "NULL"})
_ORDERING: Final = frozenset({"<", "<=", ">", ">="})

_SET_TYPES: Final = frozenset({"SS", "NS", "BS"})
_SECTION_TYPES: Final = {"ADD": _SET_TYPES | {"N"}, "DELETE": _SET_TYPES}

# What AWS calls the types that ADD and DELETE refuse.
_LONG_NAMES: Final = {
    "S": "STRING",
    "N": "NUMBER",
    "B": "BINARY",
    "NULL": "NULL",
    "BOOL": "BOOLEAN",
    "L": "LIST",
    "M": "MAP",
}

# The sets of types as AWS prints them.
_TYPES_OF_A_PATH: Final = "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}"
_TYPES_VALID: Final = "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"


def leaf_fault(leaf: Leaf) -> str | None:
    """The first thing wrong with a bound leaf of a condition, from its types alone."""
    for check in _LEAF_CHECKS:
        fault = check(leaf)
        if fault is not None:
            return fault
    return None


def section_fault(action: Action) -> str | None:
    """What is wrong with the type of a bound ADD's or DELETE's value."""
    if action.section not in _SECTION_TYPES:
        return None
    assert isinstance(action.value, Value)
    kind = action.value.type
    if kind in _SECTION_TYPES[action.section]:
        return None
    return (
        "Incorrect operand type for operator or function; "
        f"operator: {action.section}, operand type: {_LONG_NAMES[kind]}, "
        f"typeSet: ALLOWED_FOR_{action.section}_OPERAND"
    )


def value_fault(action: Action) -> str | None:
    """The first thing wrong with the bound value of a SET."""
    if action.value is None:
        return None
    fault = _operand_count(action.value)
    for node in walk(action.value):
        fault = fault or _document_path(node) or _update_types(node)
    return fault


def _operand_count(leaf: Leaf | Operand) -> str | None:
    for node in walk(leaf):
        if isinstance(node, Function) and len(node.arguments) != _ARITIES[node.name]:
            return (
                "Incorrect number of operands for operator or function; "
                f"operator or function: {node.name}, number of operands: {len(node.arguments)}"
            )
        if isinstance(node, In) and len(node.options) > EXPRESSION_IN_OPERANDS_MAX:
            return (
                f"The IN operator is provided with too many operands; number of operands: {len(node.options)}"
            )
    return None


def _distinct(leaf: Leaf) -> str | None:
    if isinstance(leaf, Comparison):
        name = leaf.operator
    elif isinstance(leaf, Function) and len(leaf.arguments) == 2:
        name = leaf.name
    else:
        return None
    first, second = operands(leaf)
    if isinstance(first, Attribute) and first == second:
        return (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            f"operator: {name}, first operand: {path_text(first.path)}"
        )
    return None


def _document_path(leaf: Leaf | Operand) -> str | None:
    if (
        isinstance(leaf, Function)
        and leaf.name in _PATH_FUNCTIONS
        and not isinstance(leaf.arguments[0], Attribute)
    ):
        return f"Operator or function requires a document path; operator or function: {leaf.name}"
    return None


def _condition_types(leaf: Leaf) -> str | None:
    for node in walk(leaf):
        fault = None
        if isinstance(node, Function):
            fault = _function_types(node)
        elif isinstance(node, Comparison) and node.operator in _ORDERING:
            fault = _ordered(node.operator, (node.left, node.right))
        elif isinstance(node, Between):
            fault = _ordered("BETWEEN", (node.operand, node.low, node.high))
        if fault is not None:
            return fault
    return None


def _function_types(function: Function) -> str | None:
    if function.name == "begins_with":
        return _first_of_other_type(function, function.arguments, frozenset({"S", "B"}))
    if function.name == "size":
        return _first_of_other_type(function, function.arguments, _SIZED_TYPES)
    if function.name == "attribute_type":
        wanted = function.arguments[1]
        if isinstance(wanted, Attribute):
            return _incorrect_type(function.name, _TYPES_OF_A_PATH)
        return _first_of_other_type(function, (wanted,), frozenset({"S"}))
    return None


def _ordered(operator: str, compared: tuple[Operand, ...]) -> str | None:
    for operand in compared:
        kind = _type_of(operand)
        if kind is not None and kind not in _ORDERED_TYPES:
            return (
                f"Incorrect operand type for operator or function; operator: {operator}, operand type: {kind}"
            )
    return None


def _update_types(node: Leaf | Operand) -> str | None:
    if isinstance(node, Arithmetic):
        for operand in (node.left, node.right):
            kind = _type_of(operand)
            if kind not in (None, "N"):
                return _incorrect_type(node.operator, kind)
    if isinstance(node, Function) and node.name == "list_append":
        return _first_of_other_type(node, node.arguments, frozenset({"L"}))
    return None


def _first_of_other_type(
    function: Function, arguments: tuple[Operand, ...], allowed: frozenset[str]
) -> str | None:
    for argument in arguments:
        kind = _type_of(argument)
        if kind is not None and kind not in allowed:
            return _incorrect_type(function.name, kind)
    return None


def _type_of(operand: Operand) -> str | None:
    """The type that an operand has whatever the item; None if it depends on the item."""
    if isinstance(operand, Value):
        return operand.type
    if isinstance(operand, Arithmetic) or (isinstance(operand, Function) and operand.name == "size"):
        return "N"
    if isinstance(operand, Function) and operand.name == "list_append":
        return "L"
    return None


def _incorrect_type(name: str, kind: str | None) -> str:
    return (
        f"Incorrect operand type for operator or function; operator or function: {name}, operand type: {kind}"
    )


_LEAF_CHECKS: Final[tuple[Callable[[Leaf], str | None], ...]] = (
    _operand_count,
    _distinct,
    _document_path,
    _condition_types,
)


def has_literal_checks(leaf: Leaf) -> bool:
    """Whether `literal_fault` could find something wrong with this leaf."""
    if isinstance(leaf, Between):
        return isinstance(leaf.low, Value) and isinstance(leaf.high, Value)
    return isinstance(leaf, Function) and leaf.name == "attribute_type"


def literal_fault(leaf: Leaf, values: Values) -> str | None:
    """What is wrong with the values in a leaf whose types are right."""
    if isinstance(leaf, Between) and isinstance(leaf.low, Value) and isinstance(leaf.high, Value):
        return _bounds(values[leaf.low.placeholder], values[leaf.high.placeholder])
    if isinstance(leaf, Function) and leaf.name == "attribute_type":
        wanted = leaf.arguments[1]
        assert isinstance(wanted, Value)
        name = values[wanted.placeholder]["S"]
        if name not in _TYPES:
            return f"Invalid attribute type name found; type: {name}, valid types: {_TYPES_VALID}"
    return None


def _bounds(low: AttributeValue, high: AttributeValue) -> str | None:
    if low.keys() != high.keys():
        rule = "same data type for lower and upper bounds"
    elif less(high, low):
        rule = "upper bound to be greater than or equal to lower bound"
    else:
        return None
    return (
        f"The BETWEEN operator requires {rule}; "
        f"lower bound operand: {_operand_text(low)}, upper bound operand: {_operand_text(high)}"
    )


def _operand_text(value: AttributeValue) -> str:
    ((kind, content),) = value.items()
    return f"AttributeValue: {{{kind}:{content}}}"
