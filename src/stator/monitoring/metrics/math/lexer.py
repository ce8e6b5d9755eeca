"""Text of an expression to tokens. A character that no token begins with is an error of syntax."""

import re
from typing import Final, NamedTuple

from stator.monitoring.metrics.math.values import MathError

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<number>   (?: [0-9]+ (?: \.[0-9]* )? | \.[0-9]+ ) (?: [eE][+-]?[0-9]+ )? )
    | (?P<id>       [a-z][A-Za-z0-9_]* )
    | (?P<word>     [A-Z][A-Za-z0-9_]* )
    | (?P<string>   '(?: [^'\\] | \\. )*' | "(?: [^"\\] | \\. )*" )
    | (?P<symbol>   == | != | <= | >= | && | \|\| | [-+*/^<>()\[\],] )
    )""",
    re.VERBOSE | re.DOTALL,
)
_WORDS: Final = {"AND": "&&", "OR": "||"}

END: Final = "end"


class Token(NamedTuple):
    """A token: `kind` is "number", "id", "word", "string" or "end", or the symbol itself."""

    kind: str
    text: str


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, with one of kind "end" after the last. Raises MathError."""
    found: list[Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise MathError("Invalid syntax")
        kind, word = match.lastgroup, match[match.lastgroup]
        if kind == "symbol":
            kind = word
        elif kind == "word":
            kind = _WORDS.get(word, kind)
        elif kind == "string":
            word = word[1:-1]
        found.append(Token(kind, word))
        position = match.end()
    found.append(Token(END, ""))
    return found
