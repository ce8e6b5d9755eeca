"""AWS's refusals of statements.

A refusal of the grammar says what the parser expected; others name the place of a token as line, column and
length, counted from 1 in characters. Source of the texts: AWS's replies.
"""

from typing import Final

from stator.base.errors import ApiError, validation

_MALFORMED: Final = "Statement wasn't well formed, can't be processed: "


def malformed(detail: str) -> ApiError:
    """A statement that does not follow the grammar."""
    return validation(_MALFORMED + detail)


def place(text: str, start: int, length: int) -> str:
    """Where something stands in a statement, as AWS prints it: `1:8:5`."""
    line_start = text.rfind("\n", 0, start) + 1
    return f"{text.count(chr(10), 0, start) + 1}:{start - line_start + 1}:{length}"
