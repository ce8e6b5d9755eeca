"""Statement text to tokens.

Keywords are recognised in any case; a name in double quotes is never a keyword. Two quotes inside quotes
stand for one. Comments (`-- …`, `/* … */`) are white space.
"""

import re
from typing import Final, NamedTuple

from stator.expressions.partiql.errors import malformed

_WORDS: Final = """
AND ASC BETWEEN BY DELETE DESC FALSE FROM IN INSERT INTO IS MISSING NOT NULL OR ORDER REMOVE RETURNING SELECT
SET TRUE UPDATE WHERE
"""
KEYWORDS: Final = frozenset(_WORDS.split())

_TOKEN: Final = re.compile(
    r"""(?: \s+ | --[^\r\n]* | /\*.*?\*/ )*(?:
      (?P<number> (?: [0-9]+ (?:\.[0-9]*)? | \.[0-9]+ ) (?:[eE][+-]?[0-9]+)? )
    | (?P<word>   [^\W\d][\w$]* | \$[\w$]* )
    | (?P<name>   "(?:[^"]|"")*" )
    | (?P<string> '(?:[^']|'')*' )
    | (?P<symbol> << | >> | <> | != | <= | >= | [=<>()\[\]{},.:;*+?-] )
    | (?P<bad>    \S )
    | (?P<end>    \Z )
    )""",
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """A token and where it stands in the text.

    `kind` is "number", "name", "string" or "end", the upper-case word for a keyword, or the symbol itself.
    `text` is what the token means: without quotes. `quoted` tells a name in quotes from a bare one.
    """

    kind: str
    text: str
    start: int
    length: int
    quoted: bool = False


def tokens(text: str) -> list[Token]:
    """The tokens of a statement, with one of kind "end" after the last; raises ApiError."""
    found: list[Token] = []
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        assert match is not None
        token = _token(match)
        found.append(token)
        if token.kind == "end":
            return found
        position = match.end()


def _token(match: "re.Match[str]") -> Token:
    kind = match.lastgroup
    assert kind is not None
    text = match[kind]
    start, length = match.start(kind), len(text)
    quoted = False
    if kind == "bad":
        raise malformed("")  # AWS's parser has no words for what is no token at all.
    if kind == "symbol":
        kind = text
    elif kind == "word":
        keyword = text.upper()
        kind = keyword if keyword in KEYWORDS else "name"
    elif kind in ("name", "string"):
        quoted = True
        text = text[1:-1].replace(text[0] * 2, text[0])
    return Token(kind, text, start, length, quoted)
