"""Key order is what Query promises: the bytes must order as DynamoDB's values do."""

import base64
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from stator.values import keycode, number

exponents = st.integers(-80, 80)
digits = st.integers(-(10**38) + 1, 10**38 - 1)
numbers = st.builds(lambda d, e: number.normalise(f"{d}e{e}"), digits, exponents)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(numbers, numbers)
def test_numbers_order_by_value(left: str, right: str) -> None:
    a, b = keycode.encode("N", left), keycode.encode("N", right)
    assert (a < b) == (Decimal(left) < Decimal(right))
    assert (a == b) == (Decimal(left) == Decimal(right))


@given(texts, texts)
def test_strings_order_by_utf8(left: str, right: str) -> None:
    a, b = keycode.encode("S", left), keycode.encode("S", right)
    assert (a < b) == (left.encode() < right.encode())


@given(st.binary(), st.binary())
def test_binaries_order_by_bytes(left: bytes, right: bytes) -> None:
    a, b = (keycode.encode("B", base64.b64encode(v).decode()) for v in (left, right))
    assert (a < b) == (left < right)


@given(st.one_of(numbers, texts), st.one_of(numbers, texts))
def test_no_code_is_a_prefix_of_another(left: str, right: str) -> None:
    kinds = ["N" if _is_number(text) else "S" for text in (left, right)]
    a, b = keycode.encode(kinds[0], left), keycode.encode(kinds[1], right)
    assert a == b or not b.startswith(a)


@given(texts, texts)
def test_prefix_ranges_hold_exactly_the_strings_that_begin_so(prefix: str, text: str) -> None:
    start = keycode.encode_prefix("S", prefix)
    end = keycode.after(start)
    code = keycode.encode("S", text)
    inside = code >= start and (end is None or code < end)
    assert inside == text.startswith(prefix)


def _is_number(text: str) -> bool:
    try:
        number.normalise(text)
    except Exception:
        return False
    return number.normalise(text) == text
