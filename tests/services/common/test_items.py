"""Items and cursors: nothing is lost on the way to the database and back."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError
from services.common.errors import Invalid
from services.common.items import JsonNumber, deserialize, plain, serialize, serialize_value
from services.common.paging import decode_cursor, encode_cursor

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.text()
    | st.binary()
    | st.integers(-(10**37), 10**37)
    | st.floats(-1e100, 1e100).filter(lambda number: number == 0 or abs(number) > 1e-100),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(min_size=1), VALUES, max_size=4))
def test_values_come_back(values: dict[str, Any]) -> None:
    kept = {name: value for name, value in values.items() if value is not None}
    assert deserialize(serialize(values)) == _written(kept)


def _written(value: Any) -> Any:
    """The value with floats as the decimals that Python writes for them."""
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {name: _written(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_written(inner) for inner in value]
    return value


@pytest.mark.parametrize(
    ("number", "text"), [(19.9, "19.9"), (0.1 + 0.2, "0.30000000000000004"), (1e22, "1E+22"), (5, "5")]
)
def test_a_number_is_written_as_it_reads(number: float, text: str) -> None:
    assert serialize_value(number) == {"N": text}


def test_a_number_comes_back_as_it_is() -> None:
    values = deserialize({"whole": {"N": "5.0"}, "part": {"N": "0.10"}, "set": {"NS": ["1", "2.5"]}})
    assert values == {"whole": 5, "part": Decimal("0.10"), "set": {1, Decimal("2.5")}}
    assert isinstance(values["whole"], int)
    assert isinstance(values["part"], Decimal)


@pytest.mark.parametrize(("number", "expected"), [(Decimal("59.70"), 59.7), (Decimal("5.00"), 5), (7, 7)])
def test_plain_numbers(number: Decimal, expected: float) -> None:
    assert plain(number) == expected
    assert isinstance(plain(number), type(expected))


class Priced(BaseModel):
    price: JsonNumber


def test_numbers_of_requests_and_replies() -> None:
    assert Priced.model_validate_json('{"price": 19.9}').price == Decimal("19.9")
    assert Priced(price=Decimal("19.90")).model_dump_json() == '{"price":19.9}'
    assert Priced(price=Decimal("20.00")).model_dump_json() == '{"price":20}'
    for wrong in ('"19.9"', "true", "null"):
        with pytest.raises(ValidationError):
            Priced.model_validate_json('{"price": ' + wrong + "}")


@given(st.text(), st.integers())
def test_cursors_come_back(text: str, number: int) -> None:
    key = {"pk": {"S": text}, "n": {"N": str(number)}}
    cursor = encode_cursor(key)
    assert cursor is not None
    assert cursor.isascii()
    assert not set(cursor) & set("+/=&?")
    assert decode_cursor(cursor, ("pk", "n")) == key


def test_no_cursor() -> None:
    assert encode_cursor(None) is None
    assert encode_cursor({}) is None
    assert decode_cursor(None, ("pk",)) is None


def test_a_cursor_of_another_listing() -> None:
    cursor = encode_cursor({"id": {"S": "1"}})
    with pytest.raises(Invalid) as caught:
        decode_cursor(cursor, ("pk", "sk"))
    assert [wrong.field for wrong in caught.value.fields] == ["cursor"]
