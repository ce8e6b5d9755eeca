"""The parameters that came before expressions, translated into the same conditions, updates and projections.

An attribute's name is taken as it is, dots and all. The attribute values are checked and normalised here, in
place, because AWS reports their errors among the others. Source of the rules: "Legacy conditional parameters"
of the developer guide; the texts are AWS's.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Protocol

from stator.base.errors import invalid_parameter, validation
from stator.expressions.ast import (
    Action,
    And,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Or,
    Predicate,
    Value,
)
from stator.expressions.condition import Condition, from_tree
from stator.expressions.key_condition import KeyTerm
from stator.expressions.projection import Projection
from stator.expressions.update import Update, from_actions
from stator.values.attribute import AttributeValue, normalise
from stator.values.compare import kind_of, less

_UNARY: Final = frozenset({"NULL", "NOT_NULL"})
_COMPARATORS: Final = {"EQ": "=", "NE": "<>", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
_FUNCTIONS: Final = {
    "NOT_NULL": "attribute_exists",
    "NULL": "attribute_not_exists",
    "BEGINS_WITH": "begins_with",
    "CONTAINS": "contains",
}
_SCALARS: Final = frozenset({"S", "N", "B"})
_SETS: Final = frozenset({"SS", "NS", "BS"})

# The types of arguments; an operator that is absent takes any.
_ARGUMENT_TYPES: Final = {
    "LT": _SCALARS,
    "LE": _SCALARS,
    "GT": _SCALARS,
    "GE": _SCALARS,
    "BETWEEN": _SCALARS,
    "IN": _SCALARS,
    "CONTAINS": _SCALARS,
    "NOT_CONTAINS": _SCALARS,
    "BEGINS_WITH": frozenset({"S", "B"}),
}
_ADD_TYPES: Final = _SETS | {"N", "L"}

_TYPE_MISMATCH: Final = "Type mismatch for attribute to update"


class FilterCondition(Protocol):
    """A `Condition` of KeyConditions, QueryFilter or ScanFilter."""

    @property
    def ComparisonOperator(self) -> str:  # noqa: N802
        """EQ, NE, IN …"""

    @property
    def AttributeValueList(self) -> list[AttributeValue] | None:  # noqa: N802
        """The operator's arguments."""


class ExpectedAttribute(Protocol):
    """An `ExpectedAttributeValue`."""

    @property
    def ComparisonOperator(self) -> str | None:  # noqa: N802
        """EQ, NE, IN …; None for the oldest form."""

    @property
    def AttributeValueList(self) -> list[AttributeValue] | None:  # noqa: N802
        """The operator's arguments."""

    @property
    def Value(self) -> AttributeValue | None:  # noqa: N802
        """The operator's only argument, or the value that is expected."""

    @property
    def Exists(self) -> bool | None:  # noqa: N802
        """Whether the attribute has to exist; only without an operator."""


class AttributeUpdate(Protocol):
    """An `AttributeValueUpdate`."""

    @property
    def Action(self) -> str | None:  # noqa: N802
        """PUT, which is the default, ADD or DELETE."""

    @property
    def Value(self) -> AttributeValue | None:  # noqa: N802
        """The new value, or what to add or to take away."""


def expected(attributes: Mapping[str, ExpectedAttribute] | None, operator: str | None) -> Condition | None:
    """The condition of `Expected` and `ConditionalOperator`; None if there is nothing to test."""
    _check_conditional_operator(attributes, operator)
    tree = _Conditions()
    for name, attribute in (attributes or {}).items():
        _check_expected(name, attribute)
        comparison = attribute.ComparisonOperator
        if comparison is not None:
            arguments = attribute.AttributeValueList or []
            if attribute.Value is not None:
                arguments = [attribute.Value]
            _check_count(comparison, arguments)
            _normalise(arguments)
            _check_types(comparison, arguments)
            tree.add(name, comparison, arguments)
        elif attribute.Value is not None:
            normalise(attribute.Value)
            tree.add(name, "EQ", [attribute.Value])
        else:
            tree.add(name, "NULL", [])
    return tree.joined(operator)


def condition_filter(
    conditions: Mapping[str, FilterCondition] | None, operator: str | None
) -> Condition | None:
    """The condition of `QueryFilter` or `ScanFilter`, and `ConditionalOperator`; None if all items pass."""
    _check_conditional_operator(conditions, operator)
    tree = _Conditions()
    for name, condition in (conditions or {}).items():
        tree.add(name, condition.ComparisonOperator, _checked_arguments(condition))
    return tree.joined(operator)


def key_conditions(conditions: Mapping[str, FilterCondition]) -> tuple[KeyTerm, ...]:
    """The terms of `KeyConditions`; their operators are any, and the key decides about them."""
    return tuple(
        [
            KeyTerm(name, condition.ComparisonOperator, tuple(_checked_arguments(condition)))
            for name, condition in conditions.items()
        ]
    )


def attribute_updates(updates: Mapping[str, AttributeUpdate]) -> Update:
    """The update of `AttributeUpdates`."""
    actions: list[Action] = []
    values: dict[str, AttributeValue] = {}
    for name, update in updates.items():
        section = _checked_section(update)
        operand = None
        if update.Value is not None:
            placeholder = f":{len(values)}"
            values[placeholder] = update.Value
            operand = Value(placeholder, kind_of(update.Value))
        actions.append(Action(section, Attribute((name,)), operand))
    return from_actions(actions, values, _TYPE_MISMATCH)


def attributes_to_get(names: Sequence[str]) -> Projection:
    """The projection of `AttributesToGet`."""
    seen = set()
    for name in names:
        if name in seen:
            raise invalid_parameter(f"Duplicate value in attribute name: {name}")
        seen.add(name)
    return Projection([(name,) for name in names])


class _Conditions:
    """Conditions on attributes, and the values in them."""

    def __init__(self) -> None:
        self._trees: list[Predicate] = []
        self._values: dict[str, AttributeValue] = {}

    def add(self, name: str, operator: str, arguments: Sequence[AttributeValue]) -> None:
        """Add a checked condition on one attribute."""
        operands = [self._value(argument) for argument in arguments]
        self._trees.append(_tree(operator, Attribute((name,)), operands))

    def _value(self, argument: AttributeValue) -> Value:
        placeholder = f":{len(self._values)}"
        self._values[placeholder] = argument
        return Value(placeholder, kind_of(argument))

    def joined(self, operator: str | None) -> Condition | None:
        """All of the conditions, or any with the operator OR."""
        if not self._trees:
            return None
        join = Or if operator == "OR" else And
        return from_tree(join(tuple(self._trees)), self._values)


def _tree(operator: str, attribute: Attribute, operands: Sequence[Value]) -> Predicate:
    if operator in _COMPARATORS:
        return Comparison(_COMPARATORS[operator], attribute, operands[0])
    if operator in _FUNCTIONS:
        return Function(_FUNCTIONS[operator], (attribute, *operands))
    if operator == "NOT_CONTAINS":
        return Not(Function("contains", (attribute, *operands)))
    if operator == "BETWEEN":
        return Between(attribute, *operands)
    assert operator == "IN"
    return In(attribute, tuple(operands))


def _check_conditional_operator(conditions: Mapping[str, object] | None, operator: str | None) -> None:
    if operator is None:
        return
    if not conditions:
        raise invalid_parameter("ConditionalOperator cannot be used without Filter or Expected")
    if len(conditions) == 1:
        raise invalid_parameter(
            "ConditionalOperator can only be used when Filter or Expected has two or more elements"
        )


def _check_expected(name: str, attribute: ExpectedAttribute) -> None:
    """Refuse members that do not go together, in AWS's order."""
    operator, exists = attribute.ComparisonOperator, attribute.Exists
    has_value, has_list = attribute.Value is not None, attribute.AttributeValueList is not None
    rules = (
        (has_value and has_list, "Value and AttributeValueList cannot be used together"),
        (
            operator is not None and exists is not None,
            "Exists and ComparisonOperator cannot be used together",
        ),
        (
            operator is not None and operator not in _UNARY and not has_value and not has_list,
            f"Value or AttributeValueList must be used with ComparisonOperator: {operator}",
        ),
        (
            operator is None and has_list,
            "AttributeValueList can only be used with a ComparisonOperator",
        ),
        (
            operator is None and exists is not False and not has_value,
            f"Value must be provided when Exists is {'null' if exists is None else 'true'}",
        ),
        (
            operator is None and exists is False and has_value,
            "Value cannot be used when Exists is false",
        ),
    )
    for broken, detail in rules:
        if broken:
            raise invalid_parameter(f"{detail} for Attribute: {name}")


def _checked_arguments(condition: FilterCondition) -> list[AttributeValue]:
    operator, arguments = condition.ComparisonOperator, condition.AttributeValueList or []
    _normalise(arguments)
    _check_count(operator, arguments)
    _check_types(operator, arguments)
    return arguments


def _normalise(arguments: Iterable[AttributeValue]) -> None:
    for argument in arguments:
        normalise(argument)


def _check_count(operator: str, arguments: Sequence[AttributeValue]) -> None:
    count = len(arguments)
    if operator in _UNARY:
        right = count == 0
    elif operator == "BETWEEN":
        right = count == 2
    elif operator == "IN":
        right = count >= 1
    else:
        right = count == 1
    if not right:
        raise invalid_parameter(f"Invalid number of argument(s) for the {operator} ComparisonOperator")


def _check_types(operator: str, arguments: Sequence[AttributeValue]) -> None:
    kinds = [kind_of(argument) for argument in arguments]
    if len(set(kinds)) > 1:
        raise invalid_parameter("AttributeValues inside AttributeValueList must be of same type")
    allowed = _ARGUMENT_TYPES.get(operator)
    if allowed is not None and kinds[0] not in allowed:
        raise invalid_parameter(
            f"ComparisonOperator {operator} is not valid for {kinds[0]} AttributeValue type"
        )
    if operator == "BETWEEN" and less(arguments[1], arguments[0]):
        raise validation(
            "The BETWEEN condition was provided a range where the lower bound is greater than the upper bound"
        )


def _checked_section(update: AttributeUpdate) -> str:
    """The section of an UpdateExpression that does what an action does."""
    action, value = update.Action or "PUT", update.Value
    if value is None:
        if action != "DELETE":
            raise invalid_parameter("Only DELETE action is allowed when no attribute value is specified")
        return "REMOVE"
    normalise(value)
    kind = kind_of(value)
    if action == "DELETE" and kind not in _SETS:
        raise invalid_parameter(f"DELETE action with value is not supported for the type {kind}")
    if action == "ADD" and kind not in _ADD_TYPES:
        raise invalid_parameter(f"ADD action is not supported for the type {kind}")
    return "SET" if action == "PUT" else action
