"""Expression text to tokens.

A character that no token starts with becomes a token of kind "bad", so that the parser reports whichever
error comes first in the text.
"""

import re
from typing import Final, NamedTuple

from stator.base.limits import EXPRESSION_BYTES_MAX
from stator.expressions.kind import Kind, invalid

OPERATOR_KEYWORDS: Final = frozenset({"AND", "OR", "NOT", "BETWEEN", "IN"})
SECTION_KEYWORDS: Final = frozenset({"SET", "REMOVE", "ADD", "DELETE"})

_TOKEN: Final = re.compile(
    r"""[ \t\r\n]*(?:
      (?P<name>   [A-Za-z_][A-Za-z0-9_]* )
    | (?P<alias>  \#[A-Za-z0-9_]+ )
    | (?P<value>  :[A-Za-z0-9_]+ )
    | (?P<digits> [0-9]+ )
    | (?P<symbol> <> | <= | >= | [=<>()\[\],.+-] )
    | (?P<bad>    [^ \t\r\n] )
    )""",
    re.VERBOSE,
)


class Token(NamedTuple):
    """A token and where it stands in the text.

    `kind` is "name", "alias", "value", "digits", "bad" or "end"; the upper-case word for a keyword; the
    symbol itself for a symbol.
    """

    kind: str
    text: str
    start: int
    end: int


def tokens(kind: Kind, text: str) -> list[Token]:
    """The tokens of an expression, with one of kind "end" after the last.

    Raises ApiError where the text is empty or too long.
    """
    if not text:
        raise invalid(kind, "The expression can not be empty;")
    _check_size(kind, text)
    keywords = OPERATOR_KEYWORDS
    if kind == "UpdateExpression":
        keywords |= SECTION_KEYWORDS
    found: list[Token] = []
    for match in _TOKEN.finditer(text):
        group = match.lastgroup
        assert group is not None
        word = match[group]
        if group == "symbol":
            group = word
        elif group == "name" and word.upper() in keywords:
            group = word.upper()
        found.append(Token(group, word, match.start(match.lastgroup or 0), match.end()))
    end = found[-1].end if found else 0
    found.append(Token("end", "<EOF>", end, end))
    return found


def _check_size(kind: Kind, text: str) -> None:
    size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
    if size > EXPRESSION_BYTES_MAX:
        detail = "Expression size has exceeded the maximum allowed size;"
        # AWS tells the size for filters only.
        if kind == "FilterExpression":
            detail += f" expression size: {size}"
        raise invalid(kind, detail)
