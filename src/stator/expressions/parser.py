"""Tokens to a free syntax tree, by recursive descent.

    or    := and { OR and }
    and   := not { AND not }
    not   := [ NOT ] prim
    prim  := '(' or ')' | operand cmp operand | operand BETWEEN operand AND operand
           | operand IN '(' operand { ',' operand } ')' | function
    operand := path | :value | function | '(' operand ')'

    update  := section { section }
    section := SET path '=' sum { ',' … } | REMOVE path { ',' … } | (ADD | DELETE) path :value { ',' … }
    sum     := operand [ ('+' | '-') operand ]        operand as above, '(' sum ')', functions over sums

    projection := path { ',' path }

AWS reports an error of syntax before anything else, so other faults are noted and raised at the end, in the
order of `_FAULT_ORDER`.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

from stator.base.errors import ApiError
from stator.base.limits import EXPRESSION_OPERATORS_MAX, EXPRESSION_PATH_DEPTH_MAX
from stator.expressions.ast import (
    Action,
    Alias,
    And,
    Arithmetic,
    Attribute,
    Between,
    Comparison,
    Function,
    In,
    Not,
    Operand,
    Or,
    Predicate,
    Value,
)
from stator.expressions.kind import Kind, invalid
from stator.expressions.lexer import SECTION_KEYWORDS, Token, tokens
from stator.expressions.reserved import RESERVED

_Fault = Literal["operators", "parentheses", "unknown", "misused", "reserved", "section", "index", "depth"]
_T = TypeVar("_T")

COMPARATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})
CONDITION_FUNCTIONS: Final = frozenset(
    {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains"}
)
OPERAND_FUNCTIONS: Final = frozenset({"size"})
UPDATE_FUNCTIONS: Final = frozenset({"if_not_exists", "list_append"})

_CONDITION_FAULTS: Final[tuple[_Fault, ...]] = (
    "operators",
    "parentheses",
    "unknown",
    "misused",
    "reserved",
    "index",
    "depth",
)
_FAULT_ORDER: Final[dict[Kind, tuple[_Fault, ...]]] = {
    "ConditionExpression": _CONDITION_FAULTS,
    "FilterExpression": _CONDITION_FAULTS,
    "KeyConditionExpression": _CONDITION_FAULTS,
    "UpdateExpression": ("operators", "parentheses", "reserved", "unknown", "section", "index", "depth"),
    "ProjectionExpression": ("reserved", "index", "depth"),
}

_REDUNDANT: Final = "The expression has redundant parentheses;"
_LIST_INDEX_MAX: Final = 2**31 - 1

# A level of nesting takes at least two of the 300 operators, but for NOT and functions; so a deeper text has
# too many operators or redundant parentheses, and the parser's recursion is bounded.
_NESTING_MAX: Final = EXPRESSION_OPERATORS_MAX // 2

_OPERATORS: Final = COMPARATORS | {"AND", "OR", "NOT", "IN", "+", "-"}


def parse_condition(kind: Kind, text: str) -> Predicate:
    """The tree of a condition, filter or key condition; raises ApiError."""
    return _Parser(kind, text).whole(_Parser.condition)


def parse_update(text: str) -> tuple[Action, ...]:
    """The actions of an update, in the order of the text; raises ApiError."""
    return _Parser("UpdateExpression", text).whole(_Parser.update)


def parse_projection(text: str) -> tuple[Attribute, ...]:
    """The paths of a projection; raises ApiError."""
    return _Parser("ProjectionExpression", text).whole(_Parser.paths)


class _Parser:
    def __init__(self, kind: Kind, text: str) -> None:
        self._kind: Kind = kind
        self._text = text
        self._tokens = tokens(kind, text)
        self._next = 0
        self._depth = 0
        self._closings: dict[int, int] = {}  # of each group: where it opens, where it closes
        self._faults: dict[_Fault, str] = {}

    def whole(self, rule: Callable[["_Parser"], _T]) -> _T:
        """What a rule makes of the whole text."""
        tree = rule(self)
        self._expect("end")
        operators = self._operator_count()
        if operators > EXPRESSION_OPERATORS_MAX:
            self._fault("operators", _too_many(operators))
        self._raise_faults()
        return tree

    # Tokens

    def _peek(self) -> str:
        return self._tokens[self._next].kind

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _accept(self, kind: str) -> bool:
        if self._tokens[self._next].kind != kind:
            return False
        self._next += 1
        return True

    def _expect(self, kind: str) -> Token:
        if self._tokens[self._next].kind != kind:
            raise self._syntax_error()
        return self._take()

    # Faults

    def _syntax_error(self) -> ApiError:
        """The error that the next token makes; AWS quotes the text from the token before to the one after."""
        token = self._tokens[self._next]
        first = self._tokens[max(self._next - 1, 0)]
        last = self._tokens[min(self._next + 1, len(self._tokens) - 1)]
        near = self._text[first.start : last.end]
        return invalid(self._kind, f'Syntax error; token: "{token.text}", near: "{near}"')

    def _fault(self, fault: _Fault, detail: str) -> None:
        self._faults.setdefault(fault, detail)

    def _raise_faults(self) -> None:
        for fault in _FAULT_ORDER[self._kind]:
            if fault in self._faults:
                raise invalid(self._kind, self._faults[fault])

    def _operator_count(self) -> int:
        # BETWEEN counts through its AND; the `=` of a SET is not an operator.
        counted = _OPERATORS - {"="} if self._kind == "UpdateExpression" else _OPERATORS
        count = sum(token.kind in counted for token in self._tokens)
        return count + sum(
            token.kind == "name" and following.kind == "("
            for token, following in zip(self._tokens, self._tokens[1:], strict=False)
        )

    def _descend(self) -> None:
        """Note another level of nesting."""
        self._depth += 1
        if self._depth > _NESTING_MAX:
            operators = self._operator_count()
            excess = operators > EXPRESSION_OPERATORS_MAX
            raise invalid(self._kind, _too_many(operators) if excess else _REDUNDANT)

    # Conditions

    def condition(self) -> Predicate:
        """The rule `or`, for a whole text."""
        tree = self._alternatives(grouped=False)
        assert not isinstance(tree, Attribute | Value | Arithmetic)
        return tree

    def _alternatives(self, *, grouped: bool = True) -> Predicate | Operand:
        """The rule `or`; in parentheses (`grouped`) an operand may stand alone."""
        alternatives: list[Predicate] = []
        conditions: list[Predicate] = []
        while True:
            negated = self._accept("NOT")
            term = self._predicate(grouped=grouped and not negated)
            if isinstance(term, Attribute | Value | Arithmetic):
                return term
            grouped = False
            conditions.append(Not(term) if negated else term)
            if self._accept("AND"):
                continue
            alternatives.append(conditions[0] if len(conditions) == 1 else And(tuple(conditions)))
            conditions = []
            if not self._accept("OR"):
                return alternatives[0] if len(alternatives) == 1 else Or(tuple(alternatives))

    def _predicate(self, *, grouped: bool) -> Predicate | Operand:
        left = self._group(self._alternatives) if self._peek() == "(" else self._operand()
        if isinstance(left, Comparison | Between | In | Not | And | Or):
            return left
        operator = self._peek()
        if operator in COMPARATORS:
            self._next += 1
            return Comparison(operator, self._checked_operand(left), self._operand_value())
        if operator == "BETWEEN":
            self._next += 1
            low = self._operand_value()
            self._expect("AND")
            return Between(self._checked_operand(left), low, self._operand_value())
        if operator == "IN":
            self._next += 1
            return In(self._checked_operand(left), self._arguments(self._operand_value))
        if grouped and operator == ")":
            return left  # Whether it is a condition or an operand shows after the parenthesis.
        if not isinstance(left, Function):
            raise self._syntax_error()
        if left.name in OPERAND_FUNCTIONS:
            self._fault("misused", _misused(left.name))
        return left

    # Operands

    def _operand(self) -> Operand:
        kind = self._peek()
        if kind == "value":
            return Value(self._take().text)
        if kind == "(":
            rule = self._sum if self._kind == "UpdateExpression" else self._operand_value
            return self._group(rule)
        if kind == "name" and self._tokens[self._next + 1].kind == "(":
            return self._function()
        return self._path()

    def _operand_value(self) -> Operand:
        """An operand that stands for a value, so that it may not be a function that is a condition."""
        return self._checked_operand(self._operand())

    def _checked_operand(self, operand: Operand) -> Operand:
        if isinstance(operand, Function) and operand.name in CONDITION_FUNCTIONS:
            self._fault("misused", _misused(operand.name))
        return operand

    def _function(self) -> Function:
        name = self._take().text
        if self._kind == "UpdateExpression":
            known = UPDATE_FUNCTIONS
            rule = self._sum
        else:
            known = CONDITION_FUNCTIONS | OPERAND_FUNCTIONS
            rule = self._operand_value
        if name not in known:
            self._fault("unknown", f"Invalid function name; function: {name}")
        self._descend()
        arguments = self._arguments(rule)
        self._depth -= 1
        return Function(name, arguments)

    def _arguments(self, rule: Callable[[], Operand]) -> tuple[Operand, ...]:
        self._expect("(")
        arguments = [rule()]
        while self._accept(","):
            arguments.append(rule())
        self._expect(")")
        return tuple(arguments)

    def _group(self, rule: Callable[[], _T]) -> _T:
        """What stands in parentheses; they are redundant around a group and nothing else."""
        opening = self._next
        self._expect("(")
        self._descend()
        inner = rule()
        self._depth -= 1
        closing = self._next
        self._expect(")")
        self._closings[opening] = closing
        if self._closings.get(opening + 1) == closing - 1:
            self._fault("parentheses", _REDUNDANT)
        return inner

    # Paths

    def _path(self) -> Attribute:
        path: list[str | int] = [self._name()]
        while True:
            if self._accept("."):
                path.append(self._name())
            elif self._accept("["):
                path.append(self._index())
            else:
                break
        if len(path) > EXPRESSION_PATH_DEPTH_MAX:
            self._fault(
                "depth", f"The document path has too many nesting elements; nesting elements: {len(path)}"
            )
        return Attribute(tuple(path))

    def _name(self) -> str:
        if self._peek() == "alias":
            return Alias(self._take().text)
        name = self._expect("name").text
        if name.upper() in RESERVED:
            self._fault("reserved", f"Attribute name is a reserved keyword; reserved keyword: {name}")
        return name

    def _index(self) -> int:
        digits = self._expect("digits").text
        self._expect("]")
        index = int(digits)
        if index > _LIST_INDEX_MAX:
            self._fault("index", f"List index is not within the allowable range; index: [{digits}]")
        return index

    # Updates and projections

    def update(self) -> tuple[Action, ...]:
        """The rule `update`."""
        actions: list[Action] = []
        seen: set[str] = set()
        while True:
            section = self._peek()
            if section not in SECTION_KEYWORDS:
                raise self._syntax_error()
            self._next += 1
            if section in seen:
                self._fault(
                    "section", f'The "{section}" section can only be used once in an update expression;'
                )
            seen.add(section)
            actions.append(self._action(section))
            while self._accept(","):
                actions.append(self._action(section))
            if self._peek() == "end":
                return tuple(actions)

    def _action(self, section: str) -> Action:
        target = self._path()
        if section == "REMOVE":
            return Action(section, target)
        if section == "SET":
            self._expect("=")
            return Action(section, target, self._sum())
        return Action(section, target, Value(self._expect("value").text))

    def _sum(self) -> Operand:
        left = self._operand()
        operator = self._peek()
        if operator not in ("+", "-"):
            return left
        self._next += 1
        return Arithmetic(operator, left, self._operand())

    def paths(self) -> tuple[Attribute, ...]:
        """The rule `projection`."""
        paths = [self._path()]
        while self._accept(","):
            paths.append(self._path())
        return tuple(paths)


def _too_many(operators: int) -> str:
    return f"The expression contains too many operators; operator count: {operators}"


def _misused(function: str) -> str:
    return f"The function is not allowed to be used this way in an expression; function: {function}"
