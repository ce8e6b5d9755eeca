"""A statement being read: the next token, AWS's refusals of it, and the values met on the way."""

from collections.abc import Callable
from typing import Final, TypeVar

from stator.base.errors import ApiError, validation
from stator.expressions.ast import Value
from stator.expressions.partiql.ast import TypedArgument
from stator.expressions.partiql.errors import malformed, place
from stator.expressions.partiql.lexer import KEYWORDS, Token, tokens
from stator.values.attribute import AttributeValue, normalise

_T = TypeVar("_T")

# What AWS's parser calls the tokens that it may miss.
_NAMES: Final = {
    "(": "LEFT_PAREN",
    ")": "RIGHT_PAREN",
    "[": "LEFT_BRACKET",
    "]": "RIGHT_BRACKET",
    "{": "LEFT_CURLY",
    "}": "RIGHT_CURLY",
    "<<": "LEFT_DOUBLE_ANGLE_BRACKET",
    ">>": "RIGHT_DOUBLE_ANGLE_BRACKET",
    ":": "COLON",
    "*": "STAR",
    "name": "IDENTIFIER",
    "string": "LITERAL",
    "number": "LITERAL",
}
# Parentheses and NOT nest no deeper than this; AWS's bound is not known.
_NESTING_MAX: Final = 100


class Cursor:
    """A place among the tokens of a statement.

    `literals` are the values of the placeholders `:0`, `:1` … and `parameters` counts `:p0`, `:p1` ….
    """

    __slots__ = ("_depth", "_next", "_tokens", "literals", "parameters", "sets", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.literals: dict[str, AttributeValue] = {}
        self.parameters = 0
        self.sets: list[TypedArgument] = []
        self._tokens = tokens(text)
        self._next = 0
        self._depth = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self._tokens[self._next]

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self._tokens[self._next].kind

    @property
    def following(self) -> str:
        """The kind of the token after the next."""
        return self._tokens[min(self._next + 1, len(self._tokens) - 1)].kind

    def take(self) -> Token:
        """The next token, passed; the last one is not."""
        token = self.token
        if token.kind != "end":
            self._next += 1
        return token

    def accept(self, kind: str) -> bool:
        """Whether the next token is of a kind; it is passed then."""
        if self.kind != kind:
            return False
        self._next += 1
        return True

    def accept_word(self, word: str) -> bool:
        """Whether the next token is a word that is a keyword only in its place; it is passed then."""
        token = self.token
        if token.kind != "name" or token.quoted or token.text.upper() != word:
            return False
        self._next += 1
        return True

    def expect(self, kind: str) -> Token:
        """The next token, which has to be of a kind (ApiError)."""
        if self.kind != kind:
            raise malformed(f"Expected {_NAMES.get(kind, kind)}")
        return self.take()

    def unexpected(self) -> ApiError:
        """The refusal of the next token where a value or a path should stand."""
        return malformed("Unexpected keyword" if self.kind in KEYWORDS else "Unexpected term")

    def place(self, token: Token) -> str:
        """Where a token stands, as AWS prints it."""
        return place(self.text, token.start, token.length)

    def nested(self, rule: Callable[["Cursor"], _T]) -> _T:
        """What a rule makes of the next tokens, one level deeper (ApiError)."""
        self._depth += 1
        if self._depth > _NESTING_MAX:
            raise malformed("The condition has too many levels")
        result = rule(self)
        self._depth -= 1
        return result

    def literal(self, value: AttributeValue) -> Value:
        """The placeholder of a literal, which is normalised (ApiError)."""
        normalise(value)
        placeholder = f":{len(self.literals)}"
        self.literals[placeholder] = value
        return Value(placeholder)

    def parameter(self) -> Value:
        """The placeholder of the next parameter."""
        placeholder = f":p{self.parameters}"
        self.parameters += 1
        return Value(placeholder)

    def name(self) -> Token:
        """A name, which has to have characters (ApiError)."""
        if self.kind != "name":
            raise self.unexpected()
        token = self.take()
        if not token.text:
            raise validation("Path component cannot be an empty string")
        return token
