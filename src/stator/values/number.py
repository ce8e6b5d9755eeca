"""DynamoDB's numbers: decimal texts of up to 38 significant digits, from 1E-130 to 9.99…E+125.

A number is kept as its canonical text, the form in which AWS answers: plain notation, no exponent, no sign
on zero, no superfluous zeros. Equal numbers have equal texts. Binary floats are never used.
"""

import re
from decimal import Context, Decimal
from typing import Final

from stator.base.errors import validation
from stator.base.limits import NUMBER_DIGITS_MAX, NUMBER_EXPONENT_MAX, NUMBER_EXPONENT_MIN

_GRAMMAR: Final = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?", re.ASCII)

# The widest exact sum is 9E125 + 1E-130: 256 digits.
_EXACT: Final = Context(prec=300, Emax=999, Emin=-999)

# Exponents of more digits than this are out of range whatever the mantissa; int() refuses huge texts.
_EXPONENT_DIGITS_MAX: Final = 12

EMPTY: Final = "The parameter cannot be converted to a numeric value"
OVERFLOW: Final = "Number overflow. Attempting to store a number with magnitude larger than supported range"
UNDERFLOW: Final = (
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"
)
TOO_PRECISE: Final = "Attempting to store more than 38 significant digits in a Number"


def normalise(text: str) -> str:
    """The canonical text of a number.

    Raises ApiError (ValidationException) if the text is no number, out of range, or too precise; in that
    order, which is AWS's.
    """
    if len(text) <= NUMBER_DIGITS_MAX and text.isdigit() and text.isascii() and text[0] != "0":
        return text
    return _normalise(text)


def _normalise(text: str) -> str:
    sign, digits, exponent = _parse(text)
    significant = digits.lstrip("0")
    if not significant:
        return "0"
    stripped = significant.rstrip("0")
    exponent += len(significant) - len(stripped)
    adjusted = exponent + len(stripped) - 1
    if adjusted > NUMBER_EXPONENT_MAX:
        raise validation(OVERFLOW)
    if adjusted < NUMBER_EXPONENT_MIN:
        raise validation(UNDERFLOW)
    if len(stripped) > NUMBER_DIGITS_MAX:
        raise validation(TOO_PRECISE)
    return sign + _plain(stripped, exponent)


def _parse(text: str) -> tuple[str, str, int]:
    """Sign, digits and exponent of a text: the number is digits x 10^exponent."""
    if not text:
        raise validation(EMPTY)
    match = _GRAMMAR.fullmatch(text)
    if match is None or not (match[2] or match[3]):
        raise validation(f"{EMPTY}: {text}")
    fraction = match[3] or ""
    exponent = 0
    if match[4]:
        magnitude = match[4].lstrip("+-").lstrip("0")
        exponent = int(magnitude[:_EXPONENT_DIGITS_MAX] or "0")
        exponent = -exponent if match[4][0] == "-" else exponent
    return "-" if match[1] == "-" else "", match[2] + fraction, exponent - len(fraction)


def _plain(digits: str, exponent: int) -> str:
    if exponent >= 0:
        return digits + "0" * exponent
    point = len(digits) + exponent
    if point > 0:
        return f"{digits[:point]}.{digits[point:]}"
    return "0." + "0" * -point + digits


def decimal(text: str) -> Decimal:
    """The value of a canonical text, exact."""
    return Decimal(text)


def add(augend: str, addend: str) -> str:
    """The canonical text of a sum; raises ApiError where the result is no DynamoDB number."""
    if augend.isdigit() and addend.isdigit() and max(len(augend), len(addend)) < NUMBER_DIGITS_MAX:
        return str(int(augend) + int(addend))  # Counters, mostly.
    return normalise(f"{_EXACT.add(Decimal(augend), Decimal(addend)):f}")


def subtract(minuend: str, subtrahend: str) -> str:
    """The canonical text of a difference; raises ApiError where the result is no DynamoDB number."""
    return normalise(f"{_EXACT.subtract(Decimal(minuend), Decimal(subtrahend)):f}")
