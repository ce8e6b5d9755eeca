r"""Ordered bytes of key attributes: byte order is DynamoDB's order, and each code ends itself.

Because each code ends itself, codes can be joined (index keys hold several), and no code is a prefix of
another, so that `code + b"\0"` is the first position after every key that opens with it.

    S, B     the bytes, each 00 written 00 FF, then 00 00
    N = 0    02
    N > 0    03 exponent digits… 00       exponent: one byte, 130 more than that of d.ddd x 10^e
    N < 0    01 ~exponent ~digits… FF     digits: pairs of decimal digits, one more than their value
"""

import binascii
from functools import lru_cache
from typing import Final

from stator.base.limits import NUMBER_EXPONENT_MIN

_ESCAPED_ZERO: Final = b"\0\xff"
_END: Final = b"\0\0"
_COMPLEMENT: Final = bytes(255 - byte for byte in range(256))


def encode(kind: str, content: str) -> bytes:
    """The ordered bytes of a key value of type S, N or B, from its normalised content."""
    if kind == "S":
        return content.encode().replace(b"\0", _ESCAPED_ZERO) + _END
    if kind == "N":
        return _number(content)
    return binascii.a2b_base64(content).replace(b"\0", _ESCAPED_ZERO) + _END


def encode_prefix(kind: str, content: str) -> bytes:
    """The bytes with which every code of a string or binary beginning with `content` opens."""
    return encode(kind, content)[: -len(_END)]


def after(prefix: bytes) -> bytes | None:
    """The first position after every key that opens with `prefix`; None if there is none."""
    stripped = prefix.rstrip(b"\xff")
    if not stripped:
        return None
    return stripped[:-1] + bytes((stripped[-1] + 1,))


@lru_cache(maxsize=16_384)
def _number(text: str) -> bytes:
    if text == "0":
        return b"\x02"
    negative = text[0] == "-"
    whole, _, fraction = (text[1:] if negative else text).partition(".")
    digits = (whole + fraction).lstrip("0")
    exponent = len(digits) - len(fraction) - 1 if whole == "0" else len(whole) - 1
    digits = digits.rstrip("0")
    if len(digits) % 2:
        digits += "0"
    pairs = bytes(int(digits[i : i + 2]) + 1 for i in range(0, len(digits), 2))
    code = bytes((exponent - NUMBER_EXPONENT_MIN,)) + pairs + b"\0"
    return b"\x01" + code.translate(_COMPLEMENT) if negative else b"\x03" + code
