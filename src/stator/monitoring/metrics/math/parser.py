"""Tokens to a tree, by recursive descent.

or      := and { (OR | '||') and }
and     := compare { (AND | '&&') compare }
compare := sum { ('==' | '!=' | '<=' | '>=' | '<' | '>') sum }
sum     := product { ('+' | '-') product }
product := unary { ('*' | '/') unary }
unary   := '-' unary | power
power   := primary [ '^' unary ]
primary := number | string | id | WORD [ '(' [ or { ',' or } ] ')' ] | '[' or { ',' or } ']' | '(' or ')'
"""

from collections.abc import Callable
from typing import Final

from stator.monitoring.metrics.math.lexer import END, Token, tokens
from stator.monitoring.metrics.math.tree import (
    Call,
    List,
    Negation,
    Node,
    Number,
    Operations,
    Option,
    Reference,
    String,
)
from stator.monitoring.metrics.math.values import MathError

_NESTING_MAX: Final = 50
_PRECEDENCES: Final = (
    frozenset({"||"}),
    frozenset({"&&"}),
    frozenset({"==", "!=", "<=", ">=", "<", ">"}),
    frozenset({"+", "-"}),
    frozenset({"*", "/"}),
)


def parse(text: str) -> Node:
    """The tree of an expression. Raises MathError."""
    parser = _Parser(tokens(text))
    node = parser.expression()
    parser.expect(END)
    return node


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._next = 0
        self._depth = 0

    def _peek(self) -> str:
        return self._tokens[self._next].kind

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next += 1
        return token

    def expect(self, kind: str) -> Token:
        if self._peek() != kind:
            raise MathError("Invalid syntax")
        return self._take()

    def _nested(self, rule: Callable[[], Node]) -> Node:
        """A rule, one level deeper; the levels are bounded, and with them the recursion."""
        self._depth += 1
        if self._depth > _NESTING_MAX:
            raise MathError("Invalid syntax")
        node = rule()
        self._depth -= 1
        return node

    def expression(self) -> Node:
        return self._nested(lambda: self._operations(0))

    def _operations(self, precedence: int) -> Node:
        if precedence == len(_PRECEDENCES):
            return self._unary()
        first = self._operations(precedence + 1)
        rest: list[tuple[str, Node]] = []
        while self._peek() in _PRECEDENCES[precedence]:
            rest.append((self._take().kind, self._operations(precedence + 1)))
        return Operations(first, tuple(rest)) if rest else first

    def _unary(self) -> Node:
        if self._peek() != "-":
            return self._power()
        self._take()
        return Negation(self._nested(self._unary))

    def _power(self) -> Node:
        base = self._primary()
        if self._peek() != "^":
            return base
        self._take()
        return Operations(base, (("^", self._nested(self._unary)),))

    def _primary(self) -> Node:
        token = self._take()
        match token.kind:
            case "number":
                return Number(float(token.text))
            case "string":
                return String(token.text)
            case "id":
                return Reference(token.text)
            case "word":
                return self._call(token.text) if self._peek() == "(" else Option(token.text)
            case "[":
                return List(self._list("]"))
            case "(":
                inner = self.expression()
                self.expect(")")
                return inner
        raise MathError("Invalid syntax")

    def _call(self, function: str) -> Node:
        self._take()
        if self._peek() != ")":
            return Call(function, self._list(")"))
        self._take()
        return Call(function, ())

    def _list(self, closing: str) -> tuple[Node, ...]:
        members = [self.expression()]
        while self._peek() == ",":
            self._take()
            members.append(self.expression())
        self.expect(closing)
        return tuple(members)
