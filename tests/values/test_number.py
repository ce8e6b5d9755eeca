"""Numbers are kept exactly: 38 digits, AWS's range, AWS's texts."""

from decimal import Context, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stator.base.errors import ApiError
from stator.values import number
from stator.values.size import number_size

CANONICAL = {
    "0": "0",
    "-0": "0",
    "00": "0",
    "0e99999999999999999999": "0",
    "+5": "5",
    "007": "7",
    "1.0": "1",
    ".5": "0.5",
    "5.": "5",
    "1E3": "1000",
    "1e-130": "0." + "0" * 129 + "1",
    "-1.50": "-1.5",
    "9" * 38 + "e88": "9" * 38 + "0" * 88,
    "123e-2": "1.23",
    "100e-2": "1",
}
REFUSED = {
    "": number.EMPTY,
    "abc": f"{number.EMPTY}: abc",
    " 1": f"{number.EMPTY}:  1",
    "1_0": f"{number.EMPTY}: 1_0",
    "NaN": f"{number.EMPTY}: NaN",
    "Infinity": f"{number.EMPTY}: Infinity",
    "0x1": f"{number.EMPTY}: 0x1",
    "\u0661": f"{number.EMPTY}: \u0661",
    ".": f"{number.EMPTY}: .",
    "1e": f"{number.EMPTY}: 1e",
    "1e126": number.OVERFLOW,
    "-1e126": number.OVERFLOW,
    "1e99999999999999999999": number.OVERFLOW,
    "1e-131": number.UNDERFLOW,
    "1e-99999999999999999999": number.UNDERFLOW,
    "1" * 39: number.TOO_PRECISE,
    "1" * 39 + "e200": number.OVERFLOW,
}


@pytest.mark.parametrize(("text", "canonical"), CANONICAL.items())
def test_canonical_texts(text: str, canonical: str) -> None:
    assert number.normalise(text) == canonical


@pytest.mark.parametrize(("text", "message"), REFUSED.items())
def test_refusals(text: str, message: str) -> None:
    with pytest.raises(ApiError) as refusal:
        number.normalise(text)
    assert refusal.value.message == message


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(-80, 80))
def test_normalising_keeps_the_value_and_is_idempotent(digits: int, exponent: int) -> None:
    text = f"{digits}e{exponent}"
    canonical = number.normalise(text)
    assert Decimal(canonical) == Decimal(text)
    assert number.normalise(canonical) == canonical


@given(st.integers(-(10**37), 10**37), st.integers(-(10**37), 10**37))
def test_sums_are_exact(left: int, right: int) -> None:
    assert number.add(str(left), str(right)) == str(left + right)
    assert number.subtract(str(left), str(right)) == str(left - right)


def test_a_sum_of_39_digits_is_refused() -> None:
    with pytest.raises(ApiError) as refusal:
        number.add("1" + "0" * 38, "0.1")
    assert refusal.value.message == number.TOO_PRECISE


def test_opposite_numbers_cancel() -> None:
    context = Context(prec=40)
    assert number.add("0.1", "-0.1") == "0" == number.normalise(str(context.create_decimal("0.0")))


# Measured on AWS: reference of item sizes.
SIZES = {
    "0": 1, "42": 2, "-42": 3, "123": 3, "1.5": 3, "0.0000001": 2, "1" + "0" * 125: 2, "9" * 38: 20, "120": 2,
    "100.5": 4,
}  # fmt: skip


@pytest.mark.parametrize(("text", "size"), SIZES.items())
def test_sizes(text: str, size: int) -> None:
    assert number_size(text) == size
